//! The canonical tar writer: same entries, same bytes (PSD-009 §3.1).

use super::{BLOCK, MODE, header, pax};
use crate::package::EntryKind;

const NAME: usize = 100;

/// Makes the header blocks of one archive, all with one mtime.
#[derive(Clone, Copy, Debug)]
pub struct HeaderWriter {
    mtime: u64,
}

impl HeaderWriter {
    /// `mtime`: the build timestamp in seconds since 1970.
    pub fn new(mtime: u64) -> Self {
        Self { mtime }
    }

    /// Appends the header of one entry, with a pax block before it when `name` or `link` does not fit.
    /// `name` is as written: that of a directory ends in `/`.
    pub fn append(self, out: &mut Vec<u8>, kind: EntryKind, name: &str, link: &str, size: u64) {
        let mut records = Vec::new();
        if name.len() > NAME {
            pax::write(&mut records, "path", name.as_bytes());
        }
        if link.len() > NAME {
            pax::write(&mut records, "linkpath", link.as_bytes());
        }
        if !records.is_empty() {
            append_pax(out, name, &records);
        }
        let flag = match kind {
            EntryKind::File => b'0',
            EntryKind::Directory => b'5',
            EntryKind::Symlink => b'2',
        };
        let mut block = block(name.as_bytes(), flag, MODE, size, self.mtime);
        put(&mut block, 157, NAME, link.as_bytes());
        put(&mut block, 265, 32, b"root");
        put(&mut block, 297, 32, b"root");
        put(&mut block, 329, 8, b"0000000");
        put(&mut block, 337, 8, b"0000000");
        seal(&mut block);
        out.extend_from_slice(&block);
    }

    /// Appends the end marker: two zero blocks, no record padding.
    pub fn append_end(self, out: &mut Vec<u8>) {
        out.resize(out.len() + 2 * BLOCK, 0);
    }
}

/// Zero bytes that follow a body of `size` bytes.
pub fn padding_of(size: u64) -> usize {
    (size.next_multiple_of(BLOCK as u64) - size) as usize
}

/// The `x` block: its own mode, mtime, uid and gid zero, its names and device fields empty, as the reference writes it.
fn append_pax(out: &mut Vec<u8>, name: &str, records: &[u8]) {
    let mut block = block(pax_name(name).as_bytes(), b'x', 0, records.len() as u64, 0);
    seal(&mut block);
    out.extend_from_slice(&block);
    out.extend_from_slice(records);
    out.resize(out.len() + padding_of(records.len() as u64), 0);
}

/// `<dir>/PaxHeaders.0/<base>`; like the reference, the split is at the last slash of the name as written, so
/// that the block of a directory `a/b/` is called `a/b/PaxHeaders.0`.
fn pax_name(name: &str) -> String {
    let (directory, base) = name.rsplit_once('/').unwrap_or(("", name));
    let parts = [directory, "PaxHeaders.0", base];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
}

fn block(name: &[u8], flag: u8, mode: u64, size: u64, mtime: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    put(&mut block, 0, NAME, name);
    put(&mut block, 100, 8, format!("{mode:07o}").as_bytes());
    put(&mut block, 108, 8, b"0000000");
    put(&mut block, 116, 8, b"0000000");
    put(&mut block, 124, 12, format!("{size:011o}").as_bytes());
    put(&mut block, 136, 12, format!("{mtime:011o}").as_bytes());
    block[156] = flag;
    put(&mut block, 257, 8, b"ustar\x0000");
    block
}

fn seal(block: &mut [u8; BLOCK]) {
    let sum = header::sum(block);
    put(block, 148, 8, format!("{sum:06o}\0 ").as_bytes());
}

/// Puts as much of `value` as fits the field.
fn put(block: &mut [u8; BLOCK], at: usize, width: usize, value: &[u8]) {
    let length = value.len().min(width);
    block[at..at + length].copy_from_slice(&value[..length]);
}
