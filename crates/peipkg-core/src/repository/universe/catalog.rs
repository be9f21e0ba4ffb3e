//! Look-ups in one index: by name, by provided name, by replaced name. Entries are read from their bytes when they are wanted.

use crate::json;
use crate::repository::index::{self, IndexEntry, Kind, scan};
use crate::repository::{INDEX_LIMIT, RepositoryError};

/// One index, ready for look-ups.
#[derive(Debug)]
pub(super) struct Catalog {
    document: Vec<u8>,
    kind: Kind,
    /// In document order, so by name.
    entries: Vec<Entry>,
    /// (provided name, entry), sorted.
    provides: Vec<(Box<str>, u32)>,
    /// (replaced name, entry), sorted.
    replaces: Vec<(Box<str>, u32)>,
}

#[derive(Debug)]
struct Entry {
    name: Box<str>,
    start: u32,
    end: u32,
}

impl Catalog {
    pub(super) fn new(document: Vec<u8>, kind: Kind) -> Result<Self, RepositoryError> {
        let (mut entries, mut provides, mut replaces) = (Vec::new(), Vec::new(), Vec::new());
        scan(&document, kind, |found: index::Scanned<'_>| {
            let id = entries.len() as u32;
            provides.extend(found.provides.iter().map(|name| (Box::from(&**name), id)));
            replaces.extend(found.replaces.iter().map(|name| (Box::from(&**name), id)));
            entries.push(Entry {
                name: Box::from(&*found.name),
                start: found.bytes.start as u32,
                end: found.bytes.end as u32,
            });
        })?;
        provides.sort_unstable();
        replaces.sort_unstable();
        Ok(Self { document, kind, entries, provides, replaces })
    }

    /// The entries that are called `name` or provide it.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = u32> + '_ {
        let start = self.entries.partition_point(|entry| *entry.name < *name);
        let end = start + self.entries[start..].partition_point(|entry| *entry.name == *name);
        (start as u32..end as u32).chain(look_up(&self.provides, name))
    }

    /// Every entry.
    pub(super) fn all(&self) -> std::ops::Range<u32> {
        0..self.entries.len() as u32
    }

    /// The entries that replace the package `name`.
    pub(super) fn replacing(&self, name: &str) -> impl Iterator<Item = u32> + '_ {
        look_up(&self.replaces, name)
    }

    /// One entry in full.
    pub(super) fn entry(&self, id: u32) -> Result<IndexEntry, RepositoryError> {
        let Entry { start, end, .. } = self.entries[id as usize];
        json::read(&self.document[start as usize..end as usize], INDEX_LIMIT, IndexEntry::read)
            .map_err(|source| RepositoryError::Index { kind: self.kind, source })
    }
}

fn look_up<'a>(names: &'a [(Box<str>, u32)], name: &str) -> impl Iterator<Item = u32> + 'a {
    let start = names.partition_point(|(found, _)| **found < *name);
    let end = start + names[start..].partition_point(|(found, _)| **found == *name);
    names[start..end].iter().map(|(_, id)| *id)
}
