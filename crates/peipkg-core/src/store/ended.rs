//! Package states that transactions ended: what an undo returns to.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use super::packages::{self, InstalledPackage};
use super::paths::{self, OwnedPath};
use crate::sorting;

/// The state of one package right before a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The transaction that ended it.
    pub transaction: i64,
    /// The package; its row is 0.
    pub package: InstalledPackage,
    /// What it owned, by bytes.
    pub paths: Vec<OwnedPath>,
}

/// The package of that name as it was before the transaction; `None` where it was not installed then, or not touched.
pub fn package(connection: &Connection, id: i64, name: &str) -> Result<Option<InstalledPackage>, StoreError> {
    let columns = packages::COLUMNS.replacen("id", "0", 1);
    let mut statement = connection
        .prepare_cached(&format!("SELECT {columns} FROM ended_package WHERE txn = ? AND name = ?"))?;
    Ok(statement.query_row((id, name), packages::read).optional()?)
}

/// The package as it was before the oldest of the transactions that touched it; `None` where that installed it.
pub fn oldest(
    connection: &Connection,
    ids: &[i64],
    name: &str,
) -> Result<Option<InstalledPackage>, StoreError> {
    let mut touched =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM operation WHERE txn = ? AND name = ?)")?;
    let mut ordered = ids.to_vec();
    sorting::sort(&mut ordered);
    for id in ordered {
        if touched.query_row((id, name), |row| row.get(0))? {
            return package(connection, id, name);
        }
    }
    Ok(None)
}

/// The same, with its paths.
pub fn find(connection: &Connection, id: i64, name: &str) -> Result<Option<Ended>, StoreError> {
    let Some(package) = package(connection, id, name)? else { return Ok(None) };
    let columns = paths::COLUMNS;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns} FROM ended_path WHERE txn = ? AND name = ? ORDER BY path"
    ))?;
    let rows = statement.query_map((id, name), |row| paths::read(row, 0))?;
    Ok(Some(Ended { transaction: id, package, paths: rows.collect::<Result<_, _>>()? }))
}

/// Whether a package whose state the transaction ended owned the path.
pub fn owned(connection: &Connection, id: i64, path: &str) -> Result<bool, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM ended_path WHERE txn = ? AND path = ?)")?;
    Ok(statement.query_row((id, path), |row| row.get(0))?)
}
