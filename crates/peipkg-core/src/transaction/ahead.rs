//! Looking at what an upgrade displaces while its claims are still being sorted, on another thread.

use std::collections::HashMap;

use super::Incoming;
use super::look::{Looker, is_same};
use super::names::{self, Use};
use crate::archive::{PayloadEntry, PayloadKind};
use crate::fsx::{FsError, Metadata, Root};
use crate::store::paths::OwnedPath;

/// Fewer files than this are not worth a thread.
const MANY: usize = 256;

/// What was found at a path, by path. What changes after it was looked at is noticed before it is renamed.
pub(super) type Found = HashMap<Box<str>, Option<Metadata>>;

/// Runs `meanwhile`, and beside it looks at the files that the new versions change and at the names that they will need.
pub(super) fn look_ahead<T>(
    root: &Root,
    transaction: i64,
    incoming: &[Incoming],
    meanwhile: impl FnOnce() -> T,
) -> (T, Found) {
    std::thread::scope(|scope| {
        let looking = std::thread::Builder::new().spawn_scoped(scope, || look(root, transaction, incoming));
        let result = meanwhile();
        // What could not be looked at is looked at again, where its error belongs.
        let found = looking.ok().and_then(|thread| thread.join().ok()).and_then(Result::ok);
        (result, found.unwrap_or_default())
    })
}

fn look(root: &Root, transaction: i64, incoming: &[Incoming]) -> Result<Found, FsError> {
    let changed: Vec<&PayloadEntry> = incoming.iter().flat_map(changed).collect();
    let mut found = Found::new();
    if changed.len() < MANY {
        return Ok(found);
    }
    found.reserve(changed.len() * 3);
    let mut looker = Looker::new(root);
    for entry in changed {
        found.insert(entry.path.clone(), looker.metadata(&entry.path)?);
        for what in [Use::Staged, Use::Backup] {
            let name = names::candidate(&entry.path, what, transaction, 0);
            let metadata = looker.metadata(&name)?;
            found.insert(name.into(), metadata);
        }
    }
    Ok(found)
}

/// The files and links that are not what the version before had there.
fn changed(arriving: &Incoming) -> impl Iterator<Item = &PayloadEntry> {
    let before: &[OwnedPath] = arriving.before.as_ref().map_or(&[], |before| &before.paths);
    let differs = |entry: &&PayloadEntry| {
        let place = before.binary_search_by(|owned| owned.path.cmp(&entry.path));
        place.is_ok_and(|place| !is_same(&entry.kind, &before[place].object))
    };
    let files = arriving.entries().iter().filter(|entry| !matches!(entry.kind, PayloadKind::Directory));
    files.filter(differs)
}
