//! Sorted names, and where the entries stand in the document, as bytes that are used as they lie in the file.

use std::ops::Range;

use crate::repository::RepositoryError;
use crate::repository::index::{Kind, scan};

/// Numbers are little-endian, four bytes each: an index has at most 1 GiB.
const NUMBER: usize = 4;

/// Lengths of the sections in bytes: starts and ends of entries in the document; then, for names, provided and replaced names,
/// the end of each name, the entry it belongs to, and the names.
pub(super) const SECTIONS: usize = 11;

/// The sections, one after the other.
#[derive(Debug)]
pub(super) struct Tables {
    bytes: Vec<u8>,
    starts: Range<usize>,
    ends: Range<usize>,
    names: Sorted,
    provided: Sorted,
    replaced: Sorted,
}

/// Names in ascending order of their bytes.
#[derive(Debug)]
struct Sorted {
    ends: Range<usize>,
    entries: Range<usize>,
    text: Range<usize>,
}

impl Tables {
    /// `None` where the lengths do not fit each other.
    pub(super) fn new(bytes: Vec<u8>, lengths: [u32; SECTIONS]) -> Option<Self> {
        let mut at = 0_usize;
        let sections = lengths.map(|length| {
            let start = at;
            at += length as usize;
            start..at
        });
        let [starts, ends, rest @ ..] = sections;
        let sorted = |[ends, entries, text]: [Range<usize>; 3]| Sorted { ends, entries, text };
        let mut rest = rest.into_iter();
        let mut three = || [(); 3].map(|()| rest.next().unwrap_or_default());
        let (names, provided, replaced) = (sorted(three()), sorted(three()), sorted(three()));
        let tables = Self { bytes, starts, ends, names, provided, replaced };
        let same = |left: &Range<usize>, right: &Range<usize>| {
            left.len() == right.len() && left.len().is_multiple_of(NUMBER)
        };
        let fits = at == tables.bytes.len()
            && same(&tables.starts, &tables.ends)
            && [&tables.names, &tables.provided, &tables.replaced]
                .iter()
                .all(|one| same(&one.ends, &one.entries));
        fits.then_some(tables)
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> u32 {
        (self.starts.len() / NUMBER) as u32
    }

    /// Where an entry stands in the document.
    pub(super) fn place(&self, entry: u32) -> Range<usize> {
        let [start, end] = [&self.starts, &self.ends].map(|section| self.number(section, entry as usize));
        start as usize..(end as usize).max(start as usize)
    }

    /// The entries of that name.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = u32> + '_ {
        self.look_up(&self.names, name)
    }

    /// The entries that provide that name.
    pub(super) fn providing(&self, name: &str) -> impl Iterator<Item = u32> + '_ {
        self.look_up(&self.provided, name)
    }

    /// The entries that replace that name.
    pub(super) fn replacing(&self, name: &str) -> impl Iterator<Item = u32> + '_ {
        self.look_up(&self.replaced, name)
    }

    fn look_up<'a>(&'a self, sorted: &'a Sorted, name: &str) -> impl Iterator<Item = u32> + 'a {
        let count = sorted.ends.len() / NUMBER;
        let first = partition_point(count, |at| self.name(sorted, at) < name.as_bytes());
        let after = partition_point(count, |at| self.name(sorted, at) <= name.as_bytes());
        let entries = (first..after).map(|at| self.number(&sorted.entries, at));
        entries.filter(|entry| *entry < self.len())
    }

    fn name(&self, sorted: &Sorted, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.number(&sorted.ends, at - 1) as usize };
        let end = self.number(&sorted.ends, at) as usize;
        self.bytes[sorted.text.clone()].get(start..end).unwrap_or_default()
    }

    fn number(&self, section: &Range<usize>, at: usize) -> u32 {
        let start = section.start + at * NUMBER;
        let bytes = self.bytes[start..start + NUMBER].try_into();
        bytes.map_or(0, u32::from_le_bytes)
    }
}

fn partition_point(count: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Tables in the making.
#[derive(Default)]
pub(super) struct Draft {
    places: Vec<(u32, u32)>,
    names: Vec<(Box<str>, u32)>,
    provided: Vec<(Box<str>, u32)>,
    replaced: Vec<(Box<str>, u32)>,
}

impl Draft {
    /// Reads a document through.
    pub(super) fn of(document: &[u8], kind: Kind) -> Result<Self, RepositoryError> {
        let mut draft = Self::default();
        scan(document, kind, |found| {
            let provides = found.provides.iter().map(|name| &**name);
            let replaces = found.replaces.iter().map(|name| &**name);
            draft.add(found.bytes, &found.name, provides, replaces);
        })?;
        Ok(draft)
    }

    /// Adds the next entry.
    pub(super) fn add<'a>(
        &mut self,
        place: Range<usize>,
        name: &str,
        provides: impl Iterator<Item = &'a str>,
        replaces: impl Iterator<Item = &'a str>,
    ) {
        let entry = self.places.len() as u32;
        self.places.push((place.start as u32, place.end as u32));
        self.names.push((name.into(), entry));
        self.provided.extend(provides.map(|name| (name.into(), entry)));
        self.replaced.extend(replaces.map(|name| (name.into(), entry)));
    }

    /// The sections as bytes, and their lengths.
    pub(super) fn sections(mut self) -> (Vec<u8>, [u32; SECTIONS]) {
        let mut bytes = Vec::new();
        let mut lengths = Vec::with_capacity(SECTIONS);
        let mut section = |bytes: &mut Vec<u8>, numbers: &mut dyn Iterator<Item = u32>| {
            let start = bytes.len();
            numbers.for_each(|number| bytes.extend(number.to_le_bytes()));
            lengths.push((bytes.len() - start) as u32);
        };
        section(&mut bytes, &mut self.places.iter().map(|place| place.0));
        section(&mut bytes, &mut self.places.iter().map(|place| place.1));
        let mut texts = Vec::new();
        for names in [&mut self.names, &mut self.provided, &mut self.replaced] {
            names.sort_unstable();
            let mut end = 0;
            let mut ends = names.iter().map(|(name, _)| {
                end += name.len() as u32;
                end
            });
            section(&mut bytes, &mut ends);
            section(&mut bytes, &mut names.iter().map(|(_, entry)| *entry));
            let start = bytes.len();
            for (name, _) in names.iter() {
                bytes.extend(name.as_bytes());
            }
            texts.push((bytes.len() - start) as u32);
        }
        let mut all = [0; SECTIONS];
        let (mut numbers, mut texts) = (lengths.into_iter(), texts.into_iter());
        for (at, length) in all.iter_mut().enumerate() {
            // Places are two sections; of names every third is text.
            let next = if at >= 2 && at % 3 == 1 { texts.next() } else { numbers.next() };
            *length = next.unwrap_or(0);
        }
        (bytes, all)
    }

    /// The same, ready for look-ups.
    pub(super) fn tables(self) -> Option<Tables> {
        let (bytes, lengths) = self.sections();
        Tables::new(bytes, lengths)
    }
}
