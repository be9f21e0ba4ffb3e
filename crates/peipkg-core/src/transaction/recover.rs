//! What the next start does with a transaction that was interrupted: roll back, or finish; never forward.

use super::lock::{Lock, Wait};
use super::request::Control;
use super::resolution::Resolution;
use super::{TransactionError, audit, resolution, rollback, settle};
use crate::audit::flush;
use crate::fsx::{Root, state};
use crate::store::history::{self, State};
use crate::store::{Store, StoreError};

/// What recovery found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was pending.
    Nothing,
    /// The transaction was undone.
    RolledBack(i64),
    /// The transaction had committed, or an operator had resolved it; its cleaning was finished.
    Finished(i64),
    /// An operator had the disk accepted as it was.
    Accepted(i64),
}

/// A finished recovery that still holds the lock, so that side effects owed can run under it.
#[derive(Debug)]
pub struct Recovery {
    /// What was done.
    pub outcome: Outcome,
    /// Paths that were neither put back nor are as after the transaction.
    pub left: Vec<String>,
    root: Root,
    store: Option<Store>,
    _lock: Option<Lock>,
}

impl Recovery {
    /// Side effects that are still owed.
    pub fn owed(&self) -> Result<Vec<(String, Vec<String>)>, StoreError> {
        self.store.as_ref().map_or(Ok(Vec::new()), settle::owed_effects)
    }

    /// Clears one that has run.
    pub fn clear_owed(&mut self, effect: &str, version: &str) -> Result<(), StoreError> {
        match &mut self.store {
            Some(store) => store.change(|change| history::clear_owed(change, effect, version)),
            None => Ok(()),
        }
    }

    /// Sends the audit events that wait and releases the lock. Returns what people must know.
    pub fn finish(mut self) -> Vec<String> {
        self.store.as_mut().map_or_else(Vec::new, |store| flush(&self.root, store, true))
    }
}

/// Recovers the root: takes the lock, brings a pending transaction to rest. Creates nothing on a root without database.
pub fn recover(
    root: Root,
    command: &str,
    wait: Wait,
    now: i64,
    control: &Control,
) -> Result<Recovery, TransactionError> {
    let Some(reader) = Store::read(&root)? else {
        return Ok(Recovery { outcome: Outcome::Nothing, left: Vec::new(), root, store: None, _lock: None });
    };
    let architecture = reader.architecture()?;
    drop(reader);
    let lock = Lock::acquire(&root, command, wait, now, control)?;
    let mut store = Store::write(&root, &architecture)?;
    let outcome = bring_to_rest(&root, &mut store, &lock, now)?;
    Ok(Recovery { outcome, left: Vec::new(), root, store: Some(store), _lock: Some(lock) })
}

/// Ends a transaction that recovery cannot undo, as the operator decided (PSD-009 §7.5.1.5).
pub fn resolve(
    root: Root,
    how: Resolution,
    command: &str,
    wait: Wait,
    now: i64,
    control: &Control,
) -> Result<Recovery, TransactionError> {
    let Some(reader) = Store::read(&root)? else {
        return Ok(Recovery { outcome: Outcome::Nothing, left: Vec::new(), root, store: None, _lock: None });
    };
    let architecture = reader.architecture()?;
    drop(reader);
    let lock = Lock::acquire(&root, command, wait, now, control)?;
    let mut store = Store::write(&root, &architecture)?;
    let (outcome, left) = resolution::resolve(&root, &mut store, &lock, how, now)?;
    Ok(Recovery { outcome, left, root, store: Some(store), _lock: Some(lock) })
}

/// Rolls back or finishes what is pending. The lock must be held.
pub(super) fn bring_to_rest(
    root: &Root,
    store: &mut Store,
    lock: &Lock,
    now: i64,
) -> Result<Outcome, TransactionError> {
    let Some((id, state, witness)) = history::unclean(store.connection())? else {
        return Ok(Outcome::Nothing);
    };
    match state {
        State::Staging | State::Applying | State::RollingBack => {
            let trusted = witness.is_none_or(|inode| inode as u64 == lock.inode());
            let event = audit::recovered(id, &history::operations(store.connection(), id)?);
            rollback::roll_back(root, store, id, state, trusted, now, &event)?;
            Ok(Outcome::RolledBack(id))
        }
        State::Committed => {
            // The killed process may have made the place of backups, and not durably.
            settle::sync(root, &[state::STATE.to_owned()].into())?;
            settle::finish(root, store, id, None, true, now)?;
            store.migrate()?;
            Ok(Outcome::Finished(id))
        }
        State::RolledBack | State::Accepted => {
            resolution::finish(root, store, id)?;
            store.migrate()?;
            Ok(Outcome::Finished(id))
        }
    }
}
