//! The table of PSD-009 §7.4.7: what lies where, and the one call that puts it back.

use super::{Undo, View};
use crate::fsx::Metadata;
use crate::store::journal::{Action, Applied, FileKind, Step};
use crate::transaction::TransactionError;

type Found = Option<Metadata>;

/// How a rename treats what lies at the new name.
const OVER: bool = true;
const FREE: bool = false;

/// What undoes `step`, or `None` when the disk is neither as before nor as after it.
pub(super) fn judge(
    view: &mut View<'_>,
    index: usize,
    step: &Step,
    applied: &Applied,
) -> Result<Option<Vec<Undo>>, TransactionError> {
    let at_final = view.at(Some(&step.path))?;
    let at_staged = view.at(step.staged.as_deref())?;
    let at_backup = view.at(step.backup.as_deref())?;
    let mut case = Case { view, index, step, applied, at_final, at_staged, at_backup };
    match step.action {
        Action::Create => case.create(),
        Action::Replace => case.replace(),
        Action::Remove => case.remove(),
        Action::Inside | Action::Tidy => Ok(Some(Vec::new())),
    }
}

struct Case<'v, 'l, 's> {
    view: &'v mut View<'l>,
    index: usize,
    step: &'s Step,
    applied: &'s Applied,
    at_final: Found,
    at_staged: Found,
    at_backup: Found,
}

impl Case<'_, '_, '_> {
    fn is_new(&mut self, path: &str, found: &Found) -> Result<bool, TransactionError> {
        let Some(new) = &self.step.new else { return Ok(false) };
        self.view.is(path, found.as_ref(), self.applied.new, new.kind, new.size, new.digest)
    }

    fn is_old(&mut self, path: &str, found: &Found) -> Result<bool, TransactionError> {
        let Some(old) = &self.step.old else { return Ok(false) };
        self.view.is(path, found.as_ref(), self.applied.old, old.kind, old.size, old.digest)
    }

    fn names(&self) -> (String, String) {
        (self.step.staged.clone().unwrap_or_default(), self.step.backup.clone().unwrap_or_default())
    }

    /// Takes the new file away from `path`, where nobody but us knows it.
    fn discard(&mut self, path: &str) -> Undo {
        self.view.set(path, None);
        match self.step.new.as_ref().map(|new| new.kind) {
            Some(FileKind::Directory) => Undo::RemoveTree { top: path.to_owned(), known: self.index },
            _ => Undo::Unlink(path.to_owned()),
        }
    }

    fn rename(&mut self, from: &str, to: &str, over: bool) -> Undo {
        let moved = self.view.at(Some(from)).ok().flatten();
        self.view.set(to, moved);
        self.view.set(from, None);
        Undo::Rename { from: from.to_owned(), to: to.to_owned(), over }
    }

    fn create(&mut self) -> Result<Option<Vec<Undo>>, TransactionError> {
        let (staged, _) = self.names();
        let final_path = self.step.path.clone();
        let (at_final, at_staged) = (self.at_final.clone(), self.at_staged.clone());
        let staged_is_new = self.is_new(&staged, &at_staged)?;
        if at_staged.is_some() && !staged_is_new {
            return Ok(None);
        }
        let mut calls = Vec::new();
        if self.is_new(&final_path, &at_final)? {
            let directory = self.step.new.as_ref().is_some_and(|new| new.kind == FileKind::Directory);
            if directory {
                calls.push(self.rename(&final_path, &staged, FREE));
                calls.push(self.discard(&staged));
                return Ok(Some(calls));
            }
            calls.push(self.discard(&final_path));
        } else if at_final.is_some() && !staged_is_new {
            // Ours was renamed in, and something else lies there now.
            return Ok(None);
        } else if at_final.is_none() && !staged_is_new {
            // Neither here nor there: somebody removed it after the rename. That is the state before.
            return Ok(Some(calls));
        }
        if staged_is_new {
            calls.push(self.discard(&staged));
        }
        Ok(Some(calls))
    }

    fn replace(&mut self) -> Result<Option<Vec<Undo>>, TransactionError> {
        let (staged, backup) = self.names();
        let final_path = self.step.path.clone();
        let (at_final, at_staged, at_backup) =
            (self.at_final.clone(), self.at_staged.clone(), self.at_backup.clone());
        let directory =
            [self.step.new.as_ref().map(|new| new.kind), self.step.old.as_ref().map(|old| old.kind)]
                .contains(&Some(FileKind::Directory));
        if self.is_old(&final_path, &at_final)? {
            return self.replace_not_done(&staged, &backup, &at_staged, &at_backup);
        }
        let final_is_new = self.is_new(&final_path, &at_final)?;
        if final_is_new && self.is_old(&staged, &at_staged)? && at_backup.is_none() {
            return Ok(Some(self.give_back(&staged, &final_path, directory)));
        }
        if final_is_new && at_staged.is_none() && self.is_old(&backup, &at_backup)? {
            return Ok(Some(self.give_back(&backup, &final_path, directory)));
        }
        let staged_is_new = self.is_new(&staged, &at_staged)?;
        if at_final.is_some() && staged_is_new && at_backup.is_none() {
            // Ours never left its staged name, or went back there: somebody else replaced the original. Theirs stays.
            return Ok(Some(vec![self.discard(&staged)]));
        }
        // Renamed aside where the filesystem has neither flags nor links.
        if at_final.is_none() && staged_is_new && self.is_old(&backup, &at_backup)? {
            let back = self.rename(&backup, &final_path, FREE);
            return Ok(Some(vec![back, self.discard(&staged)]));
        }
        Ok(None)
    }

    /// The original is in its place: what we put beside it goes.
    fn replace_not_done(
        &mut self,
        staged: &str,
        backup: &str,
        at_staged: &Found,
        at_backup: &Found,
    ) -> Result<Option<Vec<Undo>>, TransactionError> {
        let mut calls = Vec::new();
        if at_backup.is_some() {
            if self.is_old(backup, at_backup)? {
                // A second link: renaming one link of a file onto another does nothing, so it is unlinked.
                self.view.set(backup, None);
                calls.push(Undo::Unlink(backup.to_owned()));
            } else if self.is_new(backup, at_backup)? {
                calls.push(self.discard(backup));
            } else {
                return Ok(None);
            }
        }
        if at_staged.is_some() {
            if !self.is_new(staged, at_staged)? {
                return Ok(None);
            }
            calls.push(self.discard(staged));
        }
        Ok(Some(calls))
    }

    /// Puts the original from `from` back over the new one. A rename cannot put anything over a directory that holds
    /// something, nor a directory over a file: those change places, and the next look finds the new one beside.
    fn give_back(&mut self, from: &str, final_path: &str, directory: bool) -> Vec<Undo> {
        if directory {
            let (staged, backup) = self.names();
            let aside = if from == staged { backup } else { staged };
            let (original, new) = (self.view.at(Some(from)).ok().flatten(), self.at_final.clone());
            self.view.set(final_path, original);
            self.view.set(from, new);
            let back =
                Undo::Exchange { from: from.to_owned(), to: final_path.to_owned(), aside: aside.clone() };
            return vec![back, self.discard(from), self.discard(&aside)];
        }
        vec![self.rename(from, final_path, OVER)]
    }

    fn remove(&mut self) -> Result<Option<Vec<Undo>>, TransactionError> {
        let (_, backup) = self.names();
        let final_path = self.step.path.clone();
        let (at_final, at_backup) = (self.at_final.clone(), self.at_backup.clone());
        let backup_is_old = self.is_old(&backup, &at_backup)?;
        if self.is_old(&final_path, &at_final)? && !backup_is_old {
            return Ok(Some(Vec::new()));
        }
        if at_final.is_some() && at_backup.is_none() {
            // Somebody replaced the original before it was moved, or while it was: theirs was renamed back, and stays.
            return Ok(Some(Vec::new()));
        }
        if at_final.is_none() && backup_is_old {
            return Ok(Some(vec![self.rename(&backup, &final_path, FREE)]));
        }
        Ok(None)
    }
}
