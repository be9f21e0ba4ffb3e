//! The schema, its version, and its migrations.

use rusqlite::Connection;

use super::StoreError;

/// `application_id` of our database: the reference's has none. ("`PeiP`")
pub(super) const APPLICATION_ID: i64 = 0x5065_6950;
/// The version of the schema: that of the tables below, and one more for each migration.
pub(super) const VERSION: i64 = 1 + MIGRATIONS.len() as i64;
/// The lowest version that a program must know to write it. Additive migrations leave it unchanged.
pub(super) const WRITER_VERSION: i64 = 1;

/// What each version added to the one before; run in order, in one database transaction. Only additions belong here: a
/// release that knows less goes on writing.
const MIGRATIONS: [&str; 2] = [super::outbox::SCHEMA, super::descriptors::SCHEMA];

/// Kinds are one letter: `f` regular file, `d` directory, `l` symlink.
const PACKAGES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE package (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE, version TEXT NOT NULL, architecture TEXT NOT NULL,
  origin TEXT, origin_priority INTEGER,
  reason TEXT NOT NULL CHECK (reason IN ('explicit', 'dependency')),
  held INTEGER NOT NULL DEFAULT 0,
  installed_at INTEGER NOT NULL,
  manifest BLOB NOT NULL
) STRICT;
CREATE TABLE path (
  path TEXT NOT NULL,
  package INTEGER NOT NULL REFERENCES package(id) DEFERRABLE INITIALLY DEFERRED,
  kind TEXT NOT NULL CHECK (kind IN ('f', 'd', 'l')),
  digest BLOB, size INTEGER NOT NULL DEFAULT 0, mtime INTEGER NOT NULL DEFAULT 0,
  target TEXT,
  found INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (path, package)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX path_owner ON path (path) WHERE kind <> 'd';
CREATE INDEX path_package ON path (package);
";

/// States: staging, applying, rolling-back, committed, rolled-back, accepted. `clean` = nothing is left to tidy.
const TRANSACTIONS: &str = "
CREATE TABLE txn (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL, clean INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL, finished_at INTEGER,
  command TEXT NOT NULL,
  durability TEXT NOT NULL,
  witness INTEGER
) STRICT;
CREATE INDEX txn_unclean ON txn (id) WHERE clean = 0;
CREATE TABLE operation (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL, name TEXT NOT NULL,
  from_version TEXT, to_version TEXT, origin TEXT, replaced_by TEXT,
  PRIMARY KEY (txn, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE ended_package (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  name TEXT NOT NULL, version TEXT NOT NULL, architecture TEXT NOT NULL,
  origin TEXT, origin_priority INTEGER, reason TEXT NOT NULL, held INTEGER NOT NULL,
  installed_at INTEGER NOT NULL, manifest BLOB NOT NULL,
  PRIMARY KEY (txn, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE ended_path (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  name TEXT NOT NULL, path TEXT NOT NULL,
  kind TEXT NOT NULL, digest BLOB, size INTEGER NOT NULL, mtime INTEGER NOT NULL, target TEXT, found INTEGER NOT NULL,
  PRIMARY KEY (txn, name, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('create', 'replace', 'remove', 'inside', 'tidy')),
  path TEXT NOT NULL, staged TEXT, backup TEXT,
  kind TEXT, digest BLOB, size INTEGER,
  old_kind TEXT, old_digest BLOB, old_size INTEGER, old_mtime INTEGER,
  PRIMARY KEY (txn, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE applied (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  inode INTEGER, size INTEGER, mtime INTEGER,
  old_inode INTEGER, old_size INTEGER, old_mtime INTEGER,
  PRIMARY KEY (txn, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE backup (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  path TEXT NOT NULL,
  lies TEXT NOT NULL,
  goes TEXT,
  kind TEXT NOT NULL, digest BLOB, size INTEGER NOT NULL,
  PRIMARY KEY (txn, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX backup_digest ON backup (digest);
CREATE TABLE reversal (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  reversed INTEGER NOT NULL,
  PRIMARY KEY (txn, reversed)
) STRICT, WITHOUT ROWID;
CREATE TABLE beside (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  path TEXT NOT NULL, original TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('new', 'save')),
  kind TEXT NOT NULL, digest BLOB, size INTEGER NOT NULL,
  PRIMARY KEY (txn, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE owed (
  txn INTEGER NOT NULL, effect TEXT NOT NULL, version TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (txn, effect, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE doubt (
  txn INTEGER NOT NULL REFERENCES txn(id) ON DELETE CASCADE,
  path TEXT NOT NULL, PRIMARY KEY (txn, path)
) STRICT, WITHOUT ROWID;
";

/// Makes the schema in an empty database, in one database transaction.
pub(super) fn create(connection: &mut Connection, architecture: &str) -> Result<(), StoreError> {
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    if change.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0))? == APPLICATION_ID {
        return Ok(()); // another process was quicker
    }
    change.execute_batch(PACKAGES)?;
    change.execute_batch(TRANSACTIONS)?;
    change.execute_batch(super::repositories::SCHEMA)?;
    let mut set = change.prepare("INSERT INTO meta (key, value) VALUES (?, ?)")?;
    set.execute(("schema_version", 1))?;
    set.execute(("writer_version", WRITER_VERSION))?;
    set.execute(("architecture", architecture))?;
    set.execute(("generation", 0))?;
    drop(set);
    migrate(&change)?;
    change.pragma_update(None, "application_id", APPLICATION_ID)?;
    change.commit()?;
    Ok(())
}

/// The version that the database has.
pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT value FROM meta WHERE key = 'schema_version'", [], |row| row.get(0))?)
}

/// Adds what newer versions of the schema have; part of a database transaction. A newer database stays as it is.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let found = version(connection)?;
    let known = usize::try_from(found - 1).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(known) {
        connection.execute_batch(migration)?;
    }
    if found < VERSION {
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [VERSION])?;
    }
    Ok(())
}

/// Refuses a database that is not ours or that this release must not write.
pub(super) fn check(connection: &Connection, writing: bool) -> Result<(), StoreError> {
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(StoreError::Foreign);
    }
    let needed: i64 =
        connection.query_row("SELECT value FROM meta WHERE key = 'writer_version'", [], |row| row.get(0))?;
    if writing && needed > VERSION {
        return Err(StoreError::TooNew { needed, known: VERSION });
    }
    Ok(())
}
