//! Events that come with no change of the database: rejections, answers of people.

use super::deliver::{Sinks, flush};
use super::event::Event;
use super::record::record;
use crate::fsx::Root;
use crate::identity::Architecture;
use crate::store::{Store, StoreError};

/// Stores the event and sends it. Returns what people must know.
///
/// `required`: what the event tells of must not happen if it cannot be stored. Otherwise a root without a database stays
/// without one, and where the database cannot be written only the kernel and the system's log are told.
pub fn tell(root: &Root, now: i64, event: &Event, required: bool) -> Result<Vec<String>, StoreError> {
    match store(root, now, event, required) {
        Ok(Some(warnings)) => Ok(warnings),
        Ok(None) => {
            Sinks::of(root).announce(root, now, event);
            Ok(Vec::new())
        }
        Err(error) => {
            Sinks::of(root).announce(root, now, event);
            if required { Err(error) } else { Ok(Vec::new()) }
        }
    }
}

fn store(root: &Root, now: i64, event: &Event, required: bool) -> Result<Option<Vec<String>>, StoreError> {
    if !required && Store::read(root)?.is_none() {
        return Ok(None);
    }
    let mut store = Store::write(root, Architecture::of_this_machine().as_str())?;
    store.change(|change| record(change, root, now, event))?;
    Ok(Some(flush(root, &mut store, true)))
}

/// Sends what still waits, if the database is there and may be written. Returns what people must know.
pub fn flush_waiting(root: &Root) -> Result<Vec<String>, StoreError> {
    if Store::read(root)?.is_none() {
        return Ok(Vec::new());
    }
    let mut store = Store::write(root, Architecture::of_this_machine().as_str())?;
    Ok(flush(root, &mut store, true))
}
