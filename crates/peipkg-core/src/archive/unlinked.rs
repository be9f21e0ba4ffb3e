//! The payload of a package that is too large for memory, in files without a name: each large file in one of its own,
//! which may be given its name once every package has verified, all others together in one (PSD-009 §7.4.3).

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::pieces::{Piece, Pieces, Present, Seen};
use super::spool::{Reservation, Spool};

/// Payload files from this size on get a file of their own, as long as there are descriptors for them.
const LARGE: u64 = 128 << 10;

/// Bytes of one `write`. For larger ones the kernel takes larger blocks of memory, which are seldom warm: writing
/// 8 MiB at once measured half as quick.
pub(crate) const PIECE: usize = 1 << 20;

/// Files that vanish with their descriptors.
pub(super) struct Unlinked {
    pieces: Pieces,
    files: Files,
}

struct Files {
    /// Small files, at the offsets of the stream.
    rest: File,
    /// The entries in it, ascending.
    small: Vec<usize>,
    /// Large payload files, by entry, ascending.
    own: Vec<(usize, File)>,
    descriptors: Reservation,
}

impl Unlinked {
    /// For at most `expected` bytes; `None` where such files cannot be had, or would not leave the filesystem some room.
    pub(super) fn new(spool: &Spool, expected: u64) -> Option<Self> {
        let rest = spool.has_room(expected).then(|| spool.file()).flatten()?;
        let descriptors = spool.reserve_descriptors();
        let files = Files { rest, small: Vec::new(), own: Vec::new(), descriptors };
        Some(Self { pieces: Pieces::default(), files })
    }

    /// The small files, at the offsets of the stream.
    pub(super) fn rest(&self) -> &File {
        &self.files.rest
    }

    /// The file that holds the whole of `entry` and nothing else.
    pub(super) fn own(&self, entry: usize) -> Option<&File> {
        let found = self.files.own.binary_search_by_key(&entry, |(entry, _)| *entry).ok()?;
        Some(&self.files.own[found].1)
    }

    /// Whether the bytes of an entry are held.
    pub(super) fn holds(&self, entry: usize, size: u64) -> bool {
        size == 0 || self.own(entry).is_some() || self.files.small.binary_search(&entry).is_ok()
    }

    /// Writes the files in a chunk, which are hashed from the same memory.
    pub(super) fn write(
        &mut self,
        start: u64,
        chunk: &[u8],
        seen: Seen<'_>,
        present: Option<&Present>,
        spool: &Spool,
    ) -> std::io::Result<()> {
        let Self { pieces, files } = self;
        pieces.each(start, chunk, seen, present, |piece| files.write(&piece, spool))
    }
}

impl Files {
    fn write(&mut self, piece: &Piece<'_>, spool: &Spool) -> std::io::Result<()> {
        if piece.position == piece.body {
            let large = piece.size >= LARGE && self.descriptors.grow(1);
            match large.then(|| spool.file()).flatten() {
                Some(file) => self.own.push((piece.entry, file)),
                None => self.small.push(piece.entry),
            }
        }
        match self.own.last() {
            Some((entry, file)) if *entry == piece.entry => {
                write_all(file, piece.bytes, piece.position - piece.body)
            }
            _ => write_all(&self.rest, piece.bytes, piece.position),
        }
    }
}

fn write_all(file: &File, bytes: &[u8], mut at: u64) -> std::io::Result<()> {
    for piece in bytes.chunks(PIECE) {
        file.write_all_at(piece, at)?;
        at += piece.len() as u64;
    }
    Ok(())
}
