//! What undoing transactions would return to, and whether it can be done from what is retained. Read-only.

use rusqlite::Connection;

use super::TransactionError;
use super::retained::Retained;
use crate::fsx::Root;
use crate::sorting;
use crate::store::ended::{self, Ended};
use crate::store::history::{self, State, TransactionRecord};
use crate::store::packages::{self, Mark, Reason};
use crate::store::{Store, StoreError};

/// How many missing files are named.
const NAMED: usize = 20;

/// One package of a reversal.
#[derive(Debug)]
pub struct Returning {
    /// Its name.
    pub name: String,
    /// The version that the reversed transactions left; `None` where they removed it.
    pub left: Option<String>,
    /// The version that is installed now.
    pub current: Option<String>,
    /// Whether the package itself was changed, not only marked.
    pub changed: bool,
    /// The state to return to; `None`: not installed, or only marked.
    pub target: Option<Ended>,
    /// Why it was installed, and whether it was held, before all of them; `None` where it was not installed.
    pub marks: Option<(Reason, bool)>,
    /// Files of that state that can be put back from nowhere but the package itself: at most twenty.
    pub missing: Vec<String>,
}

/// What each package touched by the transactions `reverses` was before all of them.
pub fn reversal(root: &Root, reverses: &[i64]) -> Result<Vec<Returning>, TransactionError> {
    let Some(store) = Store::read(root)? else { return Ok(Vec::new()) };
    let connection = store.connection();
    let mut ordered = reverses.to_vec();
    sorting::sort(&mut ordered);
    let mut returning: Vec<Returning> = Vec::new();
    for id in ordered {
        for operation in history::operations(connection, id)? {
            let place = returning.iter().position(|one| one.name == operation.name);
            let place = if let Some(place) = place {
                place
            } else {
                returning.push(untouched(connection, &operation.name, reverses)?);
                returning.len() - 1
            };
            let one = &mut returning[place];
            one.left = operation.to;
            if !one.changed && Mark::parse(&operation.kind).is_none() {
                one.changed = true;
                one.target = ended::find(connection, id, &operation.name)?;
            }
        }
    }
    let mut retained = Retained::read(root, connection, reverses, false)?;
    for one in &mut returning {
        if let Some(target) = &one.target {
            one.missing = retained.missing(target, NAMED)?;
        }
    }
    sorting::sort_by(&mut returning, |a, b| a.name.cmp(&b.name));
    Ok(returning)
}

fn untouched(connection: &Connection, name: &str, reverses: &[i64]) -> Result<Returning, StoreError> {
    let marks = ended::oldest(connection, reverses, name)?.map(|package| (package.reason, package.held));
    Ok(Returning {
        name: name.to_owned(),
        left: None,
        current: packages::find(connection, name)?.map(|package| package.version),
        changed: false,
        target: None,
        marks,
        missing: Vec::new(),
    })
}

/// Whether a transaction can be undone as things stand without fetching anything. Sizes stand for contents: this is for
/// lists; an undo looks closer.
pub fn is_undoable(root: &Root, store: &Store, record: &TransactionRecord) -> Result<bool, TransactionError> {
    if record.state != State::Committed {
        return Ok(false);
    }
    let connection = store.connection();
    for operation in &record.operations {
        let current = packages::find(connection, &operation.name)?.map(|package| package.version);
        if current != operation.to {
            return Ok(false);
        }
    }
    let mut retained = Retained::read(root, connection, &[record.id], true)?;
    for operation in &record.operations {
        if let Some(target) = ended::find(connection, record.id, &operation.name)?
            && !retained.missing(&target, 1)?.is_empty()
        {
            return Ok(false);
        }
    }
    Ok(true)
}
