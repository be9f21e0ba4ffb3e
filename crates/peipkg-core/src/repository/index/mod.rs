//! The active and the archive index: what a repository offers (PSD-009 §6.2, §6.3).

mod entry;
mod order;
mod scan;
mod superset;

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

pub use entry::{EntryBuild, IndexEntry};
pub use scan::{Scanned, scan};
pub use superset::{Superset, check_superset};

use self::order::Order;
use super::descriptor::{parsed, read_schema_version, rule};
use super::{INDEX_LIMIT, RepositoryError};
use crate::json::{self, JsonError, Reader, Writer};
use crate::sorting;
use crate::text::quote;
use crate::timestamp::Timestamp;

/// Which of the two indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One entry per name: its current version.
    Active,
    /// Every version ever published.
    Archive,
}

impl Kind {
    /// The word in the document's `kind`, in the descriptor and in file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archive => "archive",
        }
    }

    /// The document's name in messages.
    pub const fn document(self) -> &'static str {
        match self {
            Self::Active => "active index",
            Self::Archive => "archive index",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an index says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name that the repository gives itself.
    pub repo: String,
    /// At least 1; only ever grows.
    pub index_version: u64,
    /// When it was made.
    pub generated_at: Timestamp,
}

/// Reads an index of that kind and checks every rule, those of order included. Entries are handed over one by one.
pub fn read(
    document: &[u8],
    kind: Kind,
    mut visit: impl FnMut(IndexEntry),
) -> Result<Header, RepositoryError> {
    read_placed(document, kind, |entry, _| visit(entry))
}

/// The same, with the place of each entry in the document.
pub fn read_placed(
    document: &[u8],
    kind: Kind,
    mut visit: impl FnMut(IndexEntry, Range<usize>),
) -> Result<Header, RepositoryError> {
    let mut order = Order::new(kind);
    read_with(document, kind, |reader| {
        let start = reader.position();
        let entry = IndexEntry::read(reader)?;
        order.check(&entry).map_err(|broken| rule(reader, broken))?;
        visit(entry, start..reader.position());
        Ok(())
    })
}

/// Writes an index in its canonical form. The entries must be in the kind's order.
pub fn write<'a>(header: &Header, kind: Kind, entries: impl IntoIterator<Item = &'a IndexEntry>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.object(|writer| {
        writer.key("schema_version").u64(1);
        writer.key("repo").string(&header.repo);
        writer.key("kind").string(kind.as_str());
        writer.key("index_version").u64(header.index_version);
        writer.key("generated_at").string(&header.generated_at.to_string());
        writer.key("packages").array(|writer| entries.into_iter().for_each(|entry| entry.write(writer)));
    });
    writer.finish_line()
}

/// The order of the archive index.
pub fn compare(left: &IndexEntry, right: &IndexEntry) -> std::cmp::Ordering {
    order::compare(left, right)
}

/// Sorts entries as the archive index holds them.
pub fn sort(entries: &mut [IndexEntry]) {
    sorting::sort_by(entries, order::compare);
}

/// Reads the document around its entries; `entry` reads one entry.
fn read_with<'a>(
    document: &'a [u8],
    kind: Kind,
    mut entry: impl FnMut(&mut Reader<'a>) -> Result<(), JsonError>,
) -> Result<Header, RepositoryError> {
    json::read(document, INDEX_LIMIT, |reader| {
        let (mut schema, mut repo, mut found, mut version, mut generated, mut packages) =
            (None, None, None, None, None, None);
        reader.object(|reader, key| {
            match key {
                "schema_version" => schema = Some(read_schema_version(reader)?),
                "repo" => repo = Some(reader.string()?.into_owned()),
                "kind" => found = Some(read_kind(reader, kind)?),
                "index_version" => version = Some(read_version(reader)?),
                "generated_at" => generated = Some(parsed(reader, Timestamp::parse)?),
                "packages" => packages = Some(reader.array(&mut entry)?),
                _ => reader.skip()?,
            }
            Ok::<_, JsonError>(())
        })?;
        reader.require(schema, "schema_version")?;
        reader.require(found, "kind")?;
        reader.require(packages, "packages")?;
        Ok(Header {
            repo: reader.require(repo, "repo")?,
            index_version: reader.require(version, "index_version")?,
            generated_at: reader.require(generated, "generated_at")?,
        })
    })
    .map_err(|source| RepositoryError::Index { kind, source })
}

fn read_kind(reader: &mut Reader<'_>, expected: Kind) -> Result<(), JsonError> {
    let found = reader.string()?;
    if found == expected.as_str() {
        return Ok(());
    }
    Err(rule(reader, format!("the index is of kind {}; the {expected} index was asked for", quote(&found))))
}

fn read_version(reader: &mut Reader<'_>) -> Result<u64, JsonError> {
    match reader.u64()? {
        0 => Err(rule(reader, "index_version is 0; the first is 1".to_owned())),
        version => Ok(version),
    }
}
