//! Opening the database: readers never write, never wait and never create; there is one kind of writer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{StoreError, private_copy, schema};
use crate::fsx::{Kind, Root, state};

/// How long a writer waits for another writer of the database (a refresh beside a transaction).
const BUSY: Duration = Duration::from_secs(30);

/// An open database of one root.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// The `-shm` file, whose locks tell who keeps a writer waiting.
    shared: PathBuf,
}

impl Store {
    /// Opens the database for reading; `None` when the root has none: an empty system.
    pub fn read(root: &Root) -> Result<Option<Self>, StoreError> {
        if !present(root)? {
            return Ok(None);
        }
        let path = root.absolute(state::DATABASE);
        let store = Self { connection: reader(root, &path)?, shared: PathBuf::new() };
        // A database whose creation was interrupted holds nothing yet.
        let id: i64 = store.connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: i64 =
            store.connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
        if id == 0 && tables == 0 {
            return Ok(None);
        }
        schema::check(&store.connection, false)?;
        Ok(Some(store))
    }

    /// Opens the database for writing, making it (and the state directories) where there is none.
    pub fn write(root: &Root, architecture: &str) -> Result<Self, StoreError> {
        root.make_directories(state::STATE, 0o755)?;
        present(root)?;
        let path = root.absolute(state::DATABASE);
        create_with_mode(root)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(BUSY)?;
        let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
        if id == 0 && tables > 0 {
            return Err(StoreError::Foreign);
        }
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        if !mode.eq_ignore_ascii_case("wal") {
            return Err(StoreError::NoWal);
        }
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "cache_size", -32_000)?;
        // `-wal` and `-shm` stay: without them a reader that may not write the directory cannot open the database.
        connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        if tables == 0 {
            // `SQLite` makes its own names durable, not those above.
            root.sync_way(state::STATE)?;
            schema::create(&mut connection, architecture)?;
            crate::fsx::trace::database(connection.path());
        }
        schema::check(&connection, true)?;
        let shared = root.absolute(&format!("{}-shm", state::DATABASE));
        let mut store = Self { connection, shared };
        // Recovery of a pending transaction comes before any migration: it ends with one.
        if super::history::unclean(&store.connection)?.is_none() {
            store.migrate()?;
        }
        Ok(store)
    }

    /// Makes a new database in the empty file at `path`: one file, without log, as it is put in place later.
    pub fn build(path: &Path, architecture: &str) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        schema::create(&mut connection, architecture)?;
        Ok(Self { connection, shared: PathBuf::new() })
    }

    /// Whether the file at `path` is a database of ours, or one that was never begun.
    pub fn is_ours(path: &Path) -> bool {
        let id = connect_reader(path, "").and_then(|connection| {
            Ok(connection.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0))?)
        });
        id.is_ok_and(|id| id == schema::APPLICATION_ID)
            || std::fs::metadata(path).is_ok_and(|found| found.len() == 0)
    }

    /// Brings the schema up to date. No transaction may be pending.
    pub fn migrate(&mut self) -> Result<(), StoreError> {
        if schema::version(&self.connection)? < schema::VERSION {
            self.change(|change| schema::migrate(change))?;
        }
        Ok(())
    }

    /// The same, as part of a change that ends a pending transaction.
    pub fn migrate_within(change: &Connection) -> Result<(), StoreError> {
        schema::migrate(change)
    }

    /// The connection, for the modules of `store`, `repository` and `transaction`.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection for a change.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Runs `change` in one database transaction that takes the write lock at once.
    pub fn change<T, E: From<StoreError>>(
        &mut self,
        change: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let behavior = rusqlite::TransactionBehavior::Immediate;
        let transaction = match self.connection.transaction_with_behavior(behavior) {
            Err(error) if StoreError::is_busy(&error) => {
                return Err(StoreError::Busy { holders: holders(&self.shared) }.into());
            }
            other => other.map_err(StoreError::from)?,
        };
        let result = change(&transaction)?;
        crate::fsx::fault::step("db-commit")
            .map_err(|error| StoreError::Fs(crate::fsx::FsError::new("commit to", state::DATABASE, error)))?;
        transaction.commit().map_err(StoreError::from)?;
        crate::fsx::trace::database(self.connection.path());
        Ok(result)
    }

    /// A number that grows with every commit that a plan may depend on.
    pub fn generation(&self) -> Result<u64, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT value FROM meta WHERE key = 'generation'", [], |row| row.get(0))?)
    }

    /// Says that what plans depend on has changed; part of the change's own database transaction.
    pub fn advance_generation(connection: &Connection) -> Result<(), StoreError> {
        connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'", [])?;
        Ok(())
    }

    /// The primary architecture, recorded when the database was made.
    pub fn architecture(&self) -> Result<String, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT value FROM meta WHERE key = 'architecture'", [], |row| row.get(0))?)
    }

    /// Moves the write-ahead log into the database and empties it; a reader that holds it back is no error.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        crate::fsx::fault::step("db-checkpoint")
            .map_err(|error| crate::fsx::FsError::new("checkpoint", state::DATABASE, error))?;
        // Truncating waits for readers; the next writer does it as well.
        self.connection.busy_timeout(Duration::from_millis(50))?;
        let done = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        self.connection.busy_timeout(BUSY)?;
        match done {
            Err(error) if !StoreError::is_busy(&error) => Err(error.into()),
            _ => {
                crate::fsx::trace::database(self.connection.path());
                Ok(())
            }
        }
    }
}

/// Where no `-shm` can be made, `immutable=1` if no log is pending, else a private copy.
fn reader(root: &Root, path: &Path) -> Result<Connection, StoreError> {
    if read_only_mount(root) {
        let log = root.metadata(&format!("{}-wal", state::DATABASE))?;
        let is_pending = log.is_some_and(|found| found.size > 0);
        return if is_pending { private_copy::connect(root) } else { connect_reader(path, "?immutable=1") };
    }
    let connection = connect_reader(path, "").and_then(|connection| {
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
        Ok(connection)
    });
    match connection {
        Err(StoreError::Sqlite(error)) if is_out_of_reach(&error) => private_copy::connect(root),
        other => other,
    }
}

/// Whether `SQLite` could not open what it needs: the log or the shared memory, which it would have to make, or to write.
fn is_out_of_reach(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
    matches!(error.sqlite_error_code(), Some(CannotOpen | PermissionDenied | ReadOnly))
}

/// Whether a database file is there; refuses a symlink or anything else in its place, and on the way to it.
fn present(root: &Root) -> Result<bool, StoreError> {
    match root.metadata(state::DATABASE)? {
        None => Ok(false),
        Some(found) if found.kind == Kind::File => Ok(true),
        Some(_) => Err(crate::fsx::FsError::NotBeneath { path: state::DATABASE.to_owned() }.into()),
    }
}

/// Creates the file with its mode: `SQLite` gives `-wal` and `-shm` the mode of the database.
fn create_with_mode(root: &Root) -> Result<(), StoreError> {
    let directory = root.open_directory(state::STATE)?;
    match directory.create_file("db.sqlite", 0o644) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

pub(super) fn connect_reader(path: &Path, query: &str) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri(path, query), flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// A `file:` URI of an absolute path, with every byte that means something in a URI escaped.
fn uri(path: &Path, query: &str) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    let mut text = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02x}");
        }
    }
    text + query
}

/// The processes that hold locks on the file, from the kernel's table.
fn holders(file: &Path) -> String {
    use std::os::unix::fs::MetadataExt;
    let unknown = || "another process".to_owned();
    let (Ok(found), Ok(locks)) = (file.metadata(), std::fs::read_to_string("/proc/locks")) else {
        return unknown();
    };
    let inode = format!(":{}", found.ino());
    let own = std::process::id().to_string();
    let holds = |line: &str| {
        let mut fields = line.split_whitespace().skip(4);
        let (pid, place) = (fields.next()?, fields.next()?);
        (place.ends_with(&inode) && pid != own).then(|| pid.to_owned())
    };
    let pids: std::collections::BTreeSet<String> = locks.lines().filter_map(holds).collect();
    match pids.len() {
        0 => unknown(),
        _ => format!("pid {}", pids.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

fn read_only_mount(root: &Root) -> bool {
    rustix::fs::statvfs(root.absolute(state::STATE))
        .is_ok_and(|stat| stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY))
}
