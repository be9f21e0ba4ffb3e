//! A package on its way into the cache.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use rustix::fs::{FlockOperation, flock};

use super::partial::{self, Partial};
use super::{CacheError, packages};
use crate::digest::{Digest, Hasher};
use crate::fsx::{Directory, FsError, Renaming, Root};

/// A package on its way into the cache: hashed as it is written, never larger than announced. What an earlier run left of it is
/// gone on with, hashed from its first byte.
pub struct CacheWriter {
    directory: Directory,
    absolute: PathBuf,
    partial: Partial,
    open: Option<(File, Hasher)>,
    digest: Digest,
    size: u64,
    written: u64,
}

impl CacheWriter {
    /// Begins a file of exactly that digest and size.
    pub fn create(root: &Root, digest: Digest, size: u64) -> Result<Self, CacheError> {
        let directory = root.make_directories(&packages(), 0o755)?;
        let absolute = root.absolute(&directory.join(&format!("{digest}.peipkg")));
        let begun = partial::begin(&directory, digest, size)?;
        Ok(Self {
            directory,
            absolute,
            partial: begun.partial,
            open: Some((begun.file, begun.hasher)),
            digest,
            size,
            written: begun.written,
        })
    }

    /// Bytes that are there.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The address that the bytes so far came from and the server's validator for them, where both are known.
    pub fn source(&self) -> Option<(&str, &str)> {
        self.partial.source()
    }

    /// Notes where the bytes come from, so that they can be gone on with after a failure.
    pub fn remember(&mut self, address: &str, validator: &str) -> Result<(), CacheError> {
        Ok(self.partial.remember(&self.directory, address, validator)?)
    }

    /// Begins anew: what was there is not what the server has.
    pub fn restart(&mut self) -> Result<(), CacheError> {
        let (file, hasher) = self.open.as_mut().ok_or(CacheError::Over)?;
        let path = self.directory.join(self.partial.name());
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .map_err(|error| FsError::new("write", &path, error))?;
        *hasher = Hasher::new();
        self.written = 0;
        Ok(self.partial.forget(&self.directory)?)
    }

    /// Adds bytes.
    pub fn write(&mut self, chunk: &[u8]) -> Result<(), CacheError> {
        let (file, hasher) = self.open.as_mut().ok_or(CacheError::Over)?;
        if self.written + chunk.len() as u64 > self.size {
            return Err(CacheError::TooLong { size: self.size });
        }
        hasher.update(chunk);
        file.write_all(chunk)
            .map_err(|error| FsError::new("write", &self.directory.join(self.partial.name()), error))?;
        self.written += chunk.len() as u64;
        Ok(())
    }

    /// Checks size and digest and gives the file its name; returns its absolute path. Nothing is fsynced: a file that a crash
    /// damaged fails its verification and is fetched again.
    pub fn finish(&mut self) -> Result<PathBuf, CacheError> {
        if self.open.is_some() && self.written != self.size {
            self.abort();
            return Err(CacheError::TooShort { found: self.written, size: self.size });
        }
        let (file, hasher) = self.open.take().ok_or(CacheError::Over)?;
        let found = hasher.finish();
        if found != self.digest {
            self.partial.remove(&self.directory)?;
            return Err(CacheError::Digest { found, expected: self.digest });
        }
        let name = format!("{}.peipkg", self.digest);
        self.partial.forget(&self.directory)?;
        self.directory.rename(self.partial.name(), &self.directory, &name, Renaming::Over)?;
        drop(file);
        Ok(self.absolute.clone())
    }

    /// Gives up for now. What can be gone on with stays.
    pub fn keep(&mut self) {
        if self.written > 0 && self.partial.source().is_some() {
            if let Some((file, _)) = self.open.take() {
                // A child that is just being started holds every descriptor for a moment, and the lock with it.
                let _ = flock(&file, FlockOperation::Unlock);
            }
        } else {
            self.abort();
        }
    }

    /// Gives the file up. Best effort; `clean --packages` takes what stays.
    pub fn abort(&mut self) {
        if self.open.take().is_some() {
            let _ = self.partial.remove(&self.directory);
        }
    }
}

impl Drop for CacheWriter {
    fn drop(&mut self) {
        self.abort();
    }
}
