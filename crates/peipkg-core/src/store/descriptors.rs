//! Security-descriptor overrides of installed packages, and which of them could not be applied.

use rusqlite::Connection;

use super::StoreError;
use crate::fsx::descriptors::of_this_kernel;
use crate::package::SdOverride;

/// Schema version 3. Rows go with their package.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS descriptor (
  package INTEGER NOT NULL REFERENCES package(id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  descriptor BLOB NOT NULL,
  applied INTEGER NOT NULL,
  PRIMARY KEY (package, path)
) STRICT, WITHOUT ROWID;
";

/// One override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedDescriptor {
    /// The package's name.
    pub package: String,
    /// Relative to the root.
    pub path: String,
    /// Self-relative.
    pub descriptor: Vec<u8>,
    /// Whether the file has it.
    pub applied: bool,
}

/// Records the overrides of the package in that row, instead of those that it had.
pub fn replace(connection: &Connection, package: i64, overrides: &[SdOverride]) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM descriptor WHERE package = ?")?.execute([package])?;
    let applied = of_this_kernel().can_apply();
    let mut insert = connection
        .prepare_cached("INSERT INTO descriptor (package, path, descriptor, applied) VALUES (?, ?, ?, ?)")?;
    overrides.iter().try_for_each(|one| {
        insert.execute((package, &*one.path, one.sd.as_bytes(), applied))?;
        Ok(())
    })
}

/// All that are recorded, by package and path. A database of an earlier schema has none.
pub fn list(connection: &Connection) -> Result<Vec<RecordedDescriptor>, StoreError> {
    let known: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'descriptor'",
        [],
        |row| row.get(0),
    )?;
    if known == 0 {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(
        "SELECT name, path, descriptor, applied FROM descriptor JOIN package ON package.id = descriptor.package
         ORDER BY name, path",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(RecordedDescriptor {
            package: row.get(0)?,
            path: row.get(1)?,
            descriptor: row.get(2)?,
            applied: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
