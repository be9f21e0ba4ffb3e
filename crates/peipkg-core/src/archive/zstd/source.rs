//! The compressed file, read front to back once, hashed on the way.

use std::fs::File;

use rustix::buffer::spare_capacity;
use rustix::io::{pread, retry_on_intr};

use super::super::{ArchiveError, Observer};
use crate::digest::{Digest, Hasher};

/// Bytes asked of the kernel at once.
const READ: usize = 512 * 1024;

/// A window of bytes over the file.
pub(crate) struct Source<'a> {
    file: &'a File,
    size: u64,
    read: u64,
    hasher: Option<Hasher>,
    buffer: Vec<u8>,
    start: usize,
    observer: &'a Observer,
}

impl<'a> Source<'a> {
    /// Reads the first `size` bytes of `file` and no more.
    pub(crate) fn new(file: &'a File, size: u64, observer: &'a Observer) -> Self {
        Self { file, size, read: 0, hasher: Some(Hasher::new()), buffer: Vec::new(), start: 0, observer }
    }

    /// The same without hashing, for a second reading.
    pub(crate) fn unhashed(file: &'a File, size: u64, observer: &'a Observer) -> Self {
        Self { hasher: None, ..Self::new(file, size, observer) }
    }

    /// Bytes at hand.
    pub(crate) fn available(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Place in the file of the first byte at hand.
    pub(crate) fn byte(&self) -> u64 {
        self.read - self.available().len() as u64
    }

    /// Length of the file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Reads until `wanted` bytes are at hand; false when the file ends before.
    pub(crate) fn fill(&mut self, wanted: usize) -> Result<bool, ArchiveError> {
        while self.available().len() < wanted {
            if self.start > 0 {
                self.buffer.drain(..self.start);
                self.start = 0;
            }
            if !self.read_more(wanted)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Marks bytes at hand as used.
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Moves the first `length` bytes at hand out.
    pub(crate) fn take(&mut self, length: usize) -> Vec<u8> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }

    /// SHA-256 of everything read, unless it was not to be hashed.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.hasher.clone().map(Hasher::finish)
    }

    fn read_more(&mut self, wanted: usize) -> Result<bool, ArchiveError> {
        let left = usize::try_from(self.size - self.read).unwrap_or(usize::MAX);
        let length = left.min(READ.max(wanted - self.buffer.len()));
        if length == 0 {
            return Ok(false);
        }
        let filled = self.buffer.len();
        self.buffer.reserve(length);
        // Into memory as it is: to clear it first takes as long as to hash a tenth of what comes.
        let read = retry_on_intr(|| pread(self.file, spare_capacity(&mut self.buffer), self.read));
        let read = read.map_err(|errno| ArchiveError::Io {
            what: "the package cannot be read".to_owned(),
            source: errno.into(),
        })?;
        // There may be more room than was asked for.
        let read = read.min(length);
        self.buffer.truncate(filled + read);
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.buffer[filled..]);
        }
        self.read += read as u64;
        self.observer.advance(read as u64)?;
        Ok(read > 0)
    }
}
