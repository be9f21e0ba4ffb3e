//! Files that a transaction put beside configuration files: `.peipkg-new`, `.peipkg-save`. No package owns them.

use rusqlite::Connection;

use super::StoreError;
use super::journal::FileKind;
use crate::digest::Digest;

/// What such a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The new default of a file that the operator had changed.
    New,
    /// The operator's version of a file that its package lost.
    Save,
}

/// One file beside a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// Its own path.
    pub path: String,
    /// The configuration file.
    pub original: String,
    /// What it holds.
    pub role: Role,
    /// Its type.
    pub kind: FileKind,
    /// SHA-256 of its content or target, as it was put there.
    pub digest: Option<Digest>,
    /// Its size in bytes.
    pub size: u64,
}

/// Remembers the file, as part of the commit.
pub fn insert(connection: &Connection, id: i64, beside: &Beside) -> Result<(), StoreError> {
    let role = match beside.role {
        Role::New => "new",
        Role::Save => "save",
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO beside (txn, path, original, role, kind, digest, size) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute((
            id,
            &beside.path,
            &beside.original,
            role,
            beside.kind.letter(),
            beside.digest.map(|digest| digest.0),
            beside.size,
        ))?;
    Ok(())
}

/// The files that a transaction put beside others.
pub fn of_transaction(connection: &Connection, id: i64) -> Result<Vec<Beside>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT path, original, role, kind, digest, size FROM beside WHERE txn = ? ORDER BY path",
    )?;
    let rows = statement.query_map([id], |row| {
        let (role, kind): (String, String) = (row.get(2)?, row.get(3)?);
        Ok(Beside {
            path: row.get(0)?,
            original: row.get(1)?,
            role: if role == "new" { Role::New } else { Role::Save },
            kind: FileKind::parse(&kind),
            digest: row.get::<_, Option<[u8; 32]>>(4)?.map(Digest),
            size: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
