//! The database that the reference implementation leaves at our path (file 5 of the specification, "State"), read only.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::StoreError;

/// The reference's open database. Nobody else can write it as long as this lives.
#[derive(Debug)]
pub struct Reference {
    connection: Connection,
}

/// A package of it.
#[derive(Debug)]
pub struct ReferencePackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The repository; none for a local file.
    pub origin: Option<String>,
    /// Seconds since 1970.
    pub installed_at: i64,
    /// manifest.json.
    pub manifest: Vec<u8>,
}

/// A path of it.
#[derive(Debug)]
pub struct ReferencePath {
    /// The package's name.
    pub package: String,
    /// With a leading slash.
    pub path: String,
    /// file, dir or symlink.
    pub kind: String,
    /// Of a file, hexadecimal.
    pub hash: Option<String>,
    /// Of a symlink.
    pub target: Option<String>,
}

/// What it has seen of a repository.
#[derive(Debug)]
pub struct ReferenceFloor {
    /// The repository's name.
    pub repository: String,
    /// The highest index version.
    pub index_version: u64,
    /// The newest time of generation, seconds since 1970.
    pub generated_at: i64,
}

impl Reference {
    /// Opens the database at `path`; `None` when it is not the reference's. Folds its write-ahead log into the one file.
    pub fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        if !is_reference(&connection)? {
            return Ok(None);
        }
        let held = || StoreError::Busy { holders: "the tool that made it, or another program".to_owned() };
        let mode: Result<String, _> =
            connection.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0));
        match mode {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Err(held()),
            Err(error) if StoreError::is_busy(&error) => return Err(held()),
            other => drop(other?),
        }
        match connection.execute_batch("BEGIN EXCLUSIVE") {
            Err(error) if StoreError::is_busy(&error) => Err(held()),
            other => {
                other?;
                Ok(Some(Self { connection }))
            }
        }
    }

    /// Transactions of the other tool that it has not finished.
    pub fn pending(&self) -> Result<u64, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT count(*) FROM txn WHERE state = 'pending'", [], |row| row.get(0))?)
    }

    /// Every package, by name.
    pub fn packages(&self) -> Result<Vec<ReferencePackage>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT name, version, architecture, origin_repo, CAST(installed_at AS INTEGER), CAST(manifest AS BLOB)
             FROM package ORDER BY name",
        )?;
        let rows = statement.query_map([], |row| {
            let origin: Option<String> = row.get(3)?;
            Ok(ReferencePackage {
                name: row.get(0)?,
                version: row.get(1)?,
                architecture: row.get(2)?,
                origin: origin.filter(|origin| !origin.is_empty() && origin != "(local file)"),
                installed_at: row.get(4)?,
                manifest: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every path, by path.
    pub fn paths(&self) -> Result<Vec<ReferencePath>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT package_name, path, type, hash, symlink_target FROM package_file ORDER BY path, package_name",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(ReferencePath {
                package: row.get(0)?,
                path: row.get(1)?,
                kind: row.get(2)?,
                hash: row.get(3)?,
                target: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The floors of every repository.
    pub fn floors(&self) -> Result<Vec<ReferenceFloor>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT name, coalesce(highest_index_version, 0), coalesce(generated_at_floor, 0) FROM repository ORDER BY name",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(ReferenceFloor {
                repository: row.get(0)?,
                index_version: row.get::<_, i64>(1)?.cast_unsigned(),
                generated_at: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// No application id, `meta.schema_version` = "1", and its tables.
fn is_reference(connection: &Connection) -> Result<bool, StoreError> {
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table'
         AND name IN ('meta', 'package', 'package_file', 'repository', 'txn')",
        [],
        |row| row.get(0),
    )?;
    if id != 0 || tables != 5 {
        return Ok(false);
    }
    let version: Option<String> = connection
        .query_row("SELECT CAST(value AS TEXT) FROM meta WHERE key = 'schema_version'", [], |row| row.get(0))
        .optional()?;
    Ok(version.as_deref() == Some("1"))
}
