//! The package cache: files named by the digest that the index claims. Their bytes are verified whenever they are used, so the
//! cache itself is trusted with nothing.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FlockOperation, flock};

use super::documents;
use crate::digest::{Digest, Hasher};
use crate::error::Coded;
use crate::fsx::{Directory, FsError, Kind, Renaming, Root, state};

/// The ending of a file that is still being written.
const PARTIAL: &str = ".part";

/// Why a download does not get into the cache.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum CacheError {
    #[error(
        "the download is longer than the {size} bytes that the index claims (the index or the server is out of date: refresh and try again)"
    )]
    TooLong { size: u64 },
    #[error("the download ended after {found} of {size} bytes")]
    TooShort { found: u64, size: u64 },
    #[error(
        "the download is not the package that the index describes: SHA-256 {found}, the index claims {expected} (refresh and try again)"
    )]
    Digest { found: Digest, expected: Digest },
    #[error("the download was already finished or given up")]
    Over,
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl Coded for CacheError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } | Self::TooShort { .. } => "PEI_DOWNLOAD_SIZE",
            Self::Digest { .. } => "PEI_DOWNLOAD_DIGEST",
            Self::Over => "PEI_INTERNAL",
            Self::Fs(error) => error.code(),
        }
    }
}

/// The absolute path of a cached package, when it is there with that size.
pub fn find(root: &Root, digest: Digest, size: u64) -> Result<Option<PathBuf>, FsError> {
    let path = format!("{}/{digest}.peipkg", packages());
    let found = root.metadata(&path)?;
    Ok(found.filter(|found| found.kind == Kind::File && found.size == size).map(|_| root.absolute(&path)))
}

/// A package on its way into the cache: hashed as it is written, never larger than announced.
pub struct CacheWriter {
    directory: Directory,
    absolute: PathBuf,
    temporary: String,
    open: Option<(File, Hasher)>,
    digest: Digest,
    size: u64,
    written: u64,
}

impl CacheWriter {
    /// Begins a file of exactly that digest and size.
    pub fn create(root: &Root, digest: Digest, size: u64) -> Result<Self, CacheError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let directory = root.make_directories(&packages(), 0o755)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = format!("{digest}.{}-{number}{PARTIAL}", rustix::process::getpid().as_raw_nonzero());
        directory.unlink(&temporary)?;
        let file = directory.create_file(&temporary, 0o644)?;
        // `clean` leaves a file alone that somebody holds.
        flock(&file, FlockOperation::LockExclusive)
            .map_err(|errno| FsError::new("lock", &directory.join(&temporary), errno))?;
        let absolute = root.absolute(&directory.join(&format!("{digest}.peipkg")));
        Ok(Self {
            directory,
            absolute,
            temporary,
            open: Some((file, Hasher::new())),
            digest,
            size,
            written: 0,
        })
    }

    /// Adds bytes.
    pub fn write(&mut self, chunk: &[u8]) -> Result<(), CacheError> {
        let (file, hasher) = self.open.as_mut().ok_or(CacheError::Over)?;
        if self.written + chunk.len() as u64 > self.size {
            return Err(CacheError::TooLong { size: self.size });
        }
        hasher.update(chunk);
        file.write_all(chunk)
            .map_err(|error| FsError::new("write", &self.directory.join(&self.temporary), error))?;
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
            self.directory.unlink(&self.temporary)?;
            return Err(CacheError::Digest { found, expected: self.digest });
        }
        self.directory.rename(
            &self.temporary,
            &self.directory,
            &format!("{}.peipkg", self.digest),
            Renaming::Over,
        )?;
        drop(file);
        Ok(self.absolute.clone())
    }

    /// Gives the file up. Best effort; `clean --packages` takes what stays.
    pub fn abort(&mut self) {
        if self.open.take().is_some() {
            let _ = self.directory.unlink(&self.temporary);
        }
    }
}

impl Drop for CacheWriter {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Removes cached metadata of repositories that are not among `configured` and, if asked, all cached packages.
/// Returns how many files went.
pub fn clean(root: &Root, configured: &[String], with_packages: bool) -> Result<u64, FsError> {
    let mut removed = 0;
    let repositories = documents::all_directories();
    for name in root.list(&repositories)? {
        if !configured.contains(&name) {
            let path = format!("{repositories}/{name}");
            removed += root.list(&path).map_or(1, |files| files.len()) as u64;
            root.remove_tree(&path)?;
        }
    }
    if with_packages {
        for name in root.list(&packages())? {
            let path = format!("{}/{name}", packages());
            if name.ends_with(PARTIAL) && is_held(root, &path)? {
                continue;
            }
            root.remove_tree(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn packages() -> String {
    format!("{}/packages", state::CACHE)
}

fn is_held(root: &Root, path: &str) -> Result<bool, FsError> {
    let Some(file) = root.open_file(path)? else { return Ok(false) };
    Ok(flock(&file, FlockOperation::NonBlockingLockShared).is_err())
}

#[cfg(test)]
mod tests;
