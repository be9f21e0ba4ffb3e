//! Transactions: their rows, their operations, and the package states they ended.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use super::packages::InstalledPackage;

/// The state of a transaction's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Journalled; no final path has changed.
    Staging,
    /// Renames may have begun.
    Applying,
    /// It is being undone.
    RollingBack,
    /// Its database commit is there: it happened.
    Committed,
    /// It did not happen.
    RolledBack,
    /// An operator accepted the disk as it was.
    Accepted,
}

impl State {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Staging, "staging"),
        (Self::Applying, "applying"),
        (Self::RollingBack, "rolling-back"),
        (Self::Committed, "committed"),
        (Self::RolledBack, "rolled-back"),
        (Self::Accepted, "accepted"),
    ];

    /// The word in the database and in `history`.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text);
        found
            .map(|(state, _)| *state)
            .ok_or_else(|| StoreError::Invalid { what: "state", value: text.to_owned() })
    }
}

/// One operation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// install, upgrade, downgrade, reinstall, remove.
    pub kind: String,
    /// The package.
    pub name: String,
    /// The version before.
    pub from: Option<String>,
    /// The version after.
    pub to: Option<String>,
    /// The repository the new version came from.
    pub origin: Option<String>,
    /// The package that replaced it.
    pub replaced_by: Option<String>,
}

/// One transaction, as `history` shows it.
#[derive(Debug, Clone)]
pub struct TransactionRecord {
    /// Its number.
    pub id: i64,
    /// Its state.
    pub state: State,
    /// Seconds since 1970.
    pub started_at: i64,
    /// Seconds since 1970, when it ended.
    pub finished_at: Option<i64>,
    /// The command line that began it.
    pub command: String,
    /// Its operations, in plan order.
    pub operations: Vec<Operation>,
    /// The transactions that it reversed: an undo, a redo, a rollback.
    pub reverses: Vec<i64>,
}

/// Begins the transaction `id`: its row in state `staging`, its operations.
pub fn begin(
    connection: &Connection,
    id: i64,
    command: &str,
    durability: &str,
    now: i64,
    operations: &[Operation],
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO txn (id, state, started_at, command, durability) VALUES (?, 'staging', ?, ?, ?)",
        (id, now, command, durability),
    )?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO operation (txn, seq, kind, name, from_version, to_version, origin, replaced_by)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (seq, operation) in operations.iter().enumerate() {
        insert.execute((
            id,
            seq,
            &operation.kind,
            &operation.name,
            &operation.from,
            &operation.to,
            &operation.origin,
            &operation.replaced_by,
        ))?;
    }
    Ok(())
}

/// The number that the next transaction will have, so that staged names can be chosen before its row exists.
pub fn next_id(connection: &Connection) -> Result<i64, StoreError> {
    let last: Option<i64> = connection
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'txn'", [], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0) + 1)
}

/// Sets the state of a transaction; `finished` (seconds since 1970) when that ends it.
pub fn set_state(
    connection: &Connection,
    id: i64,
    state: State,
    finished: Option<i64>,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE txn SET state = ?, finished_at = coalesce(?, finished_at) WHERE id = ?",
        (state.as_str(), finished, id),
    )?;
    Ok(())
}

/// Marks a transaction committed; fails if it is not the one that is being applied (any more).
pub fn set_committed(connection: &Connection, id: i64, finished: i64) -> Result<(), StoreError> {
    let changed = connection.execute(
        "UPDATE txn SET state = 'committed', finished_at = ? WHERE id = ? AND state = 'applying'",
        (finished, id),
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotApplying) }
}

/// Says that nothing of the transaction is left to tidy, and forgets its journal.
pub fn set_clean(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection.execute("UPDATE txn SET clean = 1 WHERE id = ?", [id])?;
    // There is one pending transaction at most, so these tables hold its rows only: emptied whole, page by page.
    connection.execute_batch("DELETE FROM journal; DELETE FROM applied; DELETE FROM doubt")?;
    Ok(())
}

/// The transaction that is not clean, if there is one: its number, state, and the inode witness of its step 4.
pub fn unclean(connection: &Connection) -> Result<Option<(i64, State, Option<i64>)>, StoreError> {
    let row: Option<(i64, String, Option<i64>)> = connection
        .query_row("SELECT id, state, witness FROM txn WHERE clean = 0 ORDER BY id LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    row.map(|(id, state, witness)| Ok((id, State::parse(&state)?, witness))).transpose()
}

/// The paths that recovery could not account for.
pub fn doubts(connection: &Connection, id: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("SELECT path FROM doubt WHERE txn = ? ORDER BY path")?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records the paths that recovery could not account for.
pub fn set_doubts(connection: &Connection, id: i64, paths: &[String]) -> Result<(), StoreError> {
    connection.execute("DELETE FROM doubt WHERE txn = ?", [id])?;
    let mut insert = connection.prepare("INSERT OR IGNORE INTO doubt (txn, path) VALUES (?, ?)")?;
    paths.iter().try_for_each(|path| insert.execute((id, path)).map(drop))?;
    Ok(())
}

/// Copies the state of a package that the transaction ends, for an undo.
pub fn end_package(connection: &Connection, id: i64, package: &InstalledPackage) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO ended_package
             SELECT ?, name, version, architecture, origin, origin_priority, reason, held, installed_at, manifest
             FROM package WHERE id = ?",
        )?
        .execute((id, package.id))?;
    connection
        .prepare_cached(
            "INSERT INTO ended_path SELECT ?, ?, path, kind, digest, size, mtime, target, found
             FROM path WHERE package = ? ORDER BY path",
        )?
        .execute((id, &package.name, package.id))?;
    Ok(())
}

/// Copies reason and hold of a package that the transaction marks, without its paths, unless they were copied already.
pub fn end_marks(connection: &Connection, id: i64, name: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO ended_package
             SELECT ?, name, version, architecture, origin, origin_priority, reason, held, installed_at, manifest
             FROM package WHERE name = ?",
        )?
        .execute((id, name))?;
    Ok(())
}

/// The newest `limit` transactions (0: all), newest first.
pub fn list(connection: &Connection, limit: u32) -> Result<Vec<TransactionRecord>, StoreError> {
    let mut statement = connection
        .prepare("SELECT id, state, started_at, finished_at, command FROM txn ORDER BY id DESC LIMIT ?")?;
    let limit = if limit == 0 { -1 } else { i64::from(limit) };
    let rows = statement.query_map([limit], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    let mut records = Vec::new();
    for row in rows {
        let (id, state, started_at, finished_at, command) = row?;
        let state = State::parse(&state)?;
        let (operations, reverses) = (operations(connection, id)?, reversed_by(connection, id)?);
        records.push(TransactionRecord { id, state, started_at, finished_at, command, operations, reverses });
    }
    Ok(records)
}

/// Records that the transaction reverses others.
pub fn reverse(connection: &Connection, id: i64, reversed: &[i64]) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached("INSERT INTO reversal (txn, reversed) VALUES (?, ?)")?;
    reversed.iter().try_for_each(|other| insert.execute((id, other)).map(drop))?;
    Ok(())
}

fn reversed_by(connection: &Connection, id: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT reversed FROM reversal WHERE txn = ? ORDER BY reversed")?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The operations of a transaction, in plan order.
pub fn operations(connection: &Connection, id: i64) -> Result<Vec<Operation>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, name, from_version, to_version, origin, replaced_by FROM operation WHERE txn = ? ORDER BY seq",
    )?;
    let rows = statement.query_map([id], |row| {
        Ok(Operation {
            kind: row.get(0)?,
            name: row.get(1)?,
            from: row.get(2)?,
            to: row.get(3)?,
            origin: row.get(4)?,
            replaced_by: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The package that owned `path` when it was last upgraded or removed.
pub fn last_owner(connection: &Connection, path: &str) -> Result<Option<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM ended_path WHERE path = ? ORDER BY txn DESC LIMIT 1")?;
    Ok(statement.query_row([path], |row| row.get(0)).optional()?)
}

/// Side effects that committed transactions still owe: transaction, effect, kernel version or empty.
pub fn owed(connection: &Connection) -> Result<Vec<(i64, String, String)>, StoreError> {
    let mut statement =
        connection.prepare("SELECT txn, effect, version FROM owed ORDER BY effect, version, txn")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Owes a side effect, as part of the commit.
pub fn owe(connection: &Connection, id: i64, effect: &str, version: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO owed (txn, effect, version) VALUES (?, ?, ?)")?
        .execute((id, effect, version))?;
    Ok(())
}

/// Clears a side effect, whichever transactions owed it.
pub fn clear_owed(connection: &Connection, effect: &str, version: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM owed WHERE effect = ? AND version = ?", (effect, version))?;
    Ok(())
}
