//! The digests of staged files, on all cores.

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::super::{ArchiveError, Observer};
use super::scan;
use crate::digest::{Digest, Hasher};

/// Bytes read at once.
const READ: usize = 256 * 1024;

/// A staged file to be hashed.
pub(super) struct Staged<'a> {
    pub path: &'a str,
    pub size: u64,
}

/// The digest of each file; one whose size is not the one found before fails.
pub(super) fn of(
    staged: &Path,
    files: &[Staged<'_>],
    threads: usize,
    observer: &Observer,
) -> Result<Vec<Digest>, ArchiveError> {
    let next = AtomicUsize::new(0);
    let parts: Vec<_> = thread::scope(|scope| {
        let worker = || scope.spawn(|| hash_some(staged, files, &next, observer));
        let threads: Vec<_> = (0..threads.min(files.len())).map(|_| worker()).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err(ArchiveError::Worker))).collect()
    });
    let mut digests = vec![Digest([0; 32]); files.len()];
    for part in parts {
        for (index, digest) in part? {
            digests[index] = digest;
        }
    }
    Ok(digests)
}

fn hash_some(
    staged: &Path,
    files: &[Staged<'_>],
    next: &AtomicUsize,
    observer: &Observer,
) -> Result<Vec<(usize, Digest)>, ArchiveError> {
    let mut buffer = vec![0; READ];
    let mut digests = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(file) = files.get(index) else { return Ok(digests) };
        let mut hasher = Hasher::new();
        read(staged, file.path, file.size, &mut buffer, |bytes| {
            observer.advance(0)?;
            hasher.update(bytes);
            Ok(())
        })?;
        digests.push((index, hasher.finish()));
    }
}

/// Reads a staged file that must still have that size.
pub(super) fn read(
    staged: &Path,
    path: &str,
    size: u64,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut file = scan::open(staged, path)?;
    let mut left = size;
    loop {
        let length = file.read(buffer).map_err(|source| scan::failed("read", &staged.join(path), source))?;
        if length as u64 > left || length == 0 && left > 0 {
            return Err(ArchiveError::StagedChanged { path: path.to_owned() });
        }
        if length == 0 {
            return Ok(());
        }
        left -= length as u64;
        take(&buffer[..length])?;
    }
}
