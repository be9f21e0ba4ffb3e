//! Keeps the decoded bytes of one package between verification and unpacking: in memory within the budget,
//! else in unlinked files, else not at all.

use std::sync::Arc;

use super::spool::{Reservation, Spool};
use super::unlinked::Unlinked;
use super::verify::PayloadEntry;
use super::zstd::{Chunk, Chunks};

/// Where the payload bytes are.
pub(super) enum Held {
    /// Pieces of the tar stream, each with its place in it.
    Memory { chunks: Vec<(u64, Arc<Chunk>)>, reservation: Reservation },
    /// In files without a name.
    Unlinked(Unlinked),
    /// Only in the package itself.
    Nowhere,
}

/// The payload entries seen so far, and where their bodies start in the stream.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) entries: &'a [PayloadEntry],
    pub(super) offsets: &'a [u64],
}

/// Takes the chunks of one package as they are verified.
pub(super) struct Holder<'a> {
    spool: &'a Spool,
    expected: u64,
    held: Held,
}

impl<'a> Holder<'a> {
    pub(super) fn new(spool: &'a Spool) -> Self {
        let held = Held::Memory { chunks: Vec::new(), reservation: spool.reserve() };
        Self { spool, expected: 0, held }
    }

    /// The manifest promises so many payload bytes: more than the budget has left are not begun to be held in memory.
    pub(super) fn expect(&mut self, bytes: u64, source: &mut dyn Chunks) {
        self.expected = bytes;
        if bytes > self.spool.left() {
            self.overflow(Seen { entries: &[], offsets: &[] });
        } else {
            source.keep();
        }
    }

    /// Holds the chunk that starts at byte `start` of the stream; the entries that begin in it are among those `seen`.
    pub(super) fn hold(&mut self, start: u64, chunk: &Arc<Chunk>, seen: Seen<'_>) {
        if let Held::Memory { chunks, reservation } = &mut self.held {
            if reservation.grow(chunk.len() as u64) {
                chunks.push((start, Arc::clone(chunk)));
                return;
            }
            self.overflow(seen);
        }
        if let Held::Unlinked(files) = &mut self.held
            && files.write(start, chunk, seen, self.spool).is_err()
        {
            self.held = Held::Nowhere;
        }
    }

    pub(super) fn finish(self) -> Held {
        self.held
    }

    /// Moves what is held to unlinked files. That they cannot be made or written (no `O_TMPFILE`, no space) is no
    /// error: the package is decompressed again.
    fn overflow(&mut self, seen: Seen<'_>) {
        let held = std::mem::replace(&mut self.held, Held::Nowhere);
        let (Held::Memory { chunks, .. }, Some(mut files)) = (held, Unlinked::new(self.spool, self.expected))
        else {
            return;
        };
        if chunks.iter().all(|(start, chunk)| files.write(*start, chunk, seen, self.spool).is_ok()) {
            self.held = Held::Unlinked(files);
        }
    }
}
