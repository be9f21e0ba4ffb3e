//! Installed packages.

use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;

/// Why a package is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Somebody asked for it.
    Explicit,
    /// Another package needed it.
    Dependency,
}

impl Reason {
    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Dependency => "dependency",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "explicit" => Ok(Self::Explicit),
            "dependency" => Ok(Self::Dependency),
            _ => Err(StoreError::Invalid { what: "reason", value: text.to_owned() }),
        }
    }
}

/// What can be changed about an installed package without touching its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Upgrades leave it alone from now on.
    Hold,
    /// Upgrades move it again.
    Unhold,
    /// Somebody wants it for itself.
    Explicit,
    /// It is here for others only.
    Dependency,
}

impl Mark {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Hold, "hold"),
        (Self::Unhold, "unhold"),
        (Self::Explicit, "mark-explicit"),
        (Self::Dependency, "mark-dependency"),
    ];

    /// The word in the history and on the wire.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(mark, _)| *mark == self).map_or("", |(_, word)| word)
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, word)| *word == text).map(|(mark, _)| *mark)
    }
}

/// One installed package, as the database records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledPackage {
    /// The row, for its paths.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its version as written.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The repository it came from; `None` for a local file.
    pub origin: Option<String>,
    /// The priority that repository had then.
    pub origin_priority: Option<u32>,
    /// Why it is installed.
    pub reason: Reason,
    /// Whether upgrades leave it alone.
    pub held: bool,
    /// Seconds since 1970.
    pub installed_at: i64,
    /// manifest.json, verbatim.
    pub manifest: Vec<u8>,
}

pub(super) const COLUMNS: &str =
    "id, name, version, architecture, origin, origin_priority, reason, held, installed_at, manifest";

pub(super) fn read(row: &Row<'_>) -> Result<InstalledPackage, rusqlite::Error> {
    let reason: String = row.get(6)?;
    Ok(InstalledPackage {
        id: row.get(0)?,
        name: row.get(1)?,
        version: row.get(2)?,
        architecture: row.get(3)?,
        origin: row.get(4)?,
        origin_priority: row.get(5)?,
        reason: if reason == "explicit" { Reason::Explicit } else { Reason::Dependency },
        held: row.get(7)?,
        installed_at: row.get(8)?,
        manifest: row.get(9)?,
    })
}

/// Every installed package, by name.
pub fn list(connection: &Connection) -> Result<Vec<InstalledPackage>, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM package ORDER BY name"))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every installed package, by name, without its manifest: a list of a thousand is printed in milliseconds.
pub fn list_without_manifests(connection: &Connection) -> Result<Vec<InstalledPackage>, StoreError> {
    let columns = COLUMNS.replace("manifest", "x''");
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM package ORDER BY name"))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The installed package of that name.
pub fn find(connection: &Connection, name: &str) -> Result<Option<InstalledPackage>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM package WHERE name = ?"))?;
    Ok(statement.query_row([name], read).optional()?)
}

/// Records a package and returns its row. `package.id` is ignored.
pub fn insert(connection: &Connection, package: &InstalledPackage) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO package (name, version, architecture, origin, origin_priority, reason, held, installed_at, manifest)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    Ok(statement.insert((
        &package.name,
        &package.version,
        &package.architecture,
        &package.origin,
        package.origin_priority,
        package.reason.as_str(),
        package.held,
        package.installed_at,
        &package.manifest,
    ))?)
}

/// Records another version of the package in row `id`, whose paths stay.
pub fn replace(connection: &Connection, id: i64, package: &InstalledPackage) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE package SET name = ?, version = ?, architecture = ?, origin = ?, origin_priority = ?, reason = ?, held = ?,
         installed_at = ?, manifest = ? WHERE id = ?",
    )?;
    statement.execute((
        &package.name,
        &package.version,
        &package.architecture,
        &package.origin,
        package.origin_priority,
        package.reason.as_str(),
        package.held,
        package.installed_at,
        &package.manifest,
        id,
    ))?;
    Ok(())
}

/// Marks the installed package of that name; false when there is none.
pub fn mark(connection: &Connection, name: &str, mark: Mark) -> Result<bool, StoreError> {
    let assignment = match mark {
        Mark::Hold => "held = 1",
        Mark::Unhold => "held = 0",
        Mark::Explicit => "reason = 'explicit'",
        Mark::Dependency => "reason = 'dependency'",
    };
    let changed = connection.execute(&format!("UPDATE package SET {assignment} WHERE name = ?"), [name])?;
    Ok(changed == 1)
}

/// Forgets a package and its paths.
pub fn delete(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM path WHERE package = ?")?.execute([id])?;
    connection.prepare_cached("DELETE FROM package WHERE id = ?")?.execute([id])?;
    Ok(())
}
