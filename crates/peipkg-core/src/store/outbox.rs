//! Audit events that wait to go out, and how far the audit file is known to reach.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use crate::digest::Digest;

/// Schema version 2: the events, and the hash of the last line of the audit file that the database vouches for.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS audit_event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  payload BLOB NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS audit_head (
  only INTEGER PRIMARY KEY CHECK (only = 0),
  digest BLOB NOT NULL
) STRICT;
";

/// An event that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Order of commits.
    pub seq: i64,
    /// 32 hex digits, the same in every sink.
    pub id: String,
    /// `peipkg.install`.
    pub kind: String,
    /// JSON, without the hash of the line before.
    pub body: String,
    /// msgpack, for the kernel.
    pub payload: Vec<u8>,
    /// The sinks that have it, as bits.
    pub sent: u32,
}

/// Adds an event.
pub fn put(connection: &Connection, event: &Waiting) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO audit_event (id, type, body, payload) VALUES (?, ?, ?, ?)")?
        .execute((&event.id, &event.kind, &event.body, &event.payload))?;
    Ok(())
}

/// All that wait, in the order of their commits. A database of schema version 1 has none.
pub fn waiting(connection: &Connection) -> Result<Vec<Waiting>, StoreError> {
    if !exists(connection)? {
        return Ok(Vec::new());
    }
    let mut statement =
        connection.prepare("SELECT seq, id, type, body, payload, sent FROM audit_event ORDER BY seq")?;
    let rows = statement.query_map([], |row| {
        Ok(Waiting {
            seq: row.get(0)?,
            id: row.get(1)?,
            kind: row.get(2)?,
            body: row.get(3)?,
            payload: row.get(4)?,
            sent: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The sinks of `sent` have the event.
pub fn mark(connection: &Connection, seq: i64, sent: u32) -> Result<(), StoreError> {
    connection.execute("UPDATE audit_event SET sent = sent | ? WHERE seq = ?", (sent, seq))?;
    Ok(())
}

/// Every sink that is present has the event.
pub fn forget(connection: &Connection, seq: i64) -> Result<(), StoreError> {
    connection.execute("DELETE FROM audit_event WHERE seq = ?", [seq])?;
    Ok(())
}

/// The hash of a line that the audit file must hold.
pub fn head(connection: &Connection) -> Result<Option<Digest>, StoreError> {
    if !exists(connection)? {
        return Ok(None);
    }
    let head = connection
        .query_row("SELECT digest FROM audit_head", [], |row| row.get::<_, [u8; 32]>(0))
        .optional()?;
    Ok(head.map(Digest))
}

/// Vouches for the audit file up to the line with that hash.
pub fn set_head(connection: &Connection, digest: Digest) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO audit_head (only, digest) VALUES (0, ?1) ON CONFLICT (only) DO UPDATE SET digest = ?1",
        [digest.0],
    )?;
    Ok(())
}

fn exists(connection: &Connection) -> Result<bool, StoreError> {
    let count: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'audit_head'",
        [],
        |row| row.get(0),
    )?;
    Ok(count > 0)
}
