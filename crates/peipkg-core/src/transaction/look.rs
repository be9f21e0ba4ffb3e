//! Looking at what lies on the disk, without following anything.

use std::fs::File;
use std::io::Read;
use std::rc::Rc;

use super::ahead::Found;
use crate::archive::PayloadKind;
use crate::digest::{Digest, Hasher};
use crate::fsx::{Directory, FsError, Kind, Metadata, Root, split};
use crate::store::journal::{FileKind, OldFile};
use crate::store::paths::{Object, OwnedPath};

/// Opens parent directories once for runs of sorted paths.
pub(super) struct Looker<'a> {
    pub root: &'a Root,
    last: Option<(String, Option<Rc<Directory>>)>,
    /// What was looked at already.
    known: Found,
}

impl<'a> Looker<'a> {
    pub(super) fn new(root: &'a Root) -> Self {
        Self::knowing(root, Found::new())
    }

    /// One that need not look at some paths.
    pub(super) fn knowing(root: &'a Root, known: Found) -> Self {
        Self { root, last: None, known }
    }

    /// The open parent of `path`; `None` when it is not there.
    pub(super) fn parent(&mut self, path: &str) -> Result<Option<Rc<Directory>>, FsError> {
        let parent = split(path).0;
        if let Some((known, directory)) = &self.last
            && known == parent
        {
            return Ok(directory.clone());
        }
        let directory = self.root.open_parent(path)?.map(Rc::new);
        self.last = Some((parent.to_owned(), directory.clone()));
        Ok(directory)
    }

    /// What lies at `path`.
    pub(super) fn metadata(&mut self, path: &str) -> Result<Option<Metadata>, FsError> {
        if let Some(found) = self.known.get(path) {
            return Ok(found.clone());
        }
        match self.parent(path)? {
            Some(parent) => parent.metadata(split(path).1),
            None => Ok(None),
        }
    }

    /// Whether an inode number tells the file at `path` for good.
    pub(super) fn keeps_inodes(&mut self, path: &str) -> Result<bool, FsError> {
        Ok(self.parent(path)?.is_none_or(|parent| parent.keeps_inodes()))
    }

    /// The displaced file as the journal records it. The recorded digest stands while size and mtime are the recorded ones.
    pub(super) fn old_file(
        &mut self,
        path: &str,
        found: &Metadata,
        recorded: Option<&OwnedPath>,
    ) -> Result<OldFile, FsError> {
        let kind = match found.kind {
            Kind::Directory => FileKind::Directory,
            Kind::Symlink => FileKind::Symlink,
            Kind::File | Kind::Special => FileKind::File,
        };
        let digest = match (found.kind, recorded.map(|owned| (&owned.object, owned.mtime))) {
            (Kind::Directory, _) => None,
            (Kind::File, Some((Object::File { size, digest }, mtime)))
                if is_recorded(found, *size, mtime) =>
            {
                Some(*digest)
            }
            _ => Some(self.digest(path, found)?),
        };
        Ok(OldFile { kind, digest, size: found.size, mtime: found.mtime })
    }

    /// SHA-256 of a file's content or of a symlink's target.
    pub(super) fn digest(&mut self, path: &str, found: &Metadata) -> Result<Digest, FsError> {
        let missing = || FsError::new("read", path, std::io::Error::from(std::io::ErrorKind::NotFound));
        let parent = self.parent(path)?.ok_or_else(missing)?;
        let name = split(path).1;
        if found.kind == Kind::Symlink {
            return Ok(Digest::of(parent.read_link(name)?.as_bytes()));
        }
        let file = parent.open_file(name)?.ok_or_else(missing)?;
        digest_of(file, path)
    }

    /// Whether the disk still holds what the database records, by content.
    pub(super) fn is_unmodified(&mut self, owned: &OwnedPath, found: &Metadata) -> Result<bool, FsError> {
        Ok(match (&owned.object, found.kind) {
            (Object::File { size, digest }, Kind::File) => {
                *size == found.size && self.digest(&owned.path, found)? == *digest
            }
            (Object::Symlink { target }, Kind::Symlink) => {
                self.digest(&owned.path, found)? == Digest::of(target.as_bytes())
            }
            (Object::Directory, Kind::Directory) => true,
            _ => false,
        })
    }

    /// The same, trusting size and modification time.
    pub(super) fn is_unmodified_quick(
        &mut self,
        owned: &OwnedPath,
        found: &Metadata,
    ) -> Result<bool, FsError> {
        match &owned.object {
            Object::File { size, .. }
                if found.kind == Kind::File && is_recorded(found, *size, owned.mtime) =>
            {
                Ok(true)
            }
            _ => self.is_unmodified(owned, found),
        }
    }
}

/// Whether an entry of a package is what the database records, by content.
pub(super) fn is_same(entry: &PayloadKind, recorded: &Object) -> bool {
    match (entry, recorded) {
        (PayloadKind::File { size, digest }, Object::File { size: old_size, digest: old_digest }) => {
            size == old_size && digest == old_digest
        }
        (PayloadKind::Symlink { target }, Object::Symlink { target: old_target }) => target == old_target,
        _ => false,
    }
}

/// Whether size and modification time are the recorded ones (`mtime` in seconds; what we write has no fraction).
fn is_recorded(found: &Metadata, size: u64, mtime: i64) -> bool {
    found.size == size && found.mtime == mtime.saturating_mul(1_000_000_000)
}

/// SHA-256 of everything that `file` holds.
pub(super) fn digest_of(mut file: File, path: &str) -> Result<Digest, FsError> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FsError::new("read", path, error)),
        }
    }
}
