//! The renames (PSD-009 §7.4.5 step 5): every single path is old or new at any moment, never absent or partial.

use super::TransactionError;
use super::look::Looker;
use super::request::{Control, Phase};
use crate::fsx::{Directory, FsError, Kind, Renaming, Root, split};
use crate::store::journal::{Action, Applied, FileKind, Identity, Step};

/// Takes the identity of every original now, and fails if one is not what was laid out (step 4).
pub(super) fn identify(
    root: &Root,
    steps: &[Step],
    staged: &[Option<Identity>],
) -> Result<Vec<Applied>, TransactionError> {
    let mut looker = Looker::new(root);
    let mut applied = Vec::with_capacity(steps.len());
    for (step, new) in steps.iter().zip(staged) {
        let old = match &step.old {
            Some(old) if step.action != Action::Tidy => {
                let raced = || TransactionError::Raced { path: step.path.clone() };
                let found = looker.metadata(&step.path)?.ok_or_else(raced)?;
                let directory = old.kind == FileKind::Directory;
                if !directory && (found.size != old.size || found.mtime != old.mtime) {
                    return Err(raced());
                }
                Some(Identity { inode: found.inode, size: found.size, mtime: found.mtime })
            }
            _ => None,
        };
        applied.push(Applied { new: *new, old });
    }
    Ok(applied)
}

/// Renames every step into place, in order. Returns whether a step had to be done with a gap. `durable`: whether a backup
/// must outlive a power loss that the file in its place outlives.
pub(super) fn apply(
    root: &Root,
    steps: &[Step],
    applied: &[Applied],
    durable: bool,
    control: &Control,
) -> Result<bool, TransactionError> {
    let mut gap = false;
    let mut place: Option<Place> = None;
    let total = steps.len() as u64;
    for (index, (step, identity)) in steps.iter().zip(applied).enumerate() {
        if matches!(step.action, Action::Inside | Action::Tidy) {
            continue;
        }
        let above = split(&step.path).0;
        if place.as_ref().is_none_or(|open| open.directory.path() != above) {
            place = Some(Place::open(root, above)?);
        }
        let Some(open) = &mut place else { continue };
        gap |= Rename { place: open, step, identity, durable }.run()?;
        (control.progress)(Phase::Commit, index as u64 + 1, total);
    }
    Ok(gap)
}

/// The directory of a run of steps, and what its filesystem is good for.
struct Place {
    directory: Directory,
    /// Cleared by the first refusal: it is not asked again.
    exchanges: bool,
    keeps_inodes: bool,
}

impl Place {
    fn open(root: &Root, path: &str) -> Result<Self, FsError> {
        let directory = root.open_directory(path)?;
        let keeps_inodes = directory.keeps_inodes();
        Ok(Self { directory, exchanges: true, keeps_inodes })
    }
}

struct Rename<'a> {
    place: &'a mut Place,
    step: &'a Step,
    identity: &'a Applied,
    durable: bool,
}

impl Rename<'_> {
    fn run(&mut self) -> Result<bool, TransactionError> {
        let name = split(&self.step.path).1;
        let staged = self.step.staged.as_deref().map_or("", |path| split(path).1);
        let backup = self.step.backup.as_deref().map_or("", |path| split(path).1);
        match self.step.action {
            Action::Create => self.create(staged, name).map(|()| false),
            Action::Replace => self.replace(staged, name, backup),
            Action::Remove => self.remove(name, backup).map(|()| false),
            Action::Inside | Action::Tidy => Ok(false),
        }
    }

    fn raced(&self) -> TransactionError {
        TransactionError::Raced { path: self.step.path.clone() }
    }

    /// What became of a rename to a name that must be free: EEXIST and ENOENT are somebody's doing.
    fn own(&self, renamed: Result<(), FsError>) -> Result<(), TransactionError> {
        use std::io::ErrorKind::{AlreadyExists, NotFound};
        match renamed {
            Err(error) if matches!(error.kind(), AlreadyExists | NotFound) => Err(self.raced()),
            other => Ok(other?),
        }
    }

    fn create(&mut self, staged: &str, name: &str) -> Result<(), TransactionError> {
        let directory = &self.place.directory;
        if !self.place.exchanges {
            return self.create_without_flags(staged, name);
        }
        match directory.rename(staged, directory, name, Renaming::NoReplace) {
            Err(error) if error.is_unsupported() => {
                self.place.exchanges = false;
                return self.create_without_flags(staged, name);
            }
            renamed => self.own(renamed)?,
        }
        self.hold_to_staged(staged, name)
    }

    /// By a second name; without links either: a look, then the rename. Between the two somebody may create the name.
    fn create_without_flags(&self, staged: &str, name: &str) -> Result<(), TransactionError> {
        let directory = &self.place.directory;
        let is_directory = self.step.new.as_ref().is_some_and(|new| new.kind == FileKind::Directory);
        let linked = if is_directory { None } else { Some(directory.link(staged, directory, name)) };
        match linked {
            Some(Ok(())) => {
                if !self.is_staged(name)? {
                    directory.unlink(name)?;
                    return Err(self.raced());
                }
                directory.unlink(staged)?;
                Ok(())
            }
            Some(Err(error)) if !error.is_link_refused() => self.own(Err(error)),
            _ => {
                self.own(directory.rename_to_free(staged, directory, name))?;
                self.hold_to_staged(staged, name)
            }
        }
    }

    /// What was renamed in must be what was staged and verified, not something that somebody put in its place: that is
    /// taken back at once.
    fn hold_to_staged(&self, staged: &str, name: &str) -> Result<(), TransactionError> {
        if self.is_staged(name)? {
            return Ok(());
        }
        self.place.directory.rename_to_free(name, &self.place.directory, staged)?;
        Err(self.raced())
    }

    fn replace(&mut self, staged: &str, name: &str, backup: &str) -> Result<bool, TransactionError> {
        let directory = &self.place.directory;
        if !self.place.exchanges {
            return self.replace_without_flags(staged, name, backup);
        }
        match directory.rename(staged, directory, name, Renaming::Exchange) {
            Err(error) if error.is_unsupported() => {
                self.place.exchanges = false;
                return self.replace_without_flags(staged, name, backup);
            }
            Err(error) if error.errno() == Some(18) => {
                return Err(TransactionError::InTheWay {
                    path: self.step.path.clone(),
                    reason: "lies on a lower layer of an overlay and cannot be exchanged",
                    package: "the new entry".to_owned(),
                });
            }
            exchanged => self.own(exchanged)?,
        }
        if !self.is_original(staged)? || !self.is_staged(name)? {
            directory.rename(staged, directory, name, Renaming::Exchange)?;
            return Err(self.raced());
        }
        self.own(directory.rename(staged, directory, backup, Renaming::NoReplace))?;
        Ok(false)
    }

    /// The original gets its backup name first, or, without links and of directories, moves there. Returns whether the
    /// final name was absent in between.
    fn replace_without_flags(
        &self,
        staged: &str,
        name: &str,
        backup: &str,
    ) -> Result<bool, TransactionError> {
        let directory = &self.place.directory;
        let kinds = [self.step.new.as_ref().map(|new| new.kind), self.step.old.as_ref().map(|old| old.kind)];
        let linked = if kinds.contains(&Some(FileKind::Directory)) {
            false
        } else {
            match directory.link(name, directory, backup) {
                Err(error) if error.is_link_refused() => false,
                linked => self.own(linked).map(|()| true)?,
            }
        };
        if linked {
            if !self.is_original(backup)? {
                directory.unlink(backup)?;
                return Err(self.raced());
            }
        } else {
            self.move_aside(name, backup)?;
        }
        // A power loss must not take the backup and leave what is in the original's place.
        if self.durable {
            directory.sync()?;
        }
        if linked {
            directory.rename(staged, directory, name, Renaming::Over)?;
        } else {
            self.own(directory.rename_to_free(staged, directory, name))?;
        }
        if !self.is_staged(name)? {
            directory.rename_to_free(name, directory, staged)?;
            directory.rename_to_free(backup, directory, name)?;
            return Err(self.raced());
        }
        Ok(!linked)
    }

    fn remove(&self, name: &str, backup: &str) -> Result<(), TransactionError> {
        self.move_aside(name, backup)
    }

    /// Renames the original to its backup name; something else that lies there is renamed back.
    fn move_aside(&self, name: &str, backup: &str) -> Result<(), TransactionError> {
        let directory = &self.place.directory;
        self.own(directory.rename_to_free(name, directory, backup))?;
        if !self.is_original(backup)? {
            directory.rename_to_free(backup, directory, name)?;
            return Err(self.raced());
        }
        Ok(())
    }

    /// Whether `name` is the very file that step 4 recorded as the original, whatever it holds by now.
    fn is_original(&self, name: &str) -> Result<bool, TransactionError> {
        let (Some(found), Some(old)) = (self.place.directory.metadata(name)?, self.identity.old) else {
            return Ok(false);
        };
        Ok(if self.place.keeps_inodes {
            found.inode == old.inode
        } else {
            found.kind == Kind::Directory || (found.size, found.mtime) == (old.size, old.mtime)
        })
    }

    /// Whether `name` is the very file that was staged, as it was left: it was not renamed away and another put there.
    fn is_staged(&self, name: &str) -> Result<bool, TransactionError> {
        let (Some(found), Some(new)) = (self.place.directory.metadata(name)?, self.identity.new) else {
            return Ok(false);
        };
        let same_kind = match self.step.new.as_ref().map(|new| new.kind) {
            Some(FileKind::Directory) => found.kind == Kind::Directory,
            Some(FileKind::Symlink) => found.kind == Kind::Symlink,
            _ => found.kind == Kind::File,
        };
        let same_inode = !self.place.keeps_inodes || found.inode == new.inode;
        let untouched = found.kind == Kind::Directory || (found.size, found.mtime) == (new.size, new.mtime);
        Ok(same_kind && same_inode && untouched)
    }
}
