//! Keeps the decoded bytes of one package between verification and unpacking: in memory within the budget,
//! else in unlinked files, else not at all.

use std::sync::Arc;

use super::pieces::{Present, Seen};
use super::selected::Selected;
use super::spool::{Reservation, Spool};
use super::unlinked::Unlinked;
use super::zstd::{Chunk, Chunks};

/// Where the payload bytes are.
pub(super) enum Held {
    /// Pieces of the tar stream, each with its place in it.
    Memory { chunks: Vec<(u64, Arc<Chunk>)>, reservation: Reservation },
    /// Only files that differ from what is there.
    Selected(Selected),
    /// In files without a name, without those that are there.
    Unlinked(Unlinked),
    /// Only in the package itself.
    Nowhere,
}

/// Takes the chunks of one package as they are verified.
pub(super) struct Holder<'a> {
    spool: &'a Spool,
    present: Option<&'a Present>,
    wanted: u64,
    held: Held,
}

impl<'a> Holder<'a> {
    /// What is `present` already is not kept.
    pub(super) fn new(spool: &'a Spool, present: Option<&'a Present>) -> Self {
        let held = Held::Memory { chunks: Vec::new(), reservation: spool.reserve() };
        Self { spool, present, wanted: 0, held }
    }

    /// The package says that so many bytes of its files are `wanted`: more than the budget has left are not begun to be
    /// held in memory.
    pub(super) fn expect(&mut self, wanted: u64, source: &mut dyn Chunks) {
        self.wanted = wanted;
        if self.present.is_some() {
            let selected = Selected::new(self.spool.reserve(), wanted);
            self.held = selected.map_or_else(|| self.unlinked(), Held::Selected);
        } else if wanted > self.spool.left() {
            self.held = self.unlinked();
        } else {
            source.keep();
        }
    }

    /// Holds the chunk that starts at byte `start` of the stream; the entries that begin in it are among those `seen`.
    pub(super) fn hold(&mut self, start: u64, chunk: &Arc<Chunk>, seen: Seen<'_>) {
        match &mut self.held {
            Held::Memory { chunks, reservation } => {
                if reservation.grow(chunk.len() as u64) {
                    chunks.push((start, Arc::clone(chunk)));
                } else {
                    self.overflow(start, chunk, seen);
                }
            }
            Held::Selected(selected) => selected.copy(start, chunk, seen, self.present),
            Held::Unlinked(files) => {
                if files.write(start, chunk, seen, self.present, self.spool).is_err() {
                    self.held = Held::Nowhere;
                }
            }
            Held::Nowhere => {}
        }
    }

    pub(super) fn finish(self) -> Held {
        self.held
    }

    /// Moves what is held to unlinked files.
    fn overflow(&mut self, start: u64, chunk: &Chunk, seen: Seen<'_>) {
        let unlinked = self.unlinked();
        let held = std::mem::replace(&mut self.held, Held::Nowhere);
        let (Held::Memory { chunks, .. }, Held::Unlinked(mut files)) = (held, unlinked) else { return };
        let mut write = |start, chunk| files.write(start, chunk, seen, self.present, self.spool).is_ok();
        if chunks.iter().all(|(start, chunk)| write(*start, chunk)) && write(start, chunk) {
            self.held = Held::Unlinked(files);
        }
    }

    /// That such files cannot be made or written (no `O_TMPFILE`, no space) is no error: the package is decompressed again.
    fn unlinked(&self) -> Held {
        Unlinked::new(self.spool, self.wanted).map_or(Held::Nowhere, Held::Unlinked)
    }
}
