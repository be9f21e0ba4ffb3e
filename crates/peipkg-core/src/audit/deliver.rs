//! Sending what waits in the database to the sinks that are present. Best effort: a failure is a warning, and the event waits.

use rusqlite::Connection;

use super::event::Event;
use super::kernel::{self, Absent, EventCall};
use super::log::{self, Rules};
use super::system_log::SystemLog;
use super::{ORIGIN, Recorder};
use crate::digest::Digest;
use crate::fsx::Root;
use crate::store::outbox::{self, Waiting};
use crate::store::{Store, StoreError};

const KERNEL: u32 = 1;
const FILE: u32 = 2;
const SYSTEM_LOG: u32 = 4;

/// Where events go.
pub struct Sinks {
    kernel: Box<dyn EventCall>,
    system_log: SystemLog,
    rotate_at: u64,
}

impl Sinks {
    /// Those of a root: the logs of the running system are told of the running system only.
    pub fn of(root: &Root) -> Self {
        let is_running = root.path() == std::path::Path::new("/");
        let system_log = if is_running { SystemLog::of_this_machine() } else { SystemLog::default() };
        Self { kernel: Box::new(Absent), system_log, rotate_at: log::ROTATE_AT }
    }

    #[cfg(test)]
    pub(super) fn for_test(kernel: Box<dyn EventCall>, rotate_at: u64) -> Self {
        Self { kernel, system_log: SystemLog::default(), rotate_at }
    }

    /// An event that cannot be stored (no database, or one that may not be written) goes where it can.
    pub fn announce(&self, root: &Root, now: i64, event: &Event) {
        let event = Recorder::new(root, now).render(event);
        let _ = self.kernel.emit(ORIGIN, &event.kind, &event.payload);
        let _ = self.system_log.send(&event);
    }
}

/// What became of the events that waited.
#[derive(Debug, Default)]
pub struct Delivery {
    sent: Vec<(i64, u32)>,
    head: Option<Digest>,
    /// Complete sentences.
    pub warnings: Vec<String>,
}

impl Delivery {
    /// Whether there is nothing to write into the database.
    pub fn is_nothing(&self) -> bool {
        self.sent.is_empty()
    }

    /// Writes into the database what was delivered, as part of any change.
    pub fn settle(&self, connection: &Connection) -> Result<(), StoreError> {
        for (seq, sent) in &self.sent {
            if sent & (KERNEL | FILE) == KERNEL | FILE {
                outbox::forget(connection, *seq)?;
            } else {
                outbox::mark(connection, *seq, *sent)?;
            }
        }
        self.head.map_or(Ok(()), |head| outbox::set_head(connection, head))
    }
}

/// Sends every event that waits. The caller settles the result in the database; killed in between, the events go out again
/// with the ids that they had.
pub fn deliver(root: &Root, store: &Store, sinks: &Sinks, durable: bool) -> Delivery {
    let waiting = match outbox::waiting(store.connection()) {
        Ok(waiting) => waiting,
        Err(error) => {
            let warnings = vec![format!("audit events cannot be read: {error}")];
            return Delivery { warnings, ..Delivery::default() };
        }
    };
    if waiting.is_empty() {
        return Delivery::default();
    }
    let mut delivery = Delivery::default();
    let mut sent: Vec<u32> = waiting.iter().map(|event| event.sent).collect();
    for (event, sent) in waiting.iter().zip(&mut sent) {
        to_kernel(sinks, event, sent, &mut delivery);
    }
    to_file(root, store, sinks, &waiting, &mut sent, durable, &mut delivery);
    for (event, sent) in waiting.iter().zip(&mut sent).filter(|(_, sent)| **sent & SYSTEM_LOG == 0) {
        // One attempt: a log that takes no event this big or this fast does not take it later either.
        let _ = sinks.system_log.send(event);
        *sent |= SYSTEM_LOG;
    }
    delivery.sent = waiting.iter().map(|event| event.seq).zip(sent).collect();
    delivery
}

/// Sends every event that waits, and settles that in the database. Returns what people must know.
pub fn flush(root: &Root, store: &mut Store, durable: bool) -> Vec<String> {
    let mut delivery = deliver(root, store, &Sinks::of(root), durable);
    if delivery.is_nothing() {
        return delivery.warnings;
    }
    let settled = store.change(|change| delivery.settle(change));
    if let Err(error) = settled.and_then(|()| store.checkpoint()) {
        delivery
            .warnings
            .push(format!("what the audit log holds could not be noted: {error} (the next run does)"));
    }
    delivery.warnings
}

fn to_kernel(sinks: &Sinks, event: &Waiting, sent: &mut u32, delivery: &mut Delivery) {
    if *sent & KERNEL != 0 {
        return;
    }
    match sinks.kernel.emit(ORIGIN, &event.kind, &event.payload) {
        Ok(()) => *sent |= KERNEL,
        Err(error) if kernel::is_absent(&error) => *sent |= KERNEL,
        Err(error) if delivery.warnings.is_empty() => {
            delivery.warnings.push(format!("the kernel did not take an audit event: {error}"));
        }
        Err(_) => {}
    }
}

fn to_file(
    root: &Root,
    store: &Store,
    sinks: &Sinks,
    waiting: &[Waiting],
    sent: &mut [u32],
    durable: bool,
    delivery: &mut Delivery,
) {
    let missing: Vec<&Waiting> = waiting.iter().filter(|event| event.sent & FILE == 0).collect();
    if missing.is_empty() {
        return;
    }
    let rules = Rules { rotate_at: sinks.rotate_at, durable };
    let head = outbox::head(store.connection()).unwrap_or(None);
    match log::append(root, &missing, head, rules) {
        Ok(head) => {
            delivery.head = Some(head);
            for sent in sent {
                *sent |= FILE;
            }
        }
        Err(error) => delivery.warnings.push(format!(
            "the audit log could not be written: {error} ({} event(s) wait in the database for the next run)",
            missing.len()
        )),
    }
}
