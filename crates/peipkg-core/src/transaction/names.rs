//! Names beside the destination: `<final name>.peipkg-staged-<id>`, `<final name>.peipkg-backup-<id>`.

use std::collections::HashSet;

use super::look::Looker;
use crate::fsx::{FsError, split};

/// The longest component a filesystem takes, in bytes.
const LONGEST: usize = 255;

/// What a name is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    Staged,
    Backup,
}

impl Use {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Backup => "backup",
        }
    }
}

/// Chooses names that nothing in their directory and nothing in the plan has.
pub(super) struct Names {
    transaction: i64,
    taken: HashSet<String>,
}

impl Names {
    pub(super) fn new(transaction: i64) -> Self {
        Self { transaction, taken: HashSet::new() }
    }

    /// A staged name for `path`. `claimed`: whether a package of the plan has a path of that name.
    pub(super) fn staged(
        &mut self,
        path: &str,
        looker: &mut Looker<'_>,
        claimed: &dyn Fn(&str) -> bool,
    ) -> Result<String, FsError> {
        self.choose(path, Use::Staged, looker, claimed)
    }

    /// A backup name for `path`.
    pub(super) fn backup(
        &mut self,
        path: &str,
        looker: &mut Looker<'_>,
        claimed: &dyn Fn(&str) -> bool,
    ) -> Result<String, FsError> {
        self.choose(path, Use::Backup, looker, claimed)
    }

    fn choose(
        &mut self,
        path: &str,
        what: Use,
        looker: &mut Looker<'_>,
        claimed: &dyn Fn(&str) -> bool,
    ) -> Result<String, FsError> {
        for counter in 0_u64.. {
            let chosen = candidate(path, what, self.transaction, counter);
            if self.taken.contains(&chosen) || claimed(&chosen) || looker.metadata(&chosen)?.is_some() {
                continue;
            }
            self.taken.insert(chosen.clone());
            return Ok(chosen);
        }
        unreachable!("a directory cannot hold 2^64 names")
    }
}

/// The name that is tried after `counter` others.
pub(super) fn candidate(path: &str, what: Use, transaction: i64, counter: u64) -> String {
    let (directory, name) = split(path);
    let what = what.as_str();
    let suffix = match counter {
        0 => format!(".peipkg-{what}-{transaction}"),
        _ => format!(".peipkg-{what}-{transaction}-{counter}"),
    };
    let short = cut(name, LONGEST - suffix.len());
    if directory.is_empty() { format!("{short}{suffix}") } else { format!("{directory}/{short}{suffix}") }
}

/// The longest start of `name` that has at most `most` bytes, cut between characters.
fn cut(name: &str, most: usize) -> &str {
    let mut end = name.len().min(most);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fsx::Root;

    #[test]
    fn long_names_are_cut_at_a_character_and_made_unique() {
        let place = tempfile::tempdir().unwrap();
        let root = Root::open(place.path()).unwrap();
        let mut looker = Looker::new(&root);
        let mut names = Names::new(7);
        let long = "ü".repeat(127);
        let first = names.staged(&format!("{long}x"), &mut looker, &|_| false).unwrap();
        let second = names.staged(&format!("{long}y"), &mut looker, &|_| false).unwrap();
        assert!(first.len() <= 255 && second.len() <= 255 && first != second, "{first} {second}");
        assert!(first.ends_with(".peipkg-staged-7") && second.ends_with(".peipkg-staged-7-1"));
    }

    #[test]
    fn names_on_the_disk_and_in_the_plan_are_left_alone() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a.peipkg-backup-1"), b"foreign").unwrap();
        let root = Root::open(place.path()).unwrap();
        let mut names = Names::new(1);
        let claimed = |path: &str| path == "a.peipkg-backup-1-1";
        let name = names.backup("a", &mut Looker::new(&root), &claimed).unwrap();
        assert_eq!(name, "a.peipkg-backup-1-2");
    }
}
