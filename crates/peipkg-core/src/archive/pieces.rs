//! Finds the payload files in the chunks of a tar stream, as they pass.

use std::collections::HashMap;

use super::verify::{PayloadEntry, PayloadKind};
use crate::digest::Digest;

/// The payload entries seen so far, and where their bodies start in the stream.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) entries: &'a [PayloadEntry],
    pub(super) offsets: &'a [u64],
}

/// Files that somebody has already, by path: their bytes are not worth keeping.
pub type Present = HashMap<Box<str>, Digest>;

/// Bytes of one file that is worth keeping.
pub(super) struct Piece<'a> {
    /// Its entry.
    pub(super) entry: usize,
    /// Its size as a whole.
    pub(super) size: u64,
    /// Where it starts in the stream.
    pub(super) body: u64,
    /// Where these bytes are in the stream.
    pub(super) position: u64,
    pub(super) bytes: &'a [u8],
}

/// A place in a stream whose chunks come one after the other.
#[derive(Default)]
pub(super) struct Pieces {
    /// The first entry that is not complete.
    next: usize,
}

impl Pieces {
    /// Hands over what the chunk from `start` of the stream on holds of files that are not `present`.
    pub(super) fn each<E>(
        &mut self,
        start: u64,
        chunk: &[u8],
        seen: Seen<'_>,
        present: Option<&Present>,
        mut take: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let end = start + chunk.len() as u64;
        while let Some((entry, &body)) = seen.entries.get(self.next).zip(seen.offsets.get(self.next)) {
            if let PayloadKind::File { size, digest } = entry.kind
                && is_wanted(present, &entry.path, &digest)
            {
                let (from, to) = (body.max(start), (body + size).min(end));
                if from < to {
                    let bytes = &chunk[(from - start) as usize..(to - start) as usize];
                    take(Piece { entry: self.next, size, body, position: from, bytes })?;
                }
                if body + size > end {
                    break;
                }
            }
            self.next += 1;
        }
        Ok(())
    }
}

/// Whether a file is worth keeping.
pub(super) fn is_wanted(present: Option<&Present>, path: &str, digest: &Digest) -> bool {
    present.is_none_or(|present| present.get(path) != Some(digest))
}
