//! A file that has its final name only when it is complete and durable.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::text::escape_bytes;

/// Names tried before giving up.
const ATTEMPTS: u32 = 1000;

/// A file that cannot be written where it is wanted.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", escape_bytes(.path.as_os_str().as_encoded_bytes()))]
pub struct PlaceError {
    /// The file or its directory.
    pub path: PathBuf,
    /// The system's reason.
    pub source: io::Error,
}

/// A file under a temporary name beside its destination, removed unless it is [`Temporary::place`]d.
pub struct Temporary {
    /// Open for reading and writing.
    pub file: File,
    path: PathBuf,
    placed: bool,
}

impl Temporary {
    /// Creates it beside `destination`.
    pub fn beside(destination: &Path) -> Result<Self, PlaceError> {
        let Some(name) = destination.file_name().map(|name| name.to_string_lossy()) else {
            return Err(failed(destination, io::ErrorKind::InvalidFilename.into()));
        };
        for attempt in 0..ATTEMPTS {
            let path = parent(destination).join(format!(".{name}.{}-{attempt}.tmp", std::process::id()));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { file, path, placed: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(failed(&path, source)),
            }
        }
        Err(failed(destination, io::ErrorKind::AlreadyExists.into()))
    }

    /// Makes the contents durable, then gives the file its name, then makes that durable.
    pub fn place(mut self, destination: &Path) -> Result<(), PlaceError> {
        self.file.sync_all().map_err(|source| failed(&self.path, source))?;
        fs::rename(&self.path, destination).map_err(|source| failed(destination, source))?;
        self.placed = true;
        let directory = parent(destination);
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|source| failed(directory, source))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.placed {
            // Nothing more can be done about a file that cannot be removed either.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The directory that a file at `path` is in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn failed(path: &Path, source: io::Error) -> PlaceError {
    PlaceError { path: path.to_owned(), source }
}
