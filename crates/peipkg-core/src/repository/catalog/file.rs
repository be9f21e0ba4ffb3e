//! The file beside a document: a head, the tables, the texts. Each part carries its digest, so that damage shows; what is damaged
//! or not there is made from the document again.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use super::search::{Shown, Texts, append};
use super::spill::Spill;
use super::tables::{Draft, SECTIONS, Tables};
use crate::digest::{Digest, Hasher};
use crate::fsx::{FsError, Root};
use crate::repository::documents;
use crate::repository::index::IndexEntry;

/// The last digit is the version of the format.
const MAGIC: &[u8; 8] = b"PeiCat-1";
/// Magic, digest and length of the document, lengths of the sections and of the texts' three parts, digests of both halves.
const HEAD: usize = 8 + 32 + 8 + 4 * (SECTIONS + 3) + 2 * 32;

/// The name of a document's catalog.
pub(in crate::repository) fn file_name(digest: Digest) -> String {
    format!("{digest}.catalog")
}

/// A catalog in the making, filled while its document is read.
pub(in crate::repository) struct Encoder<'a> {
    root: &'a Root,
    draft: Draft,
    /// Ends of records in the two others, eight bytes for each entry; what is looked through; what is shown.
    texts: [Spill; 3],
}

impl<'a> Encoder<'a> {
    /// Nothing added yet. What is too much for memory goes to unnamed files below `root`.
    pub(in crate::repository) fn new(root: &'a Root) -> Self {
        Self { root, draft: Draft::default(), texts: Default::default() }
    }

    /// Adds the next entry, which stands at `place` of the document.
    pub(in crate::repository) fn add(&mut self, entry: &IndexEntry, place: std::ops::Range<usize>) {
        let provides = entry.provides.iter().map(|provide| provide.name.as_str());
        let replaces = entry.replaces.iter().map(|relation| relation.name.as_str());
        self.draft.add(place, entry.name.as_str(), provides, replaces);
        let entry = Shown {
            name: entry.name.as_str(),
            version: entry.version.as_str(),
            architecture: entry.architecture.as_str(),
            description: &entry.description,
        };
        let [ends, folded, shown] = &mut self.texts;
        append(&entry, folded.end(), shown.end());
        for part in [&*folded, &*shown] {
            ends.end().extend((part.length() as u32).to_le_bytes());
        }
        self.texts.iter_mut().for_each(|part| part.settle(self.root));
    }

    /// The file.
    pub(in crate::repository) fn finish(self, document: Digest, length: u64) -> Result<Encoded, FsError> {
        let (tables, lengths) = self.draft.sections();
        let mut hashing = Hashing(Hasher::new());
        let hashed = self.texts.iter().try_for_each(|part| part.write_to(&mut hashing));
        hashed.map_err(|error| FsError::new("read the catalog for", &file_name(document), error))?;
        let mut bytes = Vec::with_capacity(HEAD + tables.len());
        bytes.extend(MAGIC);
        bytes.extend(document.0);
        bytes.extend(length.to_le_bytes());
        let numbers = lengths.into_iter().chain(self.texts.iter().map(|part| part.length() as u32));
        numbers.for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(Digest::of(&tables).0);
        bytes.extend(hashing.0.finish().0);
        bytes.extend(tables);
        Ok(Encoded { head: bytes, texts: self.texts })
    }
}

/// The content of a catalog's file.
pub(in crate::repository) struct Encoded {
    /// Head and tables.
    head: Vec<u8>,
    texts: [Spill; 3],
}

impl Encoded {
    /// Writes all of it.
    pub(in crate::repository) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.head)?;
        self.texts.iter().try_for_each(|part| part.write_to(out))
    }
}

struct Hashing(Hasher);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Head {
    file: File,
    lengths: [u32; SECTIONS],
    texts: [u32; 3],
    digests: [Digest; 2],
}

impl Head {
    fn read(root: &Root, name: &str, digest: Digest) -> Option<(Self, u64)> {
        let path = format!("{}/{}", documents::directory(name), file_name(digest));
        let file = root.open_file(&path).ok()??;
        let mut head = [0; HEAD];
        file.read_exact_at(&mut head, 0).ok()?;
        let (magic, rest) = head.split_at(MAGIC.len());
        let (document, rest) = rest.split_at(32);
        if magic != MAGIC || document != digest.0 {
            return None;
        }
        let (length, rest) = rest.split_at(8);
        let (numbers, digests) = rest.split_at(4 * (SECTIONS + 3));
        let number = |at: usize| Some(u32::from_le_bytes(numbers[at * 4..at * 4 + 4].try_into().ok()?));
        let mut lengths = [0; SECTIONS];
        for (at, length) in lengths.iter_mut().enumerate() {
            *length = number(at)?;
        }
        let texts = [number(SECTIONS)?, number(SECTIONS + 1)?, number(SECTIONS + 2)?];
        let digests = [Digest(digests[..32].try_into().ok()?), Digest(digests[32..].try_into().ok()?)];
        let head = Self { file, lengths, texts, digests };
        let found = head.file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let whole = HEAD as u64 + head.tables_length() + head.texts_length();
        (found.len() == whole).then_some((head, u64::from_le_bytes(length.try_into().ok()?)))
    }

    fn tables_length(&self) -> u64 {
        self.lengths.iter().map(|length| u64::from(*length)).sum()
    }

    fn texts_length(&self) -> u64 {
        self.texts.iter().map(|length| u64::from(*length)).sum()
    }

    /// Bytes of one half, if they are undamaged.
    fn half(&self, at: u64, length: u64, digest: Digest) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.file.read_exact_at(&mut bytes, at).ok()?;
        (Digest::of(&bytes) == digest).then_some(bytes)
    }
}

/// The tables of a document of that digest and length; `None` where there are none that can be used.
pub(super) fn read_tables(root: &Root, name: &str, digest: Digest, length: u64) -> Option<Tables> {
    let (head, of_length) = Head::read(root, name, digest)?;
    if of_length != length {
        return None;
    }
    Tables::new(head.half(HEAD as u64, head.tables_length(), head.digests[0])?, head.lengths)
}

/// The texts of a document of that digest, likewise.
pub(in crate::repository) fn read_texts(root: &Root, name: &str, digest: Digest) -> Option<Texts> {
    let (head, _) = Head::read(root, name, digest)?;
    let mut ends = head.half(HEAD as u64 + head.tables_length(), head.texts_length(), head.digests[1])?;
    let [first, second, _] = head.texts;
    let shown = ends.split_off(first as usize + second as usize);
    let folded = ends.split_off(first as usize);
    Texts::new(ends, folded, shown)
}
