//! Giving up the past: every retained backup goes (`clean --backups`).

use super::lock::{Lock, Wait};
use super::request::{Control, Retention};
use super::{TransactionError, recover, retain};
use crate::fsx::{Root, state};
use crate::store::{Store, StoreError, backups};

/// Removes every retained backup, and what lies in their place that no row knows. Returns how many went.
pub fn discard_backups(
    root: &Root,
    command: &str,
    wait: Wait,
    now: i64,
    control: &Control,
) -> Result<u64, TransactionError> {
    let Some(reader) = Store::read(root)? else { return Ok(0) };
    let architecture = reader.architecture()?;
    drop(reader);
    let lock = Lock::acquire(root, command, wait, now, control)?;
    let mut store = Store::write(root, &architecture)?;
    recover::bring_to_rest(root, &mut store, &lock, now)?;
    let known = backups::count(store.connection())?;
    // A plan may count on them.
    store.change(|change| -> Result<(), StoreError> { Store::advance_generation(change) })?;
    retain::tidy(root, &mut store, Retention { transactions: 0, days: 0, bytes: 0 }, true, now)?;
    let orphans = root.list(state::BACKUPS)?;
    for orphan in &orphans {
        root.remove_tree(&format!("{}/{orphan}", state::BACKUPS))?;
    }
    store.checkpoint()?;
    Ok(known + orphans.len() as u64)
}
