//! Keeps the decoded bytes of one package between verification and unpacking: in memory within the budget,
//! else in an unlinked file, else not at all.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::spool::{Reservation, Spool};
use super::zstd::{Chunk, Chunks};

/// Where the payload bytes are.
pub(super) enum Held {
    /// Pieces of the tar stream, each with its place in it.
    Memory { chunks: Vec<(u64, Arc<Chunk>)>, reservation: Reservation },
    /// The tar stream in an unlinked file, at its own offsets.
    Spill(File),
    /// Only in the package itself.
    Nowhere,
}

/// Takes the chunks of one package as they are verified.
pub(super) struct Holder<'a> {
    spool: &'a Spool,
    held: Held,
}

impl<'a> Holder<'a> {
    pub(super) fn new(spool: &'a Spool) -> Self {
        Self { spool, held: Held::Memory { chunks: Vec::new(), reservation: spool.reserve() } }
    }

    /// The manifest promises so many payload bytes: more than the budget has left are not begun to be held.
    pub(super) fn expect(&mut self, bytes: u64, source: &mut dyn Chunks) {
        if bytes > self.spool.left() {
            self.overflow();
        } else {
            source.keep();
        }
    }

    /// Holds the chunk that starts at byte `start` of the stream.
    pub(super) fn hold(&mut self, start: u64, chunk: &Arc<Chunk>) {
        if let Held::Memory { chunks, reservation } = &mut self.held {
            if reservation.grow(chunk.len() as u64) {
                chunks.push((start, Arc::clone(chunk)));
                return;
            }
            self.overflow();
        }
        if let Held::Spill(file) = &self.held
            && file.write_all_at(chunk, start).is_err()
        {
            self.held = Held::Nowhere;
        }
    }

    pub(super) fn finish(self) -> Held {
        self.held
    }

    /// Moves what is held to a spill file. One that cannot be made or written (no `O_TMPFILE`, no space) is no
    /// error: the package is decompressed again.
    fn overflow(&mut self) {
        let held = std::mem::replace(&mut self.held, Held::Nowhere);
        let (Held::Memory { chunks, .. }, Some(file)) = (held, self.spool.file()) else { return };
        if chunks.iter().all(|(start, chunk)| file.write_all_at(chunk, *start).is_ok()) {
            self.held = Held::Spill(file);
        }
    }
}
