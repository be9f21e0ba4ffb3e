//! Where the content of a state to return to lies: displaced by the very transactions that are reversed, or in any other
//! retained backup of the same digest. Backups are only read here; nothing is consumed.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use super::TransactionError;
use super::arrive::is_configuration;
use super::look::Looker;
use crate::digest::Digest;
use crate::fsx::{Kind, Metadata, Root};
use crate::sorting;
use crate::store::beside::{self, Beside, Role};
use crate::store::ended::{self, Ended};
use crate::store::journal::FileKind;
use crate::store::paths::{self, Object, OwnedPath};
use crate::store::{StoreError, backups};

/// One retained file or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// Where it lies, relative to the root.
    pub lies: String,
    /// File or link.
    pub kind: FileKind,
    /// Of its content or target; unknown inside a directory that was displaced whole.
    pub digest: Option<Digest>,
    pub size: u64,
    /// The reversed transaction displaced this very path: mode, owner and time are put back as well.
    pub displaced: bool,
}

/// What the reversed transactions displaced, the oldest first: that is what lay there before all of them.
pub(super) struct Retained<'a> {
    root: &'a Root,
    connection: &'a Connection,
    looker: Looker<'a>,
    displaced: BTreeMap<String, Kept>,
    /// Displaced paths that belonged to no package.
    pub loose: Vec<String>,
    /// Files that the reversed transactions put beside configuration files.
    pub beside: Vec<Beside>,
    /// Size stands for the content: for lists, never for a transaction.
    quick: bool,
    known: HashMap<Digest, Option<Kept>>,
    looked_up: HashMap<String, Option<Kept>>,
}

impl<'a> Retained<'a> {
    pub(super) fn read(
        root: &'a Root,
        connection: &'a Connection,
        reverses: &[i64],
        quick: bool,
    ) -> Result<Self, StoreError> {
        let mut retained = Self {
            root,
            connection,
            looker: Looker::new(root),
            displaced: BTreeMap::new(),
            loose: Vec::new(),
            beside: Vec::new(),
            quick,
            known: HashMap::new(),
            looked_up: HashMap::new(),
        };
        let mut ordered = reverses.to_vec();
        sorting::sort(&mut ordered);
        for id in ordered {
            retained.add(id)?;
        }
        Ok(retained)
    }

    fn add(&mut self, id: i64) -> Result<(), StoreError> {
        for backup in backups::of_transaction(self.connection, id)? {
            if self.displaced.contains_key(&backup.path) {
                continue;
            }
            let directory = backup.kind == FileKind::Directory;
            if !directory && !ended::owned(self.connection, id, &backup.path)? {
                self.loose.push(backup.path.clone());
            }
            let (lies, kind) = (backup.lies, backup.kind);
            let kept = Kept { lies, kind, digest: backup.digest, size: backup.size, displaced: true };
            self.displaced.insert(backup.path, kept);
        }
        for beside in beside::of_transaction(self.connection, id)? {
            if beside.role == Role::Save {
                let (lies, kind) = (beside.path.clone(), beside.kind);
                let kept = Kept { lies, kind, digest: beside.digest, size: beside.size, displaced: true };
                self.displaced.entry(beside.original.clone()).or_insert(kept);
            }
            if self.beside.iter().all(|known| known.path != beside.path) {
                self.beside.push(beside);
            }
        }
        Ok(())
    }

    /// What the reversed transactions displaced at `path`, where it is still there and still what it was.
    pub(super) fn displaced_at(&mut self, path: &str) -> Result<Option<Kept>, TransactionError> {
        if let Some(known) = self.looked_up.get(path) {
            return Ok(known.clone());
        }
        let kept = self.look_up(path)?;
        self.looked_up.insert(path.to_owned(), kept.clone());
        Ok(kept)
    }

    fn look_up(&mut self, path: &str) -> Result<Option<Kept>, TransactionError> {
        if let Some(kept) = self.displaced.get(path).cloned() {
            return Ok(if kept.kind != FileKind::Directory && self.is_there(&kept) {
                Some(kept)
            } else {
                None
            });
        }
        // It went with a directory that gave way to a file.
        let above = path.match_indices('/').find_map(|(end, _)| {
            let kept = self.displaced.get(&path[..end]).filter(|kept| kept.kind == FileKind::Directory)?;
            Some(format!("{}{}", kept.lies, &path[end..]))
        });
        let Some(lies) = above else { return Ok(None) };
        let Ok(Some(found)) = self.root.metadata(&lies) else { return Ok(None) };
        let kind = match found.kind {
            Kind::File => FileKind::File,
            Kind::Symlink => FileKind::Symlink,
            Kind::Directory | Kind::Special => return Ok(None),
        };
        let digest = if self.quick { None } else { Some(self.looker.digest(&lies, &found)?) };
        Ok(Some(Kept { lies, kind, digest, size: found.size, displaced: true }))
    }

    /// A retained file of that content, whatever path it had.
    pub(super) fn with_digest(&mut self, digest: &Digest) -> Result<Option<Kept>, TransactionError> {
        if let Some(known) = self.known.get(digest) {
            return Ok(known.clone());
        }
        let mut found = None;
        for backup in backups::with_digest(self.connection, digest)? {
            let (lies, kind) = (backup.lies, backup.kind);
            let kept = Kept { lies, kind, digest: Some(*digest), size: backup.size, displaced: false };
            if kind == FileKind::File && self.is_there(&kept) {
                found = Some(kept);
                break;
            }
        }
        self.known.insert(*digest, found.clone());
        Ok(found)
    }

    /// Whether the file lies where it should and holds what it should; a backup that somebody changed or took is none.
    fn is_there(&mut self, kept: &Kept) -> bool {
        let Ok(Some(found)) = self.root.metadata(&kept.lies) else { return false };
        if !is_kind(&found, kept.kind) || found.size != kept.size {
            return false;
        }
        match kept.digest {
            Some(digest) if !self.quick => {
                self.looker.digest(&kept.lies, &found).is_ok_and(|is| is == digest)
            }
            _ => true,
        }
    }

    /// The files of a state that can be put back from nowhere, though they would have to be. `limit`: no more are named.
    pub(super) fn missing(&mut self, ended: &Ended, limit: usize) -> Result<Vec<String>, TransactionError> {
        let mut missing = Vec::new();
        for owned in &ended.paths {
            if missing.len() < limit && !self.is_to_be_had(owned)? {
                missing.push(owned.path.to_string());
            }
        }
        Ok(missing)
    }

    fn is_to_be_had(&mut self, owned: &OwnedPath) -> Result<bool, TransactionError> {
        let Object::File { digest, .. } = &owned.object else { return Ok(true) };
        if self.displaced_at(&owned.path)?.is_some() || self.is_left(owned, digest)? {
            return Ok(true);
        }
        Ok(self.with_digest(digest)?.is_some())
    }

    /// Whether the path is left as it is: the rules of `arrive_reversed`, for a file that was not displaced.
    fn is_left(&mut self, owned: &OwnedPath, digest: &Digest) -> Result<bool, TransactionError> {
        let owners = paths::owners(self.connection, &owned.path)?;
        let current = owners.iter().map(|(_, _, owned)| owned).find(|owned| !owned.object.is_directory());
        if let Some(Object::File { digest: now, .. }) = current.map(|owned| &owned.object)
            && now == digest
        {
            return Ok(true);
        }
        let Ok(Some(found)) = self.looker.metadata(&owned.path) else { return Ok(false) };
        match current {
            Some(current) if is_configuration(&owned.path) => {
                Ok(!self.looker.is_unmodified_quick(current, &found)?)
            }
            None => Ok(matches!(found.kind, Kind::File | Kind::Symlink)),
            Some(_) => Ok(false),
        }
    }
}

pub(super) fn is_kind(found: &Metadata, kind: FileKind) -> bool {
    matches!(
        (found.kind, kind),
        (Kind::File, FileKind::File)
            | (Kind::Directory, FileKind::Directory)
            | (Kind::Symlink, FileKind::Symlink)
    )
}
