//! The paths that packages own.

use rusqlite::{Connection, Row};

use super::StoreError;
use crate::digest::Digest;

/// What a recorded path is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// A regular file.
    File {
        /// Its size in bytes.
        size: u64,
        /// Its SHA-256.
        digest: Digest,
    },
    /// A directory.
    Directory,
    /// A symlink.
    Symlink {
        /// Its target.
        target: Box<str>,
    },
}

impl Object {
    /// The letter in the database.
    pub fn letter(&self) -> &'static str {
        match self {
            Self::File { .. } => "f",
            Self::Directory => "d",
            Self::Symlink { .. } => "l",
        }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Directory)
    }
}

/// One path of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedPath {
    /// The path relative to the root, no trailing slash.
    pub path: Box<str>,
    /// What it is.
    pub object: Object,
    /// Its modification time, seconds since 1970 (files and symlinks).
    pub mtime: i64,
    /// It was there before the package: a directory that is never removed, a file that was adopted.
    pub found: bool,
}

pub(super) const COLUMNS: &str = "path, kind, digest, size, mtime, target, found";

pub(super) fn read(row: &Row<'_>, first: usize) -> Result<OwnedPath, rusqlite::Error> {
    let kind: String = row.get(first + 1)?;
    let object = match kind.as_str() {
        "f" => Object::File { size: row.get(first + 3)?, digest: Digest(row.get(first + 2)?) },
        "d" => Object::Directory,
        _ => Object::Symlink { target: row.get::<_, String>(first + 5)?.into() },
    };
    let path = row.get::<_, String>(first)?.into();
    Ok(OwnedPath { path, object, mtime: row.get(first + 4)?, found: row.get(first + 6)? })
}

/// The paths of one package, by bytes.
pub fn of_package(connection: &Connection, package: i64) -> Result<Vec<OwnedPath>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM path WHERE package = ? ORDER BY path"))?;
    let rows = statement.query_map([package], |row| read(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every owner of a path: package row, package name, what it is there.
pub fn owners(connection: &Connection, path: &str) -> Result<Vec<(i64, String, OwnedPath)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT package.id, name, path.path, kind, digest, size, mtime, target, found
         FROM path JOIN package ON package.id = path.package WHERE path.path = ? ORDER BY name",
    )?;
    let rows = statement.query_map([path], |row| Ok((row.get(0)?, row.get(1)?, read(row, 2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets paths of one package.
pub fn delete<'a>(
    connection: &Connection,
    package: i64,
    mut paths: impl Iterator<Item = &'a OwnedPath>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("DELETE FROM path WHERE path = ? AND package = ?")?;
    paths.try_for_each(|owned| statement.execute((&*owned.path, package)).map(drop))?;
    Ok(())
}

/// Records paths with the package row that owns each. Give them all in path order: the trees are then written from left
/// to right.
pub fn insert<'a>(
    connection: &Connection,
    paths: impl Iterator<Item = (i64, &'a OwnedPath)>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO path (path, package, kind, digest, size, mtime, target, found) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (package, owned) in paths {
        let (digest, size, target) = columns(&owned.object);
        let letter = owned.object.letter();
        statement.execute((&*owned.path, package, letter, digest, size, owned.mtime, target, owned.found))?;
    }
    Ok(())
}

/// Digest, size, target: the columns of an object.
fn columns(object: &Object) -> (Option<[u8; 32]>, u64, Option<&str>) {
    match object {
        Object::File { size, digest } => (Some(digest.0), *size, None),
        Object::Directory => (None, 0, None),
        Object::Symlink { target } => (None, 0, Some(target)),
    }
}
