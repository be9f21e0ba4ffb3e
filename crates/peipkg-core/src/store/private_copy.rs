//! A private copy of a database that this user cannot read where it lies: its `-shm` is not there and cannot be made, as on
//! a read-only mount, or may not be opened (PSD-009 §7.4).

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::StoreError;
use super::open::connect_reader;
use crate::fsx::{FsError, Metadata, Root, state};

/// How often a copy is begun anew because the database changed meanwhile.
const TRIES: usize = 20;

/// Connects to a copy. No name of it is left: the connection holds what it needs open.
pub(super) fn connect(root: &Root) -> Result<Connection, StoreError> {
    let place = Place(private_directory().map_err(|error| failed(state::DATABASE, error))?);
    let path = copy(root, &place.0)?;
    let connection = connect_reader(&path, "")?;
    // Opens the log and the shared memory.
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}

fn copy(root: &Root, place: &Path) -> Result<PathBuf, StoreError> {
    let log = format!("{}-wal", state::DATABASE);
    let (path, path_of_log) = (place.join("db.sqlite"), place.join("db.sqlite-wal"));
    for _ in 0..TRIES {
        let before = [found(root, &log)?, found(root, state::DATABASE)?];
        // The log first: what a checkpoint moves into the database meanwhile is in both.
        copy_file(root, &log, &path_of_log)?;
        copy_file(root, state::DATABASE, &path)?;
        if before == [found(root, &log)?, found(root, state::DATABASE)?] {
            return Ok(path);
        }
    }
    Err(StoreError::Busy { holders: "another process, which writes all the time".to_owned() })
}

fn found(root: &Root, path: &str) -> Result<Option<Metadata>, StoreError> {
    Ok(root.metadata(path)?)
}

/// Copies what is at `path`; nothing, where nothing is there.
fn copy_file(root: &Root, path: &str, to: &Path) -> Result<(), StoreError> {
    let options = || {
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        options
    };
    let mut copy = options().open(to).map_err(|error| failed(path, error))?;
    if let Some(mut file) = root.open_file(path)? {
        std::io::copy(&mut file, &mut copy).map_err(|error| failed(path, error))?;
    }
    Ok(())
}

fn failed(path: &str, error: std::io::Error) -> StoreError {
    FsError::new("make a private copy of", path, error).into()
}

/// A directory of a name that nobody can guess, for this user alone, in the first place that takes one.
fn private_directory() -> std::io::Result<PathBuf> {
    let mut random = [0_u8; 16];
    rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())?;
    let name = format!("peipkg-read-{:032x}", u128::from_ne_bytes(random));
    let make = |place: PathBuf| {
        let path = place.join(&name);
        std::fs::DirBuilder::new().mode(0o700).create(&path).map(|()| path)
    };
    let others = ["/dev/shm", "/var/tmp"].map(PathBuf::from);
    let first = make(std::env::temp_dir());
    others.into_iter().fold(first, |made, place| made.or_else(|error| make(place).map_err(|_| error)))
}

/// Removes the directory and what is in it.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
