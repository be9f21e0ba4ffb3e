//! The payload of a package that is too large for memory, in files without a name: each large file in one of its own,
//! which may be given its name once every package has verified, all others together in one (PSD-009 §7.4.3).

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::hold::Seen;
use super::spool::{Reservation, Spool};
use super::verify::{PayloadEntry, PayloadKind};

/// Payload files from this size on get a file of their own, as long as there are descriptors for them.
const LARGE: u64 = 128 << 10;

/// Bytes of one `write`. For larger ones the kernel takes larger blocks of memory, which are seldom warm: writing
/// 8 MiB at once measured half as quick.
pub(crate) const PIECE: usize = 1 << 20;

/// Files that vanish with their descriptors.
pub(super) struct Unlinked {
    /// The stream at its own offsets, without what `own` holds.
    rest: File,
    /// Large payload files, by entry, ascending.
    own: Vec<(usize, File)>,
    descriptors: Reservation,
    /// The first entry that is not complete.
    next: usize,
    /// Below this it is decided which entries get a file of their own.
    decided: usize,
}

impl Unlinked {
    /// For a package of `expected` payload bytes; `None` where such files cannot be had, or would not leave the
    /// filesystem some room.
    pub(super) fn new(spool: &Spool, expected: u64) -> Option<Self> {
        let rest = spool.has_room(expected).then(|| spool.file()).flatten()?;
        Some(Self { rest, own: Vec::new(), descriptors: spool.reserve_descriptors(), next: 0, decided: 0 })
    }

    /// Everything but large files, at the offsets of the stream.
    pub(super) fn rest(&self) -> &File {
        &self.rest
    }

    /// The file that holds the whole of `entry` and nothing else.
    pub(super) fn own(&self, entry: usize) -> Option<&File> {
        let found = self.own.binary_search_by_key(&entry, |(entry, _)| *entry).ok()?;
        Some(&self.own[found].1)
    }

    /// Writes the bytes from `start` of the stream on, which were hashed or are being hashed from the same memory.
    pub(super) fn write(
        &mut self,
        start: u64,
        bytes: &[u8],
        seen: Seen<'_>,
        spool: &Spool,
    ) -> std::io::Result<()> {
        let end = start + bytes.len() as u64;
        let part = |from: u64, to: u64| &bytes[(from - start) as usize..(to - start) as usize];
        let mut position = start;
        while let Some((entry, body)) = seen.entries.get(self.next).zip(seen.offsets.get(self.next)) {
            let size = size_of(entry);
            if *body >= end && size > 0 {
                break;
            }
            let to = (body + size).min(end);
            self.decide(size, spool);
            if let Some((_, file)) = self.own.last().filter(|(entry, _)| *entry == self.next)
                && to > position
            {
                let from = position.max(*body);
                write_all(&self.rest, part(position, from), position)?;
                write_all(file, part(from, to), from - body)?;
                position = to;
            }
            if body + size > end {
                break;
            }
            self.next += 1;
        }
        write_all(&self.rest, part(position, end), position)
    }

    /// Makes a file for the next entry, if it is to have one.
    fn decide(&mut self, size: u64, spool: &Spool) {
        if self.decided > self.next {
            return;
        }
        self.decided = self.next + 1;
        if size >= LARGE && self.descriptors.grow(1) {
            self.own.extend(spool.file().map(|file| (self.next, file)));
        }
    }
}

fn size_of(entry: &PayloadEntry) -> u64 {
    match entry.kind {
        PayloadKind::File { size, .. } => size,
        PayloadKind::Directory | PayloadKind::Symlink { .. } => 0,
    }
}

fn write_all(file: &File, bytes: &[u8], mut at: u64) -> std::io::Result<()> {
    for piece in bytes.chunks(PIECE) {
        file.write_all_at(piece, at)?;
        at += piece.len() as u64;
    }
    Ok(())
}
