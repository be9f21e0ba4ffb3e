//! A document of which pieces are read before it is verified: a plan wants a thousand entries of sixty thousand, and to have
//! all bytes in memory for that costs more than to hash them. What was read counts once one pass over the file gave the digest
//! that was announced, and found each piece in the very bytes that were hashed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::digest::{Digest, Hasher};

/// Bytes that are read at once: they stay near the processor.
const PIECE: usize = 256 << 10;

/// The file, and what was read of it.
#[derive(Debug)]
pub(super) struct Later {
    pub(super) file: File,
    digest: Digest,
    read: RefCell<BTreeSet<(u64, Vec<u8>)>>,
}

impl Later {
    pub(super) fn new(file: File, digest: Digest) -> Self {
        Self { file, digest, read: RefCell::default() }
    }

    /// Notes what was read at `start`.
    pub(super) fn note(&self, start: u64, bytes: Vec<u8>) {
        self.read.borrow_mut().insert((start, bytes));
    }

    /// Whether all of it is what was announced.
    pub(super) fn settle(&self) -> bool {
        let read = self.read.borrow();
        let (mut hasher, mut at, mut bytes) = (Hasher::new(), 0_u64, vec![0; PIECE]);
        // Pieces of which a part has passed, or passes now.
        let mut passing: Vec<(u64, &[u8])> = Vec::new();
        loop {
            let length = match self.file.read_at(&mut bytes, at) {
                Ok(0) => {
                    return passing.is_empty()
                        && from(at, &read).next().is_none()
                        && hasher.finish() == self.digest;
                }
                Ok(length) => length,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return false,
            };
            let (passed, end) = (&bytes[..length], at + length as u64);
            hasher.update(passed);
            passing.extend(from(at, &read).take_while(|(start, _)| *start < end));
            if !passing.iter().all(|(start, piece)| is_part(*start, piece, at, passed)) {
                return false;
            }
            passing.retain(|(start, piece)| start + piece.len() as u64 > end);
            at = end;
        }
    }
}

/// Pieces that begin at `at` or later.
fn from(at: u64, read: &BTreeSet<(u64, Vec<u8>)>) -> impl Iterator<Item = (u64, &[u8])> {
    read.range((at, Vec::new())..).map(|(start, piece)| (*start, &**piece))
}

/// Whether a piece that begins at `start` and the bytes that begin at `at` say the same where both are.
fn is_part(start: u64, piece: &[u8], at: u64, passed: &[u8]) -> bool {
    let common = |from: u64, length: usize| {
        let skipped = usize::try_from(start.max(at) - from).unwrap_or(usize::MAX);
        skipped..skipped.max(length)
    };
    let (piece, passed) = (piece.get(common(start, piece.len())), passed.get(common(at, passed.len())));
    piece.zip(passed).is_some_and(|(piece, passed)| {
        let length = piece.len().min(passed.len());
        piece[..length] == passed[..length]
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use super::{Later, PIECE};
    use crate::digest::Digest;

    fn sample() -> Vec<u8> {
        (0..2 * PIECE as u32 + 77).map(|number| (number * 31 % 251) as u8).collect()
    }

    fn later(bytes: &[u8], pieces: &[std::ops::Range<usize>]) -> (tempfile::TempDir, Later) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("document");
        std::fs::write(&path, bytes).unwrap();
        let later =
            Later::new(File::options().read(true).write(true).open(&path).unwrap(), Digest::of(&sample()));
        for piece in pieces {
            later.note(piece.start as u64, bytes[piece.clone()].to_vec());
        }
        (place, later)
    }

    #[test]
    fn pieces_of_what_was_announced_count() {
        let end = 2 * PIECE + 77;
        let pieces =
            [0..1, 5..9, 7..300, PIECE - 3..PIECE, PIECE - 2..PIECE + 5, PIECE..PIECE + 1, 100..end, 9..9];
        assert!(later(&sample(), &pieces).1.settle());
        assert!(later(&sample(), &[]).1.settle());
    }

    #[test]
    fn nothing_counts_of_other_bytes() {
        let mut other = sample();
        other[PIECE + 1] ^= 1;
        assert!(!later(&other, &[0..9, 5..6]).1.settle());
        assert!(!later(&sample()[..PIECE], &[0..9, 5..6]).1.settle());
        assert!(!later(&[sample(), vec![0]].concat(), &[0..9, 5..6]).1.settle());
    }

    #[test]
    fn a_piece_that_was_other_when_it_was_read_is_found() {
        for at in [0, 8, PIECE - 1, PIECE, 2 * PIECE + 76] {
            for piece in [at..at + 1, at.saturating_sub(9)..at + 1, at.saturating_sub(PIECE + 1)..at + 1] {
                let (_place, later) = later(&sample(), &[]);
                let right = sample();
                let mut read = right[piece.clone()].to_vec();
                *read.last_mut().unwrap() ^= 1;
                later.note(piece.start as u64, read);
                assert!(!later.settle(), "{piece:?}");
            }
        }
        let (_place, later) = later(&sample(), &[]);
        later.note(2 * PIECE as u64 + 76, vec![sample()[2 * PIECE + 76], 0]);
        assert!(!later.settle(), "beyond the end");
        later.file.write_at(b"x", 0).unwrap();
        assert!(!later.settle());
    }
}
