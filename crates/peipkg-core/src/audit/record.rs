//! Storing events: part of the database transaction that they tell of.

use rusqlite::Connection;

use super::event::Event;
use super::operator::Place;
use crate::fsx::Root;
use crate::store::{StoreError, outbox};

/// Writes the events of one process.
#[derive(Debug)]
pub struct Recorder {
    place: Place,
}

impl Recorder {
    /// For events below `root` at `now` seconds since 1970.
    pub fn new(root: &Root, now: i64) -> Self {
        Self { place: Place::here(root, now) }
    }

    /// Stores one event; the caller commits.
    pub fn store(&self, connection: &Connection, event: &Event) -> Result<(), StoreError> {
        outbox::put(connection, &self.render(event))
    }

    /// The event as it is stored.
    pub(super) fn render(&self, event: &Event) -> outbox::Waiting {
        let id = random_id();
        outbox::Waiting {
            seq: 0,
            kind: event.kind.as_str().to_owned(),
            body: event.to_json(&id, &self.place),
            payload: event.to_msgpack(&id, &self.place),
            id,
            sent: 0,
        }
    }
}

/// Stores one event of `root`, as part of the change that it tells of.
pub fn record(connection: &Connection, root: &Root, now: i64, event: &Event) -> Result<(), StoreError> {
    Recorder::new(root, now).store(connection, event)
}

/// 128 random bits.
fn random_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without entropy, which cannot happen after boot, ids would collide, and an event would be taken for a repetition.
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        bytes = (now.as_nanos() ^ (u128::from(std::process::id()) << 96)).to_be_bytes();
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}
