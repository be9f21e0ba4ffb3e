//! Paths that no package of the plan keeps: removed, saved, or left because somebody changed them.

use std::collections::BTreeSet;

use super::arrive::is_configuration;
use super::layout::Planner;
use super::{Before, TransactionError};
use crate::fsx::{FsError, Kind, Metadata};
use crate::package::payload;
use crate::store::beside::{Beside, Role};
use crate::store::journal::{Action, FileKind, OldFile, Step};
use crate::store::paths::OwnedPath;
use crate::text::escape;

impl Planner<'_> {
    pub(super) fn depart(&mut self, before: &[&Before]) -> Result<(), TransactionError> {
        let mut directories = BTreeSet::new();
        for one in before {
            for owned in &one.paths {
                let settled = self.claimed.contains(&*owned.path) || self.handled.contains(&*owned.path);
                if settled || self.goes_with_a_directory(&owned.path) {
                    continue;
                }
                if owned.object.is_directory() {
                    directories.insert(&*owned.path);
                } else {
                    self.depart_file(&one.package.name, owned)?;
                }
            }
        }
        // Deepest first: `a/b` sorts after `a`.
        for path in directories.into_iter().rev() {
            self.tidy_directory(path)?;
        }
        Ok(())
    }

    fn goes_with_a_directory(&self, path: &str) -> bool {
        self.displaced
            .iter()
            .any(|top| path.strip_prefix(top.as_str()).is_some_and(|rest| rest.starts_with('/')))
    }

    fn depart_file(&mut self, package: &str, owned: &OwnedPath) -> Result<(), TransactionError> {
        if owned.found && !self.request.reverses.is_empty() {
            return Ok(()); // it was there before the package: an undo leaves it
        }
        let found = match self.looker.metadata(&owned.path) {
            // Its directory is a link or a file now: what was installed is not there, and nothing is followed.
            Err(FsError::NotBeneath { .. }) => {
                self.warn_kept(owned, "is reached through something that is not a directory any more");
                return Ok(());
            }
            found => found?,
        };
        let Some(found) = found else { return Ok(()) };
        if self.is_shared(&owned.path)? {
            self.layout.warnings.push(format!(
                "the database lists /{} for another package as well as for {package}: it was left in place (its record is damaged)",
                escape(&owned.path)
            ));
            return Ok(());
        }
        if matches!(found.kind, Kind::Directory | Kind::Special) {
            self.warn_kept(owned, "is not what the package installed");
            return Ok(());
        }
        if is_configuration(&owned.path) {
            let unmodified = self.looker.is_unmodified(owned, &found)?;
            return if unmodified { self.remove(owned, &found) } else { self.save(owned, &found) };
        }
        let agreed = self.request.remove_modified.iter().any(|path| **path == *owned.path);
        if !agreed && !self.looker.is_unmodified_quick(owned, &found)? {
            self.warn_kept(owned, "has been modified since install");
            return Ok(());
        }
        self.remove(owned, &found)
    }

    fn warn_kept(&mut self, owned: &OwnedPath, why: &str) {
        self.layout
            .warnings
            .push(format!("/{} {why} — keeping it; it belongs to no package now", escape(&owned.path)));
    }

    fn remove(&mut self, owned: &OwnedPath, found: &Metadata) -> Result<(), TransactionError> {
        let old = self.displace(&owned.path, found)?;
        self.take_away(&owned.path, old).map(drop)
    }

    pub(super) fn take_away(&mut self, path: &str, old: OldFile) -> Result<usize, TransactionError> {
        let claimed = &self.claimed;
        let backup = self.names.backup(path, &mut self.looker, &|name| claimed.contains(name))?;
        Ok(self.push(Step {
            action: Action::Remove,
            path: path.to_owned(),
            staged: None,
            backup: Some(backup),
            new: None,
            old: Some(old),
        }))
    }

    /// A modified file of `/etc` stays as `<name>.peipkg-save`; one that is there already is displaced and retained.
    fn save(&mut self, owned: &OwnedPath, found: &Metadata) -> Result<(), TransactionError> {
        let save = format!("{}.peipkg-save", owned.path);
        if let Some(existing) = self.looker.metadata(&save)? {
            if matches!(existing.kind, Kind::Directory | Kind::Special) {
                self.warn_kept(owned, "has been modified since install, and its .peipkg-save is not a file");
                return Ok(());
            }
            let old = self.displace(&save, &existing)?;
            self.take_away(&save, old)?;
        }
        let old = self.displace(&owned.path, found)?;
        let (path, original) = (save.clone(), owned.path.to_string());
        let (kind, digest, size) = (old.kind, old.digest, old.size);
        let beside = Beside { path, original, role: Role::Save, kind, digest, size };
        let step = self.push(Step {
            action: Action::Remove,
            path: owned.path.to_string(),
            staged: None,
            backup: Some(save),
            new: None,
            old: Some(old),
        });
        self.layout.saves.insert(step);
        self.layout.beside.push(beside);
        let path = escape(&owned.path);
        self.layout
            .warnings
            .push(format!("/{path} has been modified since install — keeping it as /{path}.peipkg-save"));
        Ok(())
    }

    /// A directory that may become empty. Found ones, destinations and their ancestors, and shared ones stay.
    fn tidy_directory(&mut self, path: &str) -> Result<(), TransactionError> {
        let found = self.old_directories.get(path).copied().unwrap_or(true);
        if found || payload::is_destination_or_above(path) || self.is_shared(path)? {
            return Ok(());
        }
        let old = Some(OldFile { kind: FileKind::Directory, digest: None, size: 0, mtime: 0 });
        let path = path.to_owned();
        self.push(Step { action: Action::Tidy, path, staged: None, backup: None, new: None, old });
        Ok(())
    }
}
