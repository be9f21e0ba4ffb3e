//! The operator's way out of a transaction that recovery cannot undo (PSD-009 §7.5.1.5): put back what can be, or accept
//! the disk as it is. Either way nothing that lay there before is lost: originals move to retention.

use super::lock::Lock;
use super::look::Looker;
use super::{TransactionError, audit, recover, rollback, settle};
use crate::audit::record;
use crate::fsx::{Kind, Root, state};
use crate::store::Store;
use crate::store::StoreError;
use crate::store::backups::{self, Backup};
use crate::store::history::{self, State};
use crate::store::journal::{self, Action, Applied, FileKind, Step};

/// What the operator decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Put back what can be accounted for.
    RollBack,
    /// The disk stays, the database stays at the last commit.
    Accept,
}

/// Ends the pending transaction. Also says which paths were left in doubt.
pub(super) fn resolve(
    root: &Root,
    store: &mut Store,
    lock: &Lock,
    how: Resolution,
    now: i64,
) -> Result<(recover::Outcome, Vec<String>), TransactionError> {
    let unclean = history::unclean(store.connection())?;
    let Some((id, State::Applying | State::RollingBack, witness)) = unclean else {
        return Ok((recover::bring_to_rest(root, store, lock, now)?, Vec::new()));
    };
    let trusted = witness.is_none_or(|inode| inode as u64 == lock.inode());
    let steps = journal::read(store.connection(), id)?;
    let (outcome, ended, left) = match how {
        Resolution::RollBack => {
            let left = rollback::put_back_what_can_be(root, store, id, &steps, trusted)?;
            (recover::Outcome::RolledBack(id), State::RolledBack, left)
        }
        Resolution::Accept => (recover::Outcome::Accepted(id), State::Accepted, Vec::new()),
    };
    let kept = leftovers(root, id, &steps)?;
    let event = audit::resolved(id, how, &left, &history::operations(store.connection(), id)?);
    // From here on the row says what was decided: whatever interrupts this, the next start only tidies.
    store.change(|change| -> Result<(), StoreError> {
        kept.iter().try_for_each(|backup| backups::insert(change, backup))?;
        history::set_state(change, id, ended, Some(now))?;
        Store::migrate_within(change)?;
        record(change, root, now, &event)
    })?;
    finish(root, store, id)?;
    Ok((outcome, left))
}

/// Tidies after a resolution: originals move to retention, staged files go.
pub(super) fn finish(root: &Root, store: &mut Store, id: i64) -> Result<(), TransactionError> {
    settle::move_backups(root, store, id, true)?;
    let steps = journal::read(store.connection(), id)?;
    let mut changed = std::collections::BTreeSet::new();
    for staged in steps.iter().filter_map(|(step, _)| step.staged.as_ref()) {
        root.remove_tree(staged)?;
        changed.insert(crate::fsx::split(staged).0.to_owned());
    }
    settle::sync(root, &changed)?;
    store.change(|change| history::set_clean(change, id))?;
    store.checkpoint()?;
    Ok(())
}

/// What lies at staged and backup names and is not what the transaction staged there.
fn leftovers(root: &Root, id: i64, steps: &[(Step, Applied)]) -> Result<Vec<Backup>, TransactionError> {
    let mut looker = Looker::new(root);
    let mut kept = Vec::new();
    for (step, applied) in steps {
        if matches!(step.action, Action::Inside | Action::Tidy) || is_save(step) {
            continue;
        }
        for name in [&step.staged, &step.backup].into_iter().flatten() {
            let Some(found) = looker.metadata(name)? else { continue };
            let ours = applied.new.is_some_and(|new| new.inode == found.inode);
            if ours && found.kind != Kind::Directory {
                continue;
            }
            let kind = match found.kind {
                Kind::Directory => FileKind::Directory,
                Kind::Symlink => FileKind::Symlink,
                Kind::File | Kind::Special => FileKind::File,
            };
            let readable = matches!(found.kind, Kind::File | Kind::Symlink);
            let digest = if readable { looker.digest(name, &found).ok() } else { None };
            // Above every journal step: a committed transaction numbers its backups by them.
            let seq = (steps.len() + kept.len()) as i64;
            kept.push(Backup {
                transaction: id,
                seq,
                path: step.path.clone(),
                lies: name.clone(),
                goes: Some(format!("{}/{id}/{seq}", state::BACKUPS)),
                kind,
                digest,
                size: found.size,
            });
        }
    }
    Ok(kept)
}

/// The operator's own file, moved to the name that it keeps.
fn is_save(step: &Step) -> bool {
    step.action == Action::Remove && step.backup.as_deref() == Some(&format!("{}.peipkg-save", step.path))
}
