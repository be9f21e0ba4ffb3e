//! Who, when and where: the part of an event that is the same for everything a process does.

use std::io::Read;

use crate::fsx::Root;
use crate::timestamp::Timestamp;

/// The largest `/etc/passwd` that is looked through.
const PASSWD_LIMIT: u64 = 4 << 20;
/// `/proc/self/loginuid` of a process that nobody's login began.
const NO_LOGIN: u32 = u32::MAX;

/// The surroundings of an event.
#[derive(Debug)]
pub(super) struct Place {
    pub uid: u32,
    /// Who logged in, whatever `su` or `sudo` did since.
    pub login_uid: Option<u32>,
    pub user: Option<String>,
    /// RFC 3339 UTC.
    pub timestamp: String,
    pub host: String,
    pub root: String,
}

impl Place {
    /// Of this process, at `now` seconds since 1970.
    pub fn here(root: &Root, now: i64) -> Self {
        let uid = rustix::process::getuid().as_raw();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self {
            uid,
            login_uid: login_uid(),
            user: user_name(uid),
            timestamp: Timestamp::from_seconds(now).map_or_else(String::new, |time| time.to_string()),
            host,
            root: root.path().to_string_lossy().into_owned(),
        }
    }
}

fn login_uid() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/self/loginuid").ok()?;
    text.trim().parse().ok().filter(|uid| *uid != NO_LOGIN)
}

/// From the running system's own `/etc/passwd`: the operator is a user of this machine, not of the root.
fn user_name(uid: u32) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open("/etc/passwd").ok()?.take(PASSWD_LIMIT).read_to_string(&mut text).ok()?;
    let uid = uid.to_string();
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}
