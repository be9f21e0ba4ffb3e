//! A file that has its final name only when it is complete and durable.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::super::ArchiveError;
use super::parent;
use super::scan::failed;

/// Names tried before giving up.
const ATTEMPTS: u32 = 1000;

/// A file under a temporary name beside its destination, removed unless it is [`Temporary::place`]d.
pub(super) struct Temporary {
    pub file: File,
    path: PathBuf,
    placed: bool,
}

impl Temporary {
    /// Creates it beside `destination`.
    pub(super) fn beside(destination: &Path) -> Result<Self, ArchiveError> {
        let Some(name) = destination.file_name().map(|name| name.to_string_lossy()) else {
            return Err(failed("write", destination, io::ErrorKind::InvalidFilename.into()));
        };
        for attempt in 0..ATTEMPTS {
            let path = parent(destination).join(format!(".{name}.{}-{attempt}.tmp", std::process::id()));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { file, path, placed: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(failed("write", &path, source)),
            }
        }
        Err(failed("write", destination, io::ErrorKind::AlreadyExists.into()))
    }

    /// Makes the contents durable, then gives the file its name, then makes that durable.
    pub(super) fn place(mut self, destination: &Path) -> Result<(), ArchiveError> {
        self.file.sync_all().map_err(|source| failed("write", &self.path, source))?;
        fs::rename(&self.path, destination).map_err(|source| failed("write", destination, source))?;
        self.placed = true;
        let directory = parent(destination);
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|source| failed("write", directory, source))
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
