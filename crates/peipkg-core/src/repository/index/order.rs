//! The order of entries: it makes duplicates visible and look-ups possible.

use std::cmp::Ordering;

use super::{IndexEntry, Kind};
use crate::identity::{Architecture, Name, Version};

/// The archive's order: name, version descending, and among equal versions architecture, then the version's text.
pub(super) fn compare(left: &IndexEntry, right: &IndexEntry) -> Ordering {
    left.name
        .cmp(&right.name)
        .then_with(|| right.version.cmp(&left.version))
        .then_with(|| left.architecture.cmp(&right.architecture))
        .then_with(|| left.version.as_str().cmp(right.version.as_str()))
}

/// Checks entries as they are read.
pub(super) struct Order {
    kind: Kind,
    last: Option<(Name, Version, Architecture)>,
}

impl Order {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, last: None }
    }

    /// The rule that `entry` breaks by coming after the last one, if any.
    pub(super) fn check(&mut self, entry: &IndexEntry) -> Result<(), String> {
        if let Some((name, version, architecture)) = &self.last {
            let ordered = match (self.kind, name.cmp(&entry.name)) {
                (_, Ordering::Less) => true,
                (_, Ordering::Greater) | (Kind::Active, _) => false,
                (Kind::Archive, Ordering::Equal) => follows(version, architecture, entry),
            };
            if !ordered {
                return Err(self.broken(entry, name, version));
            }
        }
        self.last = Some((entry.name.clone(), entry.version.clone(), entry.architecture.clone()));
        Ok(())
    }

    fn broken(&self, entry: &IndexEntry, name: &Name, version: &Version) -> String {
        let rule = match self.kind {
            Kind::Active => "the active index has one entry per name, sorted by name",
            Kind::Archive => {
                "the archive index is sorted by name, then version descending, architecture, version text, without repeats"
            }
        };
        format!("{} {} follows {name} {version}: {rule}", entry.name, entry.version)
    }
}

/// Within one name. The letter of §2.2.7 has cycles ([`Version::compare`]), so a pair that either reading puts in order passes.
fn follows(version: &Version, architecture: &Architecture, entry: &IndexEntry) -> bool {
    match (version.cmp(&entry.version), version.compare(&entry.version)) {
        (Ordering::Equal, _) | (_, Ordering::Equal) => {
            let texts = || version.as_str().cmp(entry.version.as_str());
            architecture.cmp(&entry.architecture).then_with(texts).is_lt()
        }
        (sorted, letter) => sorted.is_gt() || letter.is_gt(),
    }
}
