//! The renames (PSD-009 §7.4.5 step 5): every single path is old or new at any moment, never absent or partial.

use super::TransactionError;
use super::look::Looker;
use super::request::{Control, Phase};
use crate::fsx::{Directory, FsError, Kind, Renaming, Root, split};
use crate::store::journal::{Action, Applied, FileKind, Identity, Step};

/// EINVAL, ENOSYS, EPERM of Linux, as the fallbacks are chosen by them.
const EINVAL: i32 = 22;
const ENOSYS: i32 = 38;
const EPERM: i32 = 1;

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

/// Renames every step into place, in order. Returns whether a step had to be done with a gap.
pub(super) fn apply(
    root: &Root,
    steps: &[Step],
    applied: &[Applied],
    control: &Control,
) -> Result<bool, TransactionError> {
    let mut gap = false;
    let mut directory: Option<Directory> = None;
    let total = steps.len() as u64;
    for (index, (step, identity)) in steps.iter().zip(applied).enumerate() {
        if matches!(step.action, Action::Inside | Action::Tidy) {
            continue;
        }
        let above = split(&step.path).0;
        if directory.as_ref().is_none_or(|open| open.path() != above) {
            directory = Some(root.open_directory(above)?);
        }
        let Some(open) = &directory else { continue };
        gap |= Rename { directory: open, step, identity }.run()?;
        (control.progress)(Phase::Commit, index as u64 + 1, total);
    }
    Ok(gap)
}

struct Rename<'a> {
    directory: &'a Directory,
    step: &'a Step,
    identity: &'a Applied,
}

impl Rename<'_> {
    fn run(&self) -> Result<bool, TransactionError> {
        let name = split(&self.step.path).1;
        let staged = self.step.staged.as_deref().map_or("", |path| split(path).1);
        let backup = self.step.backup.as_deref().map_or("", |path| split(path).1);
        match self.step.action {
            Action::Create => self.create(staged, name),
            Action::Replace => self.replace(staged, name, backup),
            Action::Remove => self.remove(name, backup),
            Action::Inside | Action::Tidy => Ok(false),
        }
    }

    fn raced(&self) -> TransactionError {
        TransactionError::Raced { path: self.step.path.clone() }
    }

    fn create(&self, staged: &str, name: &str) -> Result<bool, TransactionError> {
        match self.directory.rename(staged, self.directory, name, Renaming::NoReplace) {
            Ok(()) => Ok(false),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(self.raced()),
            Err(error) if unsupported(&error) => self.create_by_link(staged, name),
            Err(error) => Err(error.into()),
        }
    }

    fn create_by_link(&self, staged: &str, name: &str) -> Result<bool, TransactionError> {
        let directory = self.step.new.as_ref().is_some_and(|new| new.kind == FileKind::Directory);
        let linked = if directory {
            Err(None)
        } else {
            self.directory.link(staged, self.directory, name).map_err(Some)
        };
        match linked {
            Ok(()) => {
                self.directory.unlink(staged)?;
                Ok(false)
            }
            Err(Some(error)) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(self.raced()),
            Err(Some(error)) if error.errno() != Some(EPERM) && !unsupported(&error) => Err(error.into()),
            // Neither flag nor link: look, then rename. Between the two somebody may create the name.
            Err(_) => {
                if self.directory.metadata(name)?.is_some() {
                    return Err(self.raced());
                }
                self.directory.rename(staged, self.directory, name, Renaming::Over)?;
                Ok(true)
            }
        }
    }

    fn replace(&self, staged: &str, name: &str, backup: &str) -> Result<bool, TransactionError> {
        match self.directory.rename(staged, self.directory, name, Renaming::Exchange) {
            Ok(()) => {}
            Err(error) if unsupported(&error) => return self.replace_by_link(staged, name, backup),
            Err(error) if error.errno() == Some(18) => {
                return Err(TransactionError::InTheWay {
                    path: self.step.path.clone(),
                    reason: "lies on a lower layer of an overlay and cannot be exchanged",
                    package: "the new entry".to_owned(),
                });
            }
            Err(error) => return Err(error.into()),
        }
        if !self.is_original(staged)? {
            self.directory.rename(staged, self.directory, name, Renaming::Exchange)?;
            return Err(self.raced());
        }
        self.directory.rename(staged, self.directory, backup, Renaming::NoReplace)?;
        Ok(false)
    }

    fn replace_by_link(&self, staged: &str, name: &str, backup: &str) -> Result<bool, TransactionError> {
        if !self.is_original(name)? {
            return Err(self.raced());
        }
        let directories = self.directory.metadata(name)?.is_some_and(|found| found.kind == Kind::Directory);
        let linked = !directories && self.directory.link(name, self.directory, backup).is_ok();
        if !linked {
            self.directory.rename(name, self.directory, backup, Renaming::Over)?;
        }
        self.directory.rename(staged, self.directory, name, Renaming::Over)?;
        Ok(!linked)
    }

    fn remove(&self, name: &str, backup: &str) -> Result<bool, TransactionError> {
        let renamed = match self.directory.rename(name, self.directory, backup, Renaming::NoReplace) {
            Err(error) if unsupported(&error) => {
                self.directory.rename(name, self.directory, backup, Renaming::Over)
            }
            other => other,
        };
        match renamed {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(self.raced()),
            Err(error) => return Err(error.into()),
        }
        if !self.is_original(backup)? {
            self.directory.rename(backup, self.directory, name, Renaming::NoReplace)?;
            return Err(self.raced());
        }
        Ok(false)
    }

    /// Whether `name` is the very inode that step 4 recorded as the original.
    fn is_original(&self, name: &str) -> Result<bool, TransactionError> {
        let found = self.directory.metadata(name)?;
        Ok(found.map(|found| found.inode) == self.identity.old.map(|old| old.inode))
    }
}

fn unsupported(error: &FsError) -> bool {
    matches!(error.errno(), Some(EINVAL | ENOSYS))
}
