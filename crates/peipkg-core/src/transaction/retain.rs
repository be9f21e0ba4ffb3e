//! What is kept of the past: the newest transactions, so many days, so many bytes.

use std::collections::BTreeSet;

use super::request::Retention;
use super::{TransactionError, settle};
use crate::fsx::{Root, split, state};
use crate::store::backups;
use crate::store::{Store, StoreError};

/// Removes the backups that `retention` no longer covers; files first, then, once they are gone for good, their rows, so
/// that none is forgotten.
pub(super) fn tidy(
    root: &Root,
    store: &mut Store,
    retention: Retention,
    durable: bool,
    now: i64,
) -> Result<(), TransactionError> {
    let holders = backups::holders(store.connection())?;
    let oldest = now - i64::from(retention.days) * 86_400;
    let mut bytes = 0_u64;
    for (kept, (id, finished, size)) in holders.iter().rev().enumerate() {
        bytes = bytes.saturating_add(*size);
        let keep = kept < retention.transactions as usize && *finished >= oldest && bytes <= retention.bytes;
        if !keep {
            drop_backups(root, store, *id, durable)?;
        }
    }
    Ok(())
}

fn drop_backups(root: &Root, store: &mut Store, id: i64, durable: bool) -> Result<(), TransactionError> {
    let held = backups::of_transaction(store.connection(), id)?;
    let mut homes = BTreeSet::new();
    for backup in &held {
        root.remove_tree(&backup.lies)?;
        homes.insert(split(&backup.lies).0.to_owned());
    }
    for home in &homes {
        let named_after_it = split(home).1 == id.to_string();
        let above = split(home).0;
        if named_after_it
            && (above == state::BACKUPS || split(above).1 == state::FOREIGN_BACKUPS)
            && let Some(parent) = root.open_parent(home)?
        {
            parent.remove_directory(split(home).1)?;
            if split(above).1 == state::FOREIGN_BACKUPS
                && let Some(parent) = root.open_parent(above)?
            {
                parent.remove_directory(split(above).1)?;
            }
        }
    }
    if durable {
        let above = homes.iter().flat_map(|home| [home.as_str(), split(home).0, split(split(home).0).0]);
        settle::sync(root, &above.map(str::to_owned).collect())?;
    }
    store.change(|change| -> Result<(), StoreError> {
        held.iter().try_for_each(|backup| backups::forget(change, id, backup.seq))
    })?;
    Ok(())
}
