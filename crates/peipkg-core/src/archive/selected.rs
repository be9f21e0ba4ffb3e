//! The files of a package that differ from what is there already, in memory: an upgrade needs no others.

use super::pieces::{Pieces, Present, Seen};
use super::spool::Reservation;

/// Whole files, one after the other.
pub(super) struct Selected {
    pieces: Pieces,
    bytes: Vec<u8>,
    /// By entry, ascending: where the file starts in `bytes`.
    starts: Vec<(usize, usize)>,
    _reservation: Reservation,
}

impl Selected {
    /// For `total` bytes; `None` where the budget has not so many left.
    pub(super) fn new(mut reservation: Reservation, total: u64) -> Option<Self> {
        if !reservation.grow(total) {
            return None;
        }
        let bytes = Vec::with_capacity(usize::try_from(total).ok()?);
        Some(Self { pieces: Pieces::default(), bytes, starts: Vec::new(), _reservation: reservation })
    }

    /// Copies what a chunk holds of files that are not `present`. The caller has counted them: there is room.
    pub(super) fn copy(&mut self, start: u64, chunk: &[u8], seen: Seen<'_>, present: Option<&Present>) {
        let Self { pieces, bytes, starts, .. } = self;
        let copied = pieces.each(start, chunk, seen, present, |piece| {
            if piece.position == piece.body {
                starts.push((piece.entry, bytes.len()));
            }
            bytes.extend_from_slice(piece.bytes);
            Ok::<(), std::convert::Infallible>(())
        });
        match copied {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Whether the bytes of an entry are held.
    pub(super) fn holds(&self, entry: usize, size: u64) -> bool {
        self.file(entry, size).is_some()
    }

    /// The `size` bytes of a file; `None` where it is not held.
    pub(super) fn file(&self, entry: usize, size: u64) -> Option<&[u8]> {
        if size == 0 {
            return Some(&[]);
        }
        let found = self.starts.binary_search_by_key(&entry, |(entry, _)| *entry).ok()?;
        let start = self.starts[found].1;
        self.bytes.get(start..start + usize::try_from(size).ok()?)
    }
}
