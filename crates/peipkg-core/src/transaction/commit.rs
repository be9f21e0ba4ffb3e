//! The one database commit: new package state, `committed`, audit events, side effects owed, backups. Deletions come first.

use std::collections::{BTreeSet, HashMap};

use rusqlite::Connection;

use super::layout::Layout;
use super::request::Requested;
use super::{Incoming, Leaving, audit};
use crate::audit::Recorder;
use crate::fsx::state;
use crate::sorting;
use crate::store::backups::{self, Backup};
use crate::store::beside;
use crate::store::history;
use crate::store::packages::{self, InstalledPackage};
use crate::store::paths::OwnedPath;
use crate::store::{Store, StoreError, descriptors, paths};

/// What the commit writes.
pub(super) struct Commit<'a> {
    pub transaction: i64,
    pub layout: &'a Layout,
    pub incoming: &'a [Incoming],
    pub leaving: &'a [Leaving],
    pub effects: &'a BTreeSet<(String, String)>,
    pub requested: &'a [Requested],
    pub recorder: &'a Recorder,
    pub now: i64,
}

/// Writes all rows of the commit; the caller commits. This is the one place where package state changes.
pub(super) fn write(connection: &Connection, commit: &Commit<'_>) -> Result<(), StoreError> {
    let id = commit.transaction;
    for Leaving { before } in commit.leaving {
        history::end_package(connection, id, &before.package)?;
        packages::delete(connection, before.package.id)?;
    }
    // Of a package that stays only the paths that differ are written.
    let mut owned = Vec::with_capacity(commit.layout.owned.iter().map(Vec::len).sum());
    for (arriving, paths) in commit.incoming.iter().zip(&commit.layout.owned) {
        let package = installed(arriving, commit.now);
        let (row, old): (_, &[OwnedPath]) = match &arriving.before {
            Some(before) => {
                history::end_package(connection, id, &before.package)?;
                packages::replace(connection, before.package.id, &package)?;
                (before.package.id, &before.paths)
            }
            None => (packages::insert(connection, &package)?, &[]),
        };
        let (gone, new) = differing(old, paths);
        paths::delete(connection, row, gone.into_iter())?;
        owned.extend(new.into_iter().map(|path| (row, path)));
        descriptors::replace(connection, row, &arriving.manifest().sd_overrides)?;
    }
    sorting::sort_by(&mut owned, |(one, path), (other, next)| path.path.cmp(&next.path).then(one.cmp(other)));
    paths::insert(connection, owned.into_iter())?;
    for operation in commit.requested {
        if let Requested::Mark { name, mark } = operation {
            if commit.incoming.iter().all(|arriving| arriving.name != *name) {
                history::end_marks(connection, id, name)?;
            }
            packages::mark(connection, name, *mark)?;
        }
    }
    for (effect, version) in commit.effects {
        history::owe(connection, id, effect, version)?;
    }
    for (seq, step) in commit.layout.steps.iter().enumerate() {
        if let (Some(lies), Some(old), false) = (&step.backup, &step.old, commit.layout.saves.contains(&seq))
        {
            let seq = seq as i64;
            backups::insert(
                connection,
                &Backup {
                    transaction: id,
                    seq,
                    path: step.path.clone(),
                    lies: lies.clone(),
                    goes: Some(format!("{}/{id}/{seq}", state::BACKUPS)),
                    kind: old.kind,
                    digest: old.digest,
                    size: old.size,
                },
            )?;
        }
    }
    for one in &commit.layout.beside {
        beside::insert(connection, id, one)?;
    }
    for event in audit::committed(id, commit.incoming, commit.leaving, commit.requested) {
        commit.recorder.store(connection, &event)?;
    }
    history::set_committed(connection, id, commit.now)?;
    Store::advance_generation(connection)
}

/// The paths of `old` that are not in `new`, and the reverse; one that is another object now is in both.
fn differing<'a>(old: &'a [OwnedPath], new: &'a [OwnedPath]) -> (Vec<&'a OwnedPath>, Vec<&'a OwnedPath>) {
    let by_path = |paths: &'a [OwnedPath]| -> HashMap<&'a str, &'a OwnedPath> {
        paths.iter().map(|owned| (&*owned.path, owned)).collect()
    };
    if old.is_empty() {
        return (Vec::new(), new.iter().collect());
    }
    let (were, are) = (by_path(old), by_path(new));
    let gone = old.iter().filter(|owned| are.get(&*owned.path) != Some(owned));
    let added = new.iter().filter(|owned| were.get(&*owned.path) != Some(owned));
    (gone.collect(), added.collect())
}

fn installed(arriving: &Incoming, now: i64) -> InstalledPackage {
    let manifest = arriving.manifest();
    InstalledPackage {
        id: 0,
        name: manifest.name.as_str().to_owned(),
        version: manifest.version.as_str().to_owned(),
        architecture: manifest.architecture.as_str().to_owned(),
        origin: arriving.origin.clone(),
        origin_priority: arriving.origin_priority,
        reason: arriving.reason,
        held: arriving.held,
        installed_at: now,
        manifest: arriving.manifest_bytes().to_vec(),
    }
}
