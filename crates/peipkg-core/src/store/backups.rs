//! Retained backups: displaced files, found again by digest.

use rusqlite::Connection;

use super::StoreError;
use super::journal::FileKind;
use crate::digest::Digest;

/// One displaced file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The transaction that displaced it.
    pub transaction: i64,
    /// Its journal step.
    pub seq: i64,
    /// Where it was, relative to the root.
    pub path: String,
    /// Where it lies now.
    pub lies: String,
    /// Where it is to be moved; both names stay in the row until the move is durable.
    pub goes: Option<String>,
    /// Its type.
    pub kind: FileKind,
    /// SHA-256 of a file's content or a symlink's target.
    pub digest: Option<Digest>,
    /// Size in bytes.
    pub size: u64,
}

/// Records a displaced file, as part of the commit.
pub fn insert(connection: &Connection, backup: &Backup) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO backup (txn, seq, path, lies, goes, kind, digest, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute((
            backup.transaction,
            backup.seq,
            &backup.path,
            &backup.lies,
            &backup.goes,
            backup.kind.letter(),
            backup.digest.map(|digest| digest.0),
            backup.size,
        ))?;
    Ok(())
}

fn query(
    connection: &Connection,
    condition: &str,
    key: impl rusqlite::ToSql,
) -> Result<Vec<Backup>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT txn, seq, path, lies, goes, kind, digest, size FROM backup WHERE {condition} ORDER BY txn, seq"
    ))?;
    let rows = statement.query_map([key], |row| {
        let kind: String = row.get(5)?;
        Ok(Backup {
            transaction: row.get(0)?,
            seq: row.get(1)?,
            path: row.get(2)?,
            lies: row.get(3)?,
            goes: row.get(4)?,
            kind: FileKind::parse(&kind),
            digest: row.get::<_, Option<[u8; 32]>>(6)?.map(Digest),
            size: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The backups of a transaction that still have to be moved out of the live directories.
pub fn unmoved(connection: &Connection, id: i64) -> Result<Vec<Backup>, StoreError> {
    query(connection, "txn = ? AND goes IS NOT NULL", id)
}

/// All backups of a transaction.
pub fn of_transaction(connection: &Connection, id: i64) -> Result<Vec<Backup>, StoreError> {
    query(connection, "txn = ?", id)
}

/// Every backup of that content, whichever transaction displaced it.
pub fn with_digest(connection: &Connection, digest: &Digest) -> Result<Vec<Backup>, StoreError> {
    query(connection, "digest = ?", digest.0)
}

/// Says where a backup lies for good.
pub fn moved(connection: &Connection, backup: &Backup, lies: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE backup SET lies = ?, goes = NULL WHERE txn = ? AND seq = ?")?
        .execute((lies, backup.transaction, backup.seq))?;
    Ok(())
}

/// Forgets one backup: it is gone.
pub fn forget(connection: &Connection, transaction: i64, seq: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM backup WHERE txn = ? AND seq = ?")?.execute((transaction, seq))?;
    Ok(())
}

/// How many backups there are.
pub fn count(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM backup", [], |row| row.get(0))?)
}

/// Transactions that hold backups, oldest first: number, when it finished (seconds since 1970), bytes retained.
pub fn holders(connection: &Connection) -> Result<Vec<(i64, i64, u64)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT backup.txn, coalesce(txn.finished_at, txn.started_at), sum(backup.size)
         FROM backup JOIN txn ON txn.id = backup.txn GROUP BY backup.txn ORDER BY backup.txn",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
