//! The one database commit: new package state, `committed`, side effects owed, backups. Deletions come first.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::layout::Layout;
use super::{Incoming, Leaving};
use crate::fsx::state;
use crate::store::backups::{self, Backup};
use crate::store::history;
use crate::store::packages::{self, InstalledPackage};
use crate::store::{Store, StoreError, paths};

/// What the commit writes.
pub(super) struct Commit<'a> {
    pub transaction: i64,
    pub layout: &'a Layout,
    pub incoming: &'a [Incoming],
    pub leaving: &'a [Leaving],
    pub effects: &'a BTreeSet<(String, String)>,
    pub now: i64,
}

/// Writes all rows of the commit; the caller commits. This is the one place where package state changes.
pub(super) fn write(connection: &Connection, commit: &Commit<'_>) -> Result<(), StoreError> {
    let id = commit.transaction;
    let before = commit.incoming.iter().filter_map(|one| one.before.as_ref());
    for before in before.chain(commit.leaving.iter().map(|one| &one.before)) {
        history::end_package(connection, id, &before.package)?;
        packages::delete(connection, before.package.id)?;
    }
    let mut owned = Vec::with_capacity(commit.layout.owned.iter().map(Vec::len).sum());
    for (arriving, paths) in commit.incoming.iter().zip(&commit.layout.owned) {
        let row = packages::insert(connection, &installed(arriving, commit.now))?;
        owned.extend(paths.iter().map(|path| (row, path)));
    }
    owned.sort_unstable_by(|(one, path), (other, next)| path.path.cmp(&next.path).then(one.cmp(other)));
    paths::insert(connection, owned.into_iter())?;
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
    history::set_committed(connection, id, commit.now)?;
    Store::advance_generation(connection)
}

fn installed(arriving: &Incoming, now: i64) -> InstalledPackage {
    let manifest = &arriving.verified.manifest;
    InstalledPackage {
        id: 0,
        name: manifest.name.as_str().to_owned(),
        version: manifest.version.as_str().to_owned(),
        architecture: manifest.architecture.as_str().to_owned(),
        origin: arriving.expected.repository.clone(),
        origin_priority: arriving.expected.priority,
        reason: arriving.reason,
        held: arriving.before.as_ref().is_some_and(|before| before.package.held),
        installed_at: now,
        manifest: arriving.verified.manifest_bytes.clone(),
    }
}
