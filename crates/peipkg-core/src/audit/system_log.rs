//! journald, else syslog: one datagram an event, for the system whose root is `/`. Nobody waits for an answer.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use crate::store::outbox::Waiting;

/// Notice, of the facility for authorisation messages.
const PRIORITY: u8 = 5;
const AUTHPRIV: u8 = 10 << 3;
/// journald takes datagrams up to the socket's buffer; bigger ones would need a file. An event that big is named only.
const MOST: usize = 128 << 10;

/// The sockets that there are.
#[derive(Debug, Clone, Default)]
pub(super) struct SystemLog {
    pub journal: Option<PathBuf>,
    pub syslog: Option<PathBuf>,
}

impl SystemLog {
    /// Those of the running system.
    pub fn of_this_machine() -> Self {
        let present = |path: &str| Some(PathBuf::from(path)).filter(|path| path.exists());
        Self { journal: present("/run/systemd/journal/socket"), syslog: present("/dev/log") }
    }

    /// Sends the event to journald, or to syslog where there is no journald.
    pub fn send(&self, event: &Waiting) -> io::Result<()> {
        match (&self.journal, &self.syslog) {
            (Some(journal), _) => send(journal, &journal_entry(event)),
            (None, Some(syslog)) => send(syslog, &syslog_entry(event)),
            (None, None) => Ok(()),
        }
    }
}

fn send(socket: &std::path::Path, bytes: &[u8]) -> io::Result<()> {
    let datagram = UnixDatagram::unbound()?;
    datagram.set_nonblocking(true)?;
    datagram.send_to(bytes, socket).map(drop)
}

/// The native protocol: `FIELD=value` lines. No value here has a newline in it: JSON escapes them.
fn journal_entry(event: &Waiting) -> Vec<u8> {
    format!(
        "MESSAGE={}\nPRIORITY={PRIORITY}\nSYSLOG_IDENTIFIER=peipkg\nSYSLOG_FACILITY={}\nPEIPKG_EVENT_ID={}\nPEIPKG_EVENT_TYPE={}\n",
        text(event),
        AUTHPRIV >> 3,
        event.id,
        event.kind,
    )
    .into_bytes()
}

fn syslog_entry(event: &Waiting) -> Vec<u8> {
    format!("<{}>peipkg[{}]: {}", AUTHPRIV | PRIORITY, std::process::id(), text(event)).into_bytes()
}

fn text(event: &Waiting) -> String {
    if event.body.len() <= MOST {
        return format!("{} {}", event.kind, event.body);
    }
    format!("{} {} (see /var/log/peipkg/audit.jsonl)", event.kind, event.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(body: String) -> Waiting {
        Waiting {
            seq: 1,
            id: "ab".repeat(16),
            kind: "peipkg.install".to_owned(),
            body,
            payload: Vec::new(),
            sent: 0,
        }
    }

    fn receive(send: impl FnOnce(&std::path::Path)) -> String {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        send(&path);
        let mut buffer = vec![0; 1 << 16];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn journald_gets_fields() {
        let entry = receive(|path| {
            let log = SystemLog { journal: Some(path.to_owned()), syslog: None };
            log.send(&event(r#"{"id":"1"}"#.to_owned())).unwrap();
        });
        assert!(entry.starts_with("MESSAGE=peipkg.install {\"id\":\"1\"}\nPRIORITY=5\n"), "{entry}");
        assert!(entry.ends_with("PEIPKG_EVENT_TYPE=peipkg.install\n"), "{entry}");
    }

    #[test]
    fn syslog_is_the_second_choice_and_big_events_are_named_only() {
        let entry = receive(|path| {
            let log = SystemLog { journal: None, syslog: Some(path.to_owned()) };
            log.send(&event("x".repeat(MOST + 1))).unwrap();
        });
        assert!(entry.starts_with("<85>peipkg["), "{entry}");
        assert!(entry.ends_with("(see /var/log/peipkg/audit.jsonl)"), "{entry}");
    }

    #[test]
    fn a_socket_that_nobody_reads_is_an_error_at_once() {
        let log = SystemLog { journal: Some(PathBuf::from("/nonexistent/socket")), syslog: None };
        assert!(log.send(&event(String::new())).is_err());
    }
}
