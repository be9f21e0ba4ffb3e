//! The package cache: files named by the digest that the index claims. Their bytes are verified whenever they are used, so the
//! cache itself is trusted with nothing.

mod partial;
mod trim;
mod writer;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};

pub use trim::{Trimmed, trim};
pub use writer::CacheWriter;

use super::documents;
use crate::digest::Digest;
use crate::error::Coded;
use crate::fsx::{FsError, Kind, Root, state};

/// The ending of a file that is still being written.
const PARTIAL: &str = ".part";
/// The ending of the file that says where a partial one comes from.
const SOURCE: &str = ".from";

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

/// Of each of these packages whether it is cached, as [`find`] would say: a plan may ask for thousands.
pub fn contains(root: &Root, wanted: &[(Digest, u64)]) -> Result<Vec<bool>, FsError> {
    let directory = match root.open_directory(&packages()) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![false; wanted.len()]),
        other => other?,
    };
    let is_there = |(digest, size): &(Digest, u64)| {
        let found = directory.metadata(&format!("{digest}.peipkg"))?;
        Ok(found.is_some_and(|found| found.kind == Kind::File && found.size == *size))
    };
    wanted.iter().map(is_there).collect()
}

/// As [`find`], for a package that is about to be used: the cache forgets those first that were not used for longest.
pub fn find_to_use(root: &Root, digest: Digest, size: u64) -> Result<Option<PathBuf>, FsError> {
    let Some(found) = find(root, digest, size)? else { return Ok(None) };
    let name = format!("{digest}.peipkg");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // Who may not change the time still uses the file.
    if let Ok(directory) = root.open_directory(&packages())
        && let Ok(Some(file)) = directory.open_file(&name)
    {
        let _ = directory.set_mtime(&file, &name, i64::try_from(now).unwrap_or(i64::MAX));
    }
    Ok(Some(found))
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
            removed += u64::from(!name.ends_with(SOURCE));
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
