//! Which of the archive's entries are the current ones.

use std::cmp::Reverse;

use crate::repository::index::IndexEntry;

/// The entries of the active index, by name: the highest version of each; of several architectures a real one before
/// `noarch` (the format has one entry per name). `archive` is in the archive's order. Returns also the names for which
/// an architecture was left out.
pub(super) fn select(archive: &[IndexEntry]) -> (Vec<&IndexEntry>, Vec<LeftOut<'_>>) {
    let (mut active, mut left_out) = (Vec::new(), Vec::new());
    for group in archive.chunk_by(|left, right| left.name == right.name) {
        let Some(highest) = group.iter().map(|entry| &entry.version).max() else { continue };
        let current: Vec<&IndexEntry> = group.iter().filter(|entry| entry.version == *highest).collect();
        let strength = |entry: &&&IndexEntry| {
            let architecture = entry.architecture.as_str();
            (
                entry.architecture.is_noarch(),
                architecture != "x86_64",
                architecture.to_owned(),
                Reverse(entry.version.to_string()),
            )
        };
        let Some(chosen) = current.iter().min_by_key(strength).copied() else { continue };
        let others = current.iter().filter(|entry| entry.architecture != chosen.architecture);
        left_out.extend(others.map(|entry| LeftOut { chosen, other: entry }));
        active.push(chosen);
    }
    (active, left_out)
}

/// The places of `chosen`, which are some of `archive` in its order.
pub(super) fn places(archive: &[IndexEntry], chosen: &[&IndexEntry]) -> Vec<usize> {
    let mut chosen = chosen.iter().peekable();
    let next = |(place, entry): (usize, &IndexEntry)| {
        chosen.next_if(|wanted| std::ptr::eq(**wanted, entry)).map(|_| place)
    };
    archive.iter().enumerate().filter_map(next).collect()
}

/// A build that the active index has no room for.
#[derive(Debug)]
pub(super) struct LeftOut<'a> {
    pub(super) chosen: &'a IndexEntry,
    pub(super) other: &'a IndexEntry,
}

impl LeftOut<'_> {
    pub(super) fn warning(&self) -> String {
        let Self { chosen, other } = self;
        format!(
            "{} {}: the active index lists the {} build; the {} build is in the archive index only",
            chosen.name, chosen.version, chosen.architecture, other.architecture
        )
    }
}

#[cfg(test)]
mod tests {
    use super::select;
    use crate::repository::fixture::entry;
    use crate::repository::index;

    #[test]
    fn the_highest_version_with_a_real_architecture_before_noarch() {
        let real = |name, version| entry(name, version, ",\"architecture\":\"x86_64\"");
        let other = |name, version| entry(name, version, ",\"architecture\":\"aarch64\"");
        let none = |name, version| entry(name, version, "");
        let mut archive = vec![
            none("aa", "2-1"),
            real("aa", "1-1"),
            none("bb", "1-1"),
            real("bb", "1-1"),
            none("cc", "1.0~alpha-1"),
            real("cc", "1.0~a-1"),
            other("dd", "1-1"),
            real("dd", "1-1"),
            none("dd", "1-1"),
        ];
        index::sort(&mut archive);
        let (active, left_out) = select(&archive);
        let shown: Vec<String> = active.iter().map(|entry| entry.file_name()).collect();
        assert_eq!(
            shown,
            [
                "aa_2-1_noarch.peipkg",
                "bb_1-1_x86_64.peipkg",
                "cc_1.0~a-1_x86_64.peipkg",
                "dd_1-1_x86_64.peipkg"
            ]
        );
        let warnings: Vec<String> = left_out.iter().map(super::LeftOut::warning).collect();
        assert_eq!(warnings.len(), 4, "{warnings:?}");
        assert!(warnings[0].starts_with("bb 1-1: the active index lists the x86_64 build; the noarch build"));
    }
}
