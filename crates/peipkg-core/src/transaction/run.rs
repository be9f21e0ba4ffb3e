//! The phases of one transaction, in order (PSD-009 §7.4.5).

use super::lock::Lock;
use super::pending::{Pending, Remarks};
use super::request::{Control, DurabilityChoice, Request};
use super::{TransactionError, audit, layout, recover, settle, space, verify};
use crate::archive::Spool;
use crate::audit::record;
use crate::error::Coded;
use crate::fsx::sync::Durability;
use crate::fsx::{Root, state};
use crate::identity::Architecture;
use crate::store::history;
use crate::store::{Store, StoreError};

/// A committed transaction that still holds the lock: side effects run, then `finish`.
#[derive(Debug)]
pub struct Committed {
    /// Its number.
    pub id: i64,
    /// How many operations it had.
    pub operations: usize,
    /// What people must know: complete sentences.
    pub warnings: Vec<String>,
    /// What people may want to know.
    pub notes: Vec<String>,
    root: Root,
    store: Store,
    retention: super::Retention,
    durable: bool,
    now: i64,
    _lock: Lock,
}

impl Committed {
    /// Side effects that are owed, earlier ones included.
    pub fn owed(&self) -> Result<Vec<(String, Vec<String>)>, StoreError> {
        settle::owed_effects(&self.store)
    }

    /// Clears one that has run.
    pub fn clear_owed(&mut self, effect: &str, version: &str) -> Result<(), StoreError> {
        self.store.change(|change| history::clear_owed(change, effect, version))
    }

    /// Ends the transaction: empty directories, retention, audit events, the clean mark; releases the lock. Returns what
    /// people must know.
    pub fn finish(mut self) -> Result<Vec<String>, TransactionError> {
        settle::finish(&self.root, &mut self.store, self.id, Some(self.retention), self.durable, self.now)
    }
}

/// Runs a transaction below `root` up to its settled commit, or leaves everything as it was.
pub fn run(root: Root, request: &Request, control: &Control) -> Result<Committed, TransactionError> {
    let lock = Lock::acquire(&root, &request.command, request.wait, request.now, control)?;
    let mut store = Store::write(&root, Architecture::of_this_machine().as_str())?;
    recover::bring_to_rest(&root, &mut store, &lock, request.now)?;
    if store.generation()? != request.generation {
        return Err(TransactionError::StateChanged);
    }
    let mut begun = None;
    let (id, (warnings, notes)) = attempt(&root, &mut store, &lock, request, control, &mut begun)
        .inspect_err(|error| tell_of_failure(&root, &mut store, request, begun, error))?;
    let operations = request.operations.len();
    Ok(Committed {
        id,
        operations,
        warnings,
        notes,
        root,
        store,
        retention: request.retention,
        durable: request.durability != DurabilityChoice::Fixed(Durability::None),
        now: request.now,
        _lock: lock,
    })
}

/// From the verification of the packages to the settled commit.
fn attempt(
    root: &Root,
    store: &mut Store,
    lock: &Lock,
    request: &Request,
    control: &Control,
    begun: &mut Option<i64>,
) -> Result<(i64, Remarks), TransactionError> {
    let spool = Spool::new(request.memory, spill_directory(root));
    let (incoming, leaving) = verify::verify(root, request, store, &spool, control)
        .inspect_err(|error| drop_damaged(root, error))?;
    let id = next_id(root, store)?;
    let layout = layout::plan(root, store.connection(), id, request, &incoming, &leaving)?;
    space::check(root, &layout, &incoming)?;
    control.check()?;
    let mut pending = Pending { root, store, lock, request, control, id, spool: &spool, begun };
    Ok((id, pending.change(layout, &incoming, &leaving)?))
}

/// Stores the audit event of a transaction that was refused, or that could not be rolled back; a rollback stores its own.
fn tell_of_failure(
    root: &Root,
    store: &mut Store,
    request: &Request,
    begun: Option<i64>,
    error: &TransactionError,
) {
    let is_told = match error {
        TransactionError::RollbackFailed { .. } => false,
        // Another process holds what this one believed to hold.
        TransactionError::Store(StoreError::NotApplying)
        | TransactionError::StateChanged
        | TransactionError::Cancelled
        // What a person is asked next tells of itself.
        | TransactionError::Overrides { .. } => true,
        _ => begun.is_some(),
    };
    if !is_told {
        let event = audit::failed(request, store, begun, error);
        // Best effort: what fails here has a reason that the operator hears of already.
        let _ = store.change(|change| record(change, root, request.now, &event));
    }
}

/// A cached package that is not what its name says is dropped, so that the next try fetches it again.
fn drop_damaged(root: &Root, error: &TransactionError) {
    if let TransactionError::Package { file, source } = error
        && source.code() == "PEI_PACKAGE_DIGEST"
    {
        let _ = root.remove(&format!("{}/packages/{file}", state::CACHE));
    }
}

/// The number of this transaction: above that of every backup on disk, should the database have been lost or put back.
fn next_id(root: &Root, store: &Store) -> Result<i64, TransactionError> {
    let left = root.list(state::BACKUPS).unwrap_or_default();
    let highest = left.iter().filter_map(|name| name.parse::<i64>().ok()).filter(|id| *id < 1 << 40).max();
    Ok(history::next_id(store.connection())?.max(highest.unwrap_or(0) + 1))
}

/// Where a big package may be spilled to: unlinked, on the filesystem of the state directory.
fn spill_directory(root: &Root) -> Option<std::os::fd::OwnedFd> {
    use std::os::fd::AsFd;
    root.open_directory(state::STATE).ok()?.as_fd().try_clone_to_owned().ok()
}
