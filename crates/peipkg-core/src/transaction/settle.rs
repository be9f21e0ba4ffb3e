//! After the commit: backups leave the live directories, empty directories go, the row is marked clean
//! (PSD-009 §7.4.5 steps 7 to 9). Every step may be repeated by the next start.

use std::collections::BTreeSet;

use super::request::Retention;
use super::{TransactionError, retain};
use crate::audit::{Sinks, deliver};
use crate::fsx::sync::{Barrier, Durability};
use crate::fsx::{Directory, FsError, Root, split, state};
use crate::store::backups::{self, Backup};
use crate::store::journal;
use crate::store::{Store, StoreError, history};

/// Step 7: moves the backups of a committed transaction to where they are retained.
pub(super) fn move_backups(
    root: &Root,
    store: &mut Store,
    id: i64,
    durable: bool,
) -> Result<(), TransactionError> {
    let waiting = backups::unmoved(store.connection(), id)?;
    let mut changed = BTreeSet::new();
    if waiting.is_empty() {
        return Ok(());
    }
    let home = format!("{}/{id}", state::BACKUPS);
    // The barrier below covers what is made in the first, not the first itself.
    let above = root.make_durable_directories(state::BACKUPS, 0o700);
    match above.and_then(|_| root.make_directories(&home, 0o700)) {
        // A link or a file in their place: each backup finds another home.
        Ok(_) | Err(FsError::NotBeneath { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut homes = Vec::with_capacity(waiting.len());
    let mut mover = Mover { id, places: [Places::new(root), Places::new(root)] };
    for backup in &waiting {
        let home = mover.move_backup(backup)?;
        changed.insert(split(&backup.lies).0.to_owned());
        if let Some(home) = &home {
            changed.insert(split(home).0.to_owned());
        }
        homes.push(home);
    }
    changed.insert(state::BACKUPS.to_owned());
    if durable {
        sync(root, &changed)?;
    }
    // Only now: until the moves are durable the rows hold both names.
    store.change(|change| -> Result<(), StoreError> {
        for (backup, home) in waiting.iter().zip(&homes) {
            match home {
                Some(home) => backups::moved(change, backup, home)?,
                None => backups::forget(change, id, backup.seq)?,
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Directories in which backups lie, and into which they go: runs of them share theirs.
struct Mover<'a> {
    id: i64,
    places: [Places<'a>; 2],
}

impl Mover<'_> {
    /// Moves one backup; `None` when it could only be deleted, or is gone.
    fn move_backup(&mut self, backup: &Backup) -> Result<Option<String>, FsError> {
        let root = self.places[0].root;
        let Some(goes) = &backup.goes else { return Ok(Some(backup.lies.clone())) };
        if let Some(home) = self.rename_beside(&backup.lies, goes)? {
            return Ok(Some(home));
        }
        let foreign = foreign_home(root, &backup.lies, self.id, backup.seq);
        if root.metadata(&backup.lies)?.is_none() {
            // Moved before an interruption.
            for home in [Some(goes), foreign.as_ref()].into_iter().flatten() {
                if root.metadata(home)?.is_some() {
                    return Ok(Some(home.clone()));
                }
            }
            return Ok(None);
        }
        if let Some(home) = foreign {
            root.make_durable_directories(split(&home).0, 0o700)?;
            if let Some(home) = self.rename_beside(&backup.lies, &home)? {
                return Ok(Some(home));
            }
        }
        root.remove_tree(&backup.lies)?;
        Ok(None)
    }

    /// Renames `from` to `to`, or to a name beside it where a leftover of a lost database has that one. `None`: it cannot
    /// be moved there (another filesystem, no such directory), or is not there.
    fn rename_beside(&mut self, from: &str, to: &str) -> Result<Option<String>, FsError> {
        const ENOENT: i32 = 2;
        const EXDEV: i32 = 18;
        const ENOTDIR: i32 = 20;
        const TRIES: u32 = 100;
        for counter in 0..TRIES {
            let name = if counter == 0 { to.to_owned() } else { format!("{to}-{counter}") };
            match self.rename(from, &name) {
                Ok(()) => return Ok(Some(name)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(FsError::NotBeneath { .. }) => return Ok(None),
                Err(error) if matches!(error.errno(), Some(ENOENT | EXDEV | ENOTDIR)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), FsError> {
        let [old, new] = &mut self.places;
        let (old, new) = (old.directory_of(from)?, new.directory_of(to)?);
        old.rename_to_free(split(from).1, new, split(to).1)
    }
}

/// The directory that was asked for last stays open.
struct Places<'a> {
    root: &'a Root,
    open: Option<Directory>,
}

impl<'a> Places<'a> {
    fn new(root: &'a Root) -> Self {
        Self { root, open: None }
    }

    fn directory_of(&mut self, path: &str) -> Result<&Directory, FsError> {
        let above = split(path).0;
        let open = match self.open.take() {
            Some(open) if open.path() == above => open,
            _ => self.root.open_directory(above)?,
        };
        Ok(self.open.insert(open))
    }
}

/// The same name in the topmost directory of the backup's own filesystem, below the root.
fn foreign_home(root: &Root, lies: &str, id: i64, seq: i64) -> Option<String> {
    let mut top = split(lies).0;
    let own = root.open_directory(top).and_then(|open| device(&open, top)).ok()?;
    while !top.is_empty() {
        let above = split(top).0;
        let there = root.open_directory(above).and_then(|open| device(&open, above)).ok()?;
        if there != own {
            break;
        }
        top = above;
    }
    let name = format!("{}/{id}/{seq}", state::FOREIGN_BACKUPS);
    Some(if top.is_empty() { name } else { format!("{top}/{name}") })
}

fn device(directory: &crate::fsx::Directory, path: &str) -> Result<u64, FsError> {
    rustix::fs::fstat(directory).map(|stat| stat.st_dev).map_err(|errno| FsError::new("look at", path, errno))
}

/// Step 9: removes the directories that became empty, tidies what is retained, marks the row clean.
pub(super) fn finish(
    root: &Root,
    store: &mut Store,
    id: i64,
    retention: Option<Retention>,
    durable: bool,
    now: i64,
) -> Result<Vec<String>, TransactionError> {
    // What could not be moved before: clean is only what left no backup in a live directory.
    move_backups(root, store, id, durable)?;
    let mut changed = BTreeSet::new();
    let steps = journal::read_tidy(store.connection(), id)?;
    for path in steps {
        let removed = root.open_parent(&path).and_then(|parent| match parent {
            Some(parent) => parent.remove_directory(split(&path).1),
            None => Ok(false),
        });
        match removed {
            Ok(_) => drop(changed.insert(split(&path).0.to_owned())),
            Err(error) if stays(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if durable {
        sync(root, &changed)?;
    }
    if let Some(retention) = retention {
        retain::tidy(root, store, retention, durable, now)?;
    }
    let delivery = deliver(root, store, &Sinks::of(root), durable);
    store.change(|change| {
        delivery.settle(change)?;
        history::set_clean(change, id)
    })?;
    store.checkpoint()?;
    Ok(delivery.warnings)
}

/// Whether a directory can never be removed (immutable, on a read-only mount, behind a link now): it stays, and must not
/// keep every later transaction from starting.
fn stays(error: &FsError) -> bool {
    const EPERM: i32 = 1;
    const EROFS: i32 = 30;
    matches!(error, FsError::NotBeneath { .. }) || matches!(error.errno(), Some(EPERM | EROFS))
}

/// Side effects that are owed: the effect, and for `depmod` the kernel versions.
pub fn owed_effects(store: &Store) -> Result<Vec<(String, Vec<String>)>, StoreError> {
    let mut effects: Vec<(String, Vec<String>)> = Vec::new();
    for (_, effect, version) in history::owed(store.connection())? {
        if effects.last().is_none_or(|(last, _)| *last != effect) {
            effects.push((effect, Vec::new()));
        }
        if let Some((_, versions)) = effects.last_mut()
            && !version.is_empty()
            && !versions.contains(&version)
        {
            versions.push(version);
        }
    }
    Ok(effects)
}

/// Makes changed names durable: few directories by fsync, many by syncfs.
pub(super) fn sync(root: &Root, directories: &BTreeSet<String>) -> Result<(), FsError> {
    let existing: BTreeSet<String> =
        directories.iter().filter(|path| root.open_directory(path).is_ok()).cloned().collect();
    let how = if existing.len() <= 8 { Durability::Fsync } else { Durability::Syncfs };
    Barrier::new(how, root, &existing, None)?.sync(root, &mut std::iter::empty(), &existing)
}
