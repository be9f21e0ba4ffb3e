//! Undoing a pending transaction: first every step is read off the disk, then, if all of them can be accounted for, put
//! back in reverse order (PSD-009 §7.4.7). Each call is atomic, so a rollback killed anywhere is repeated from the top.

mod judge;

use std::collections::{BTreeSet, HashMap, HashSet};

use self::judge::judge;
use super::TransactionError;
use super::look::Looker;
use super::report::{self, Finding};
use crate::audit::{Event, record};
use crate::digest::Digest;
use crate::fsx::sync::{Barrier, Durability};
use crate::fsx::{Kind, Metadata, Renaming, Root, split};
use crate::sorting;
use crate::store::Store;
use crate::store::history::{self, State};
use crate::store::journal::{self, Action, Applied, FileKind, Identity, Step};

/// One call that puts something back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undo {
    /// Renames `from` to `to`: over what lies there, or where nothing does.
    Rename { from: String, to: String, over: bool },
    /// `from` and `to` change places. Where they cannot, what lies at `to` moves to `aside` instead of to `from`.
    Exchange { from: String, to: String, aside: String },
    /// Removes a file or link.
    Unlink(String),
    /// Removes a staged subtree, after a look that nobody else put something into it.
    RemoveTree { top: String, known: usize },
}

/// Rolls the pending transaction `id` back, or records the paths that make that impossible and touches nothing. `event` tells
/// the audit trail, in the commit that ends the transaction.
pub(super) fn roll_back(
    root: &Root,
    store: &mut Store,
    id: i64,
    state: State,
    trusted_inodes: bool,
    now: i64,
    event: &Event,
) -> Result<(), TransactionError> {
    let steps = journal::read(store.connection(), id)?;
    let calls = if state == State::Staging {
        staged_only(&steps)
    } else {
        assess(root, store, id, &steps, trusted_inodes)?
    };
    let inside = insides(&steps);
    for call in &calls {
        execute(root, call, &inside, store, id)?;
    }
    make_durable(root, &steps)?;
    store.change(|change| {
        history::set_state(change, id, State::RolledBack, Some(now))?;
        history::set_clean(change, id)?;
        // Nothing is pending any more: a database of an earlier release may have no place for events yet.
        Store::migrate_within(change)?;
        record(change, root, now, event)
    })?;
    store.checkpoint()?;
    Ok(())
}

/// No final path has changed: every journalled staged name is deleted, whatever it holds.
fn staged_only(steps: &[(Step, Applied)]) -> Vec<Undo> {
    let staged = steps.iter().filter_map(|(step, _)| step.staged.clone());
    staged.map(|top| Undo::RemoveTree { top, known: usize::MAX }).collect()
}

fn assess(
    root: &Root,
    store: &mut Store,
    id: i64,
    steps: &[(Step, Applied)],
    trusted_inodes: bool,
) -> Result<Vec<Undo>, TransactionError> {
    let (calls, doubts) = judge_all(root, steps, trusted_inodes)?;
    let mut doubts: Vec<String> = doubts.into_iter().map(|index| steps[index].0.path.clone()).collect();
    if doubts.is_empty() {
        return Ok(calls);
    }
    sorting::sort(&mut doubts);
    store.change(|change| history::set_doubts(change, id, &doubts))?;
    Err(TransactionError::Indeterminate { transaction: id, paths: doubts })
}

/// The calls that put back what can be accounted for, in the order in which they are made, and the steps that are in doubt.
fn judge_all(
    root: &Root,
    steps: &[(Step, Applied)],
    trusted_inodes: bool,
) -> Result<(Vec<Undo>, Vec<usize>), TransactionError> {
    let mut view = View { looker: Looker::new(root), overlay: HashMap::new(), trusted_inodes };
    let inside = insides(steps);
    let (mut calls, mut doubts) = (Vec::new(), Vec::new());
    for (index, (step, applied)) in steps.iter().enumerate().rev() {
        if matches!(step.action, Action::Inside | Action::Tidy) {
            continue;
        }
        match judge(&mut view, index, step, applied)? {
            Some(undo) => {
                let foreign = undo.iter().any(|call| view.holds_foreign(call, step, &inside));
                if foreign { doubts.push(index) } else { calls.extend(undo) }
            }
            None => doubts.push(index),
        }
    }
    Ok((calls, doubts))
}

/// Every step that changes names, with what lies where.
pub(super) fn findings(
    root: &Root,
    steps: &[(Step, Applied)],
    trusted_inodes: bool,
) -> Result<Vec<Finding>, TransactionError> {
    let doubts: HashSet<usize> = judge_all(root, steps, trusted_inodes)?.1.into_iter().collect();
    let mut view = View { looker: Looker::new(root), overlay: HashMap::new(), trusted_inodes };
    let mut findings = Vec::new();
    for (index, (step, applied)) in steps.iter().enumerate() {
        let action = match step.action {
            Action::Create => "create",
            Action::Replace => "replace",
            Action::Remove => "remove",
            Action::Inside | Action::Tidy => continue,
        };
        let mut lies = ["absent"; 3];
        let names = [Some(&step.path), step.staged.as_ref(), step.backup.as_ref()];
        for (place, name) in lies.iter_mut().zip(names) {
            let Some(name) = name else { continue };
            let found = view.at(Some(name))?;
            let is_new = match &step.new {
                Some(new) => view.is(name, found.as_ref(), applied.new, new.kind, new.size, new.digest)?,
                None => false,
            };
            let is_old = match &step.old {
                Some(old) => view.is(name, found.as_ref(), applied.old, old.kind, old.size, old.digest)?,
                None => false,
            };
            *place = report::place(found.as_ref(), is_new, is_old);
        }
        findings.push(Finding { action, path: step.path.clone(), in_doubt: doubts.contains(&index), lies });
    }
    Ok(findings)
}

/// Puts back what can be accounted for, and goes on where something cannot: the paths that are left as they are.
pub(super) fn put_back_what_can_be(
    root: &Root,
    store: &mut Store,
    id: i64,
    steps: &[(Step, Applied)],
    trusted_inodes: bool,
) -> Result<Vec<String>, TransactionError> {
    let (calls, doubts) = judge_all(root, steps, trusted_inodes)?;
    let mut left: BTreeSet<String> = doubts.into_iter().map(|index| steps[index].0.path.clone()).collect();
    let inside = insides(steps);
    for call in &calls {
        if execute(root, call, &inside, store, id).is_err() {
            left.insert(final_path_of_call(call, steps));
        }
    }
    make_durable(root, steps)?;
    Ok(left.into_iter().collect())
}

fn final_path_of_call(call: &Undo, steps: &[(Step, Applied)]) -> String {
    let names = match call {
        Undo::Rename { from, to, .. } | Undo::Exchange { from, to, .. } => [from, to],
        Undo::Unlink(path) | Undo::RemoveTree { top: path, .. } => [path, path],
    };
    let is_of = |step: &Step| {
        let own = [Some(&step.path), step.staged.as_ref(), step.backup.as_ref()];
        own.iter().flatten().any(|name| names.contains(name))
    };
    let step = steps.iter().find(|(step, _)| is_of(step));
    step.map_or_else(|| names[0].clone(), |(step, _)| step.path.clone())
}

/// What lies below the top of each subtree, by the index of the top's step: final paths.
type Insides<'a> = HashMap<usize, HashSet<&'a str>>;

fn insides(steps: &[(Step, Applied)]) -> Insides<'_> {
    let mut insides = Insides::new();
    let mut top = 0;
    for (index, (step, _)) in steps.iter().enumerate() {
        match step.action {
            Action::Inside => drop(insides.entry(top).or_default().insert(&step.path)),
            _ if step.new.as_ref().is_some_and(|new| new.kind == FileKind::Directory) => {
                top = index;
                insides.entry(index).or_default();
            }
            _ => {}
        }
    }
    insides
}

/// The disk as it will be once the calls collected so far were made.
pub(super) struct View<'a> {
    looker: Looker<'a>,
    overlay: HashMap<String, Option<Metadata>>,
    trusted_inodes: bool,
}

impl View<'_> {
    pub(super) fn at(&mut self, path: Option<&str>) -> Result<Option<Metadata>, TransactionError> {
        let Some(path) = path else { return Ok(None) };
        match self.overlay.get(path) {
            Some(known) => Ok(known.clone()),
            None => Ok(self.looker.metadata(path)?),
        }
    }

    pub(super) fn set(&mut self, path: &str, found: Option<Metadata>) {
        self.overlay.insert(path.to_owned(), found);
    }

    /// Whether what lies at `path` is the file of the journal: the same inode, even if its content changed meanwhile;
    /// in a copied root, the same type, size and content.
    pub(super) fn is(
        &mut self,
        path: &str,
        found: Option<&Metadata>,
        identity: Option<Identity>,
        kind: FileKind,
        size: u64,
        digest: Option<Digest>,
    ) -> Result<bool, TransactionError> {
        let Some(found) = found else { return Ok(false) };
        let same_kind = matches!(
            (found.kind, kind),
            (Kind::File, FileKind::File)
                | (Kind::Directory, FileKind::Directory)
                | (Kind::Symlink, FileKind::Symlink)
        );
        if !same_kind {
            return Ok(false);
        }
        if self.trusted_inodes && self.looker.keeps_inodes(path)? {
            return Ok(identity.is_some_and(|identity| identity.inode == found.inode));
        }
        match digest {
            None => Ok(true),
            Some(digest) => Ok(found.size == size && self.looker.digest(path, found)? == digest),
        }
    }

    /// Whether a subtree that is to be taken away holds something that the transaction did not put there.
    fn holds_foreign(&self, call: &Undo, step: &Step, inside: &Insides<'_>) -> bool {
        let Undo::RemoveTree { known, .. } = call else { return false };
        let empty = HashSet::new();
        let known = inside.get(known).unwrap_or(&empty);
        // It lies at the final name, or still under the staged one.
        [Some(step.path.as_str()), step.staged.as_deref(), step.backup.as_deref()].into_iter().flatten().any(
            |top| {
                let is_it = self.looker.root.metadata(top).ok().flatten();
                is_it.is_some_and(|found| found.kind == Kind::Directory)
                    && step.old.as_ref().is_none_or(|old| old.kind != FileKind::Directory)
                    && !only_known(self.looker.root, top, &step.path, known)
            },
        )
    }
}

/// Whether everything below the directory at `top` is known by its final path below `place`.
fn only_known(root: &Root, top: &str, place: &str, known: &HashSet<&str>) -> bool {
    let Ok(directory) = root.open_directory(top) else { return false };
    let Ok(names) = directory.list() else { return false };
    names.iter().all(|name| {
        let final_path = format!("{place}/{name}");
        let found = directory.metadata(name).ok().flatten();
        known.contains(final_path.as_str())
            && found.is_some_and(|found| {
                found.kind != Kind::Directory || only_known(root, &directory.join(name), &final_path, known)
            })
    })
}

fn execute(
    root: &Root,
    call: &Undo,
    inside: &Insides<'_>,
    store: &mut Store,
    id: i64,
) -> Result<(), TransactionError> {
    match call {
        Undo::Rename { from, to, over: true } => Ok(root.rename(from, to, Renaming::Over)?),
        Undo::Rename { from, to, over: false } => Ok(root.rename_to_free(from, to)?),
        Undo::Exchange { from, to, aside } => match root.rename(from, to, Renaming::Exchange) {
            Err(error) if error.is_unsupported() => {
                root.rename_to_free(to, aside)?;
                root.open_directory(split(to).0)?.sync()?;
                Ok(root.rename_to_free(from, to)?)
            }
            other => Ok(other?),
        },
        Undo::Unlink(path) => Ok(root.remove(path).map(drop)?),
        Undo::RemoveTree { top, known } => {
            // Renamed back under its staged name, nobody finds it any more: what is in it now is all there will be.
            let place = final_path_of(top, store, id)?;
            if let (Some(known), Some(place)) = (inside.get(known), place)
                && root.metadata(top)?.is_some_and(|found| found.kind == Kind::Directory)
                && !only_known(root, top, &place, known)
            {
                let paths = vec![top.clone()];
                store.change(|change| history::set_doubts(change, id, &paths))?;
                return Err(TransactionError::Indeterminate { transaction: id, paths });
            }
            Ok(root.remove_tree(top)?)
        }
    }
}

fn final_path_of(staged: &str, store: &Store, id: i64) -> Result<Option<String>, TransactionError> {
    use rusqlite::OptionalExtension;
    let row = store
        .connection()
        .query_row("SELECT path FROM journal WHERE txn = ? AND staged = ?", (id, staged), |row| row.get(0))
        .optional();
    Ok(row.map_err(crate::store::StoreError::from)?)
}

/// The row becomes `rolled-back` only after the restored names are durable.
fn make_durable(root: &Root, steps: &[(Step, Applied)]) -> Result<(), TransactionError> {
    let directories: BTreeSet<String> = steps
        .iter()
        .filter(|(step, _)| !matches!(step.action, Action::Inside | Action::Tidy))
        .map(|(step, _)| split(&step.path).0.to_owned())
        .filter(|path| root.open_directory(path).is_ok())
        .collect();
    let how = if directories.len() <= 8 { Durability::Fsync } else { Durability::Syncfs };
    Barrier::new(how, root, &directories, None)?.sync(root, &mut std::iter::empty(), &directories)?;
    Ok(())
}
