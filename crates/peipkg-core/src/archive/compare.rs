//! Where two packages differ: the first byte of their tar streams, and of each file that both have.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt;

use super::decoded::decode;
use super::tar::{BLOCK, Entry, Reader, Visitor};
use super::{ArchiveError, Observer, PayloadKind, VerifiedPackage};
use crate::digest::Digest;
use crate::fsx::Temporary;
use crate::sorting;

/// Bytes compared at once.
const PIECE: usize = 256 * 1024;

/// Bytes that are shown of each side.
const EXCERPT: usize = 24;

/// Where two tar streams part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TarDifference {
    /// The first byte that differs, or that only one of them has.
    pub byte: u64,
    /// The entries that it belongs to, by their names as written; `None`: the end marker.
    pub left: Option<String>,
    /// As `left`.
    pub right: Option<String>,
}

/// Where the two contents of a file part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDifference {
    /// The payload path.
    pub path: String,
    /// The first byte that differs, or that only one of them has.
    pub byte: u64,
    /// Its line, from 1, when nothing before it is binary.
    pub line: Option<u64>,
    /// A few bytes from there on.
    pub left: Vec<u8>,
    /// As `left`.
    pub right: Vec<u8>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// `None`: the tar streams are the same, byte for byte.
    pub tar: Option<TarDifference>,
    /// In path order.
    pub files: Vec<FileDifference>,
}

/// Compares two packages. Both are decoded to unlinked files in the directory for temporary ones, unless they are equal.
pub fn compare(
    left: &VerifiedPackage,
    right: &VerifiedPackage,
    observer: &Observer,
) -> Result<Comparison, ArchiveError> {
    if left.tar_digest == right.tar_digest {
        return Ok(Comparison::default());
    }
    let (plain_left, plain_right) = (Plain::of(left, observer)?, Plain::of(right, observer)?);
    let whole = |plain: &Plain| Span { at: 0, size: plain.size };
    let byte =
        first_difference(&plain_left, whole(&plain_left), &plain_right, whole(&plain_right), observer)?;
    let tar = byte.map(|Parting { byte, .. }| TarDifference {
        byte,
        left: plain_left.entry_at(byte),
        right: plain_right.entry_at(byte),
    });
    let others = digests(right);
    let mut files = Vec::new();
    for (path, digest) in digests(left) {
        if others.get(path).is_none_or(|other| *other == digest) {
            continue;
        }
        let (Some(span), Some(other)) = (plain_left.span(path), plain_right.span(path)) else { continue };
        let parting = first_difference(&plain_left, span, &plain_right, other, observer)?;
        let Some(Parting { byte, line }) = parting else { continue };
        let (left, right) = (plain_left.excerpt(span, byte)?, plain_right.excerpt(other, byte)?);
        files.push(FileDifference { path: path.to_owned(), byte, line, left, right });
    }
    Ok(Comparison { tar, files })
}

fn digests(package: &VerifiedPackage) -> BTreeMap<&str, Digest> {
    let files = package.entries.iter().filter_map(|entry| match &entry.kind {
        PayloadKind::File { digest, .. } => Some((&*entry.path, *digest)),
        _ => None,
    });
    sorting::map(files)
}

/// A part of a stream.
#[derive(Clone, Copy)]
struct Span {
    at: u64,
    size: u64,
}

/// A decoded package.
struct Plain {
    file: File,
    size: u64,
    /// Name, start of the header, body; in stream order.
    entries: Vec<(String, u64, Span)>,
}

impl Plain {
    fn of(package: &VerifiedPackage, observer: &Observer) -> Result<Self, ArchiveError> {
        let temporary = Temporary::beside(&std::env::temp_dir().join("peipkg-compare"))?;
        let file = temporary.file.try_clone().map_err(failed)?;
        // Dropped, it has no name any more: nothing is left of it however this ends.
        drop(temporary);
        let mut out = BufWriter::with_capacity(PIECE, &file);
        let (mut reader, mut list, mut size) = (Reader::default(), List::default(), 0);
        decode(package, observer, |bytes| {
            reader.feed(bytes, &mut list)?;
            size += bytes.len() as u64;
            out.write_all(bytes).map_err(failed)
        })?;
        out.flush().map_err(failed)?;
        drop(out);
        Ok(Self { file, size, entries: list.entries })
    }

    /// The entry whose header, body or padding holds that byte.
    fn entry_at(&self, byte: u64) -> Option<String> {
        let after = self.entries.partition_point(|(_, header, _)| *header <= byte);
        let (name, header, body) = self.entries.get(after.checked_sub(1)?)?;
        let end = if body.size == 0 { header + BLOCK as u64 } else { body.at + body.size };
        // A pax block belongs to the entry after it; all that is left after the last one is the end marker.
        let is_last = after == self.entries.len();
        if byte < end.next_multiple_of(BLOCK as u64) || is_last {
            return (byte < end.next_multiple_of(BLOCK as u64)).then(|| name.clone());
        }
        Some(self.entries[after].0.clone())
    }

    fn span(&self, path: &str) -> Option<Span> {
        self.entries.iter().find(|(name, ..)| name == path).map(|(_, _, body)| *body)
    }

    fn excerpt(&self, span: Span, byte: u64) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = vec![0; EXCERPT.min((span.size - byte) as usize)];
        self.file.read_exact_at(&mut bytes, span.at + byte).map_err(failed)?;
        Ok(bytes)
    }
}

struct Parting {
    byte: u64,
    line: Option<u64>,
}

fn first_difference(
    left: &Plain,
    left_span: Span,
    right: &Plain,
    right_span: Span,
    observer: &Observer,
) -> Result<Option<Parting>, ArchiveError> {
    let (mut one, mut other) = (vec![0; PIECE], vec![0; PIECE]);
    let common = left_span.size.min(right_span.size);
    let (mut at, mut line) = (0, Some(1));
    while at < common {
        observer.advance(0)?;
        let length = (common - at).min(PIECE as u64) as usize;
        left.file.read_exact_at(&mut one[..length], left_span.at + at).map_err(failed)?;
        right.file.read_exact_at(&mut other[..length], right_span.at + at).map_err(failed)?;
        let same = one[..length].iter().zip(&other[..length]).take_while(|(one, other)| one == other).count();
        line = line.filter(|_| !one[..same].contains(&0));
        line = line.map(|line| line + memchr::memchr_iter(b'\n', &one[..same]).count() as u64);
        at += same as u64;
        if same < length {
            return Ok(Some(Parting { byte: at, line }));
        }
    }
    Ok((left_span.size != right_span.size).then_some(Parting { byte: at, line }))
}

/// Notes where the entries are.
#[derive(Default)]
struct List {
    entries: Vec<(String, u64, Span)>,
}

impl Visitor for List {
    type Error = ArchiveError;

    fn begin(&mut self, entry: &Entry<'_>) -> Result<(), ArchiveError> {
        let body = Span { at: entry.header_at + BLOCK as u64, size: entry.size };
        self.entries.push((entry.name.to_owned(), entry.header_at, body));
        Ok(())
    }

    fn data(&mut self, _: &[u8]) -> Result<(), ArchiveError> {
        Ok(())
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        Ok(())
    }
}

fn failed(source: io::Error) -> ArchiveError {
    ArchiveError::Io { what: "a temporary file for the comparison cannot be used".to_owned(), source }
}
