//! Look-ups in one index without reading it through: by name, by provided name, by replaced name, by text.
//!
//! They are made once, when the index is adopted, and kept beside it in a file that names the digest of the bytes they were made
//! of (PSD-009 §6.5: a parsed form may be cached so). Entries themselves are read from the document's bytes when they are
//! wanted: a wrong catalog can hide packages, and so can only who may replace the document, but it cannot change one.

mod file;
mod later;
mod search;
mod spill;
mod tables;

#[cfg(test)]
mod tests;

pub(super) use file::{Encoded, Encoder, file_name, read_texts};

use std::fs::File;
use std::os::unix::fs::FileExt;

use self::later::Later;
use self::tables::{Draft, Tables};
use super::index::{IndexEntry, Kind};
use super::{INDEX_LIMIT, RepositoryError, documents};
use crate::digest::Digest;
use crate::fsx::Root;
use crate::json;

/// One index, ready for look-ups.
#[derive(Debug)]
pub(super) struct Catalog {
    document: Document,
    kind: Kind,
    tables: Tables,
}

/// Where entries are read from.
#[derive(Debug)]
enum Document {
    /// Bytes that verified.
    Verified(Vec<u8>),
    /// A file that verified when it was adopted.
    Adopted(File),
    /// A file that is verified once all that was wanted of it is read.
    Later(Later),
}

impl Catalog {
    /// Of a document that verified as `digest`, in the cache of the repository `name`. Without its catalog the document is read
    /// through.
    pub(super) fn of(
        root: &Root,
        name: &str,
        document: Vec<u8>,
        digest: Digest,
        kind: Kind,
    ) -> Result<Self, RepositoryError> {
        let kept = file::read_tables(root, name, digest, document.len() as u64);
        let tables = match kept {
            Some(tables) => Some(tables),
            None => Draft::of(&document, kind)?.tables(),
        };
        let tables = tables.ok_or(RepositoryError::CacheMissing { document: kind.document() })?;
        Ok(Self { document: Document::Verified(document), kind, tables })
    }

    /// Of an index as it was adopted, whose bytes are not verified again: for queries that nothing is planned from. `None` where
    /// it has no catalog.
    pub(super) fn adopted(root: &Root, name: &str, digest: Digest, kind: Kind) -> Option<Self> {
        let (file, tables) = Self::open(root, name, digest)?;
        Some(Self { document: Document::Adopted(file), kind, tables })
    }

    /// Of a document whose bytes have yet to turn out to be those with that digest: [`Catalog::settle`] says so. `None` where it
    /// has no catalog.
    pub(super) fn later(root: &Root, name: &str, digest: Digest, kind: Kind) -> Option<Self> {
        let (file, tables) = Self::open(root, name, digest)?;
        Some(Self { document: Document::Later(Later::new(file, digest)), kind, tables })
    }

    fn open(root: &Root, name: &str, digest: Digest) -> Option<(File, Tables)> {
        let path = format!("{}/{}", documents::directory(name), documents::document_file(digest));
        let file = root.open_file(&path).ok()??;
        let found = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let tables = file::read_tables(root, name, digest, found.len())?;
        Some((file, tables))
    }

    /// Whether every entry that was read belongs to the document that verified. Until then nothing counts that was read.
    pub(super) fn settle(&self) -> bool {
        match &self.document {
            Document::Later(later) => later.settle(),
            Document::Verified(_) | Document::Adopted(_) => true,
        }
    }

    /// The entries that are called `name` or provide it.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = u32> + '_ {
        self.tables.named(name).chain(self.tables.providing(name))
    }

    /// Every entry.
    pub(super) fn all(&self) -> std::ops::Range<u32> {
        0..self.tables.len()
    }

    /// The entries that replace the package `name`.
    pub(super) fn replacing(&self, name: &str) -> impl Iterator<Item = u32> + '_ {
        self.tables.replacing(name)
    }

    /// One entry in full.
    pub(super) fn entry(&self, id: u32) -> Result<IndexEntry, RepositoryError> {
        let place = self.tables.place(id);
        let mut piece = Vec::new();
        let bytes = match &self.document {
            Document::Verified(bytes) => bytes.get(place).unwrap_or_default(),
            Document::Adopted(file) | Document::Later(Later { file, .. }) => {
                piece = vec![0; place.len()];
                let read = file.read_exact_at(&mut piece, place.start as u64);
                read.map_err(|_| RepositoryError::CacheMissing { document: self.kind.document() })?;
                &piece
            }
        };
        let entry = json::read(bytes, INDEX_LIMIT, IndexEntry::read)
            .map_err(|source| RepositoryError::Index { kind: self.kind, source })?;
        if let Document::Later(later) = &self.document {
            later.note(self.tables.place(id).start as u64, piece);
        }
        Ok(entry)
    }
}
