//! Files and links on their way in: created, replaced, adopted, left untouched, or put beside a kept `/etc` file.

use super::claims::Claim;
use super::layout::{Adopted, Planner};
use super::look::is_same;
use super::{TransactionError, stage};
use crate::archive::PayloadKind;
use crate::digest::Digest;
use crate::fsx::{Kind, Metadata};
use crate::store::beside::{Beside, Role};
use crate::store::journal::{FileKind, NewFile, OldFile};
use crate::store::paths::{Object, OwnedPath};
use crate::text::escape;

/// Whether a displaced file is what the database records, by content.
fn is_recorded(recorded: &Object, old: &OldFile) -> bool {
    match recorded {
        Object::File { digest, .. } => old.kind == FileKind::File && old.digest.as_ref() == Some(digest),
        Object::Symlink { target } => {
            old.kind == FileKind::Symlink && old.digest == Some(Digest::of(target.as_bytes()))
        }
        Object::Directory => old.kind == FileKind::Directory,
    }
}

/// Whether the rules of `/etc` hold for a path.
pub(super) fn is_configuration(path: &str) -> bool {
    path.starts_with("etc/")
}

impl<'a> Planner<'a> {
    pub(super) fn arrive_file(&mut self, claim: &Claim<'a>) -> Result<(), TransactionError> {
        if self.incoming[claim.package].restores.is_some() {
            return self.arrive_reversed(claim);
        }
        let old = self.old.get(claim.path).map(|(_, owned)| *owned);
        if let Some(old) = old
            && self.same_content(claim, &old.object)
            && (!self.is_reinstall(claim) || self.is_intact(claim)?)
        {
            // Untouched, not even its inode; the recorded time stays the one on disk.
            self.records.insert(claim.path, (old.mtime, old.found));
            return Ok(());
        }
        self.records.insert(claim.path, (self.build_time(claim), false));
        let Some(found) = self.looker.metadata(claim.path)? else {
            return self.place(claim, claim.path, None).map(drop);
        };
        if found.kind == Kind::Special {
            return Err(self.in_the_way(claim, "is a device, FIFO or socket on this system"));
        }
        match old {
            Some(old) if is_configuration(claim.path) => self.arrive_configuration(claim, old, &found),
            Some(old) if found.kind != Kind::Directory => self.replace_owned(claim, old, &found),
            Some(_) => {
                Err(self.in_the_way(claim, "is a directory on this system, but the package has a file there"))
            }
            None if found.kind == Kind::Directory => self.displace_directory(claim),
            None => self.arrive_on_unowned(claim, &found),
        }
    }

    pub(super) fn replace(&mut self, claim: &Claim<'a>, found: &Metadata) -> Result<(), TransactionError> {
        let old = self.displace(claim.path, found)?;
        self.place(claim, claim.path, Some(old)).map(drop)
    }

    /// Outside `/etc` the new version wins, whatever became of the file; the backup of the transaction has the old one.
    fn replace_owned(
        &mut self,
        claim: &Claim<'a>,
        recorded: &OwnedPath,
        found: &Metadata,
    ) -> Result<(), TransactionError> {
        let old = self.displace(claim.path, found)?;
        // A reinstall is there to replace them.
        if !self.is_reinstall(claim) && !is_recorded(&recorded.object, &old) {
            self.modified.push(claim.path);
        }
        self.place(claim, claim.path, Some(old)).map(drop)
    }

    /// What people are told of modified files that were replaced.
    pub(super) fn warn_of_modified(&mut self) {
        /// Files that are named one by one; of more only their number is told.
        const NAMED: usize = 10;
        for path in self.modified.iter().take(NAMED) {
            let path = escape(path);
            self.layout.warnings.push(format!(
                "/{path} had been modified since install — the new version took its place; peipkg undo brings it back"
            ));
        }
        if let more @ 1.. = self.modified.len().saturating_sub(NAMED) {
            self.layout
                .warnings
                .push(format!("{more} more files outside /etc had been modified since install"));
        }
    }

    /// A reinstall looks at the disk, not at the record: what differs there is replaced.
    fn is_reinstall(&self, claim: &Claim<'a>) -> bool {
        self.incoming[claim.package].kind == "reinstall"
    }

    /// Whether a reinstall has nothing to do at the path: what it would write is there, or a kept file of `/etc`.
    fn is_intact(&mut self, claim: &Claim<'a>) -> Result<bool, TransactionError> {
        match self.looker.metadata(claim.path)? {
            None => Ok(false),
            Some(_) if is_configuration(claim.path) => Ok(true),
            Some(found) => self.is_what_arrives(claim, claim.path, &found),
        }
    }

    pub(super) fn same_content(&self, claim: &Claim<'a>, old: &Object) -> bool {
        self.entry_kind(claim).is_some_and(|entry| is_same(entry, old))
    }

    /// A changed default below `/etc`: the operator's version is kept and the new one put beside it.
    fn arrive_configuration(
        &mut self,
        claim: &Claim<'a>,
        old: &OwnedPath,
        found: &Metadata,
    ) -> Result<(), TransactionError> {
        if self.looker.is_unmodified(old, found)? {
            return self.replace(claim, found);
        }
        if self.is_what_arrives(claim, claim.path, found)? {
            return Ok(());
        }
        self.put_beside(claim)
    }

    /// Puts what would have replaced a kept file of `/etc` beside it.
    pub(super) fn put_beside(&mut self, claim: &Claim<'a>) -> Result<(), TransactionError> {
        let beside = format!("{}.peipkg-new", claim.path);
        let existing = match self.looker.metadata(&beside)? {
            None => None,
            Some(found) if matches!(found.kind, Kind::Directory | Kind::Special) => {
                return Err(self.in_the_way(claim, "has a .peipkg-new beside it that is not a file"));
            }
            Some(found) => Some(self.displace(&beside, &found)?),
        };
        self.place(claim, &beside, existing)?;
        let NewFile { kind, digest, size } = self.new_file(claim)?;
        let original = claim.path.to_owned();
        self.layout.beside.push(Beside { path: beside, original, role: Role::New, kind, digest, size });
        let path = escape(claim.path);
        self.layout.warnings.push(format!(
            "/{path} has been modified since install — keeping it; the new default was written to /{path}.peipkg-new"
        ));
        Ok(())
    }

    /// Something that no package owns lies at the path: adopted where it is what we would write, else refused.
    fn arrive_on_unowned(&mut self, claim: &Claim<'a>, found: &Metadata) -> Result<(), TransactionError> {
        let ours = found.uid == rustix::process::geteuid().as_raw()
            && found.gid == rustix::process::getegid().as_raw();
        let plain = match found.kind {
            Kind::Symlink => true,
            _ => found.links == 1 && ours && found.mode == self.mode_of(claim, found)?,
        };
        if plain && self.is_what_arrives(claim, claim.path, found)? {
            self.records.insert(claim.path, (found.mtime.div_euclid(1_000_000_000), true));
            self.layout.adopted.push(Adopted { path: claim.path.to_owned(), found: found.clone() });
            self.layout.notes.push(format!(
                "/{} was there already with the same content and now belongs to {}",
                escape(claim.path),
                self.incoming[claim.package].title()
            ));
            return Ok(());
        }
        if !self.request.overwrite_unowned {
            let package = self.incoming[claim.package].title();
            return Err(TransactionError::Unowned { path: claim.path.to_owned(), package });
        }
        self.replace(claim, found)
    }

    fn mode_of(&mut self, claim: &Claim<'a>, found: &Metadata) -> Result<u32, TransactionError> {
        let mut start = [0_u8; 4];
        if found.kind == Kind::File
            && let Some(parent) = self.looker.parent(claim.path)?
            && let Some(mut file) = parent.open_file(crate::fsx::split(claim.path).1)?
        {
            let _ = std::io::Read::read(&mut file, &mut start);
        }
        Ok(stage::mode(claim.path, &start))
    }

    /// Whether the disk holds exactly what the claim would write.
    pub(super) fn is_what_arrives(
        &mut self,
        claim: &Claim<'a>,
        path: &str,
        found: &Metadata,
    ) -> Result<bool, TransactionError> {
        Ok(match (self.entry_kind(claim), found.kind) {
            (Some(PayloadKind::File { size, digest }), Kind::File) => {
                *size == found.size && self.looker.digest(path, found)? == *digest
            }
            (Some(PayloadKind::Symlink { target }), Kind::Symlink) => {
                self.looker.digest(path, found)? == Digest::of(target.as_bytes())
            }
            _ => false,
        })
    }

    /// A directory gives way to a file or link: only when packages of this plan own, and lose, everything in it.
    pub(super) fn displace_directory(&mut self, claim: &Claim<'a>) -> Result<(), TransactionError> {
        let mut waiting = vec![claim.path.to_owned()];
        let owned = self.old_directories.contains_key(claim.path);
        while let Some(path) = waiting.pop() {
            let directory = self.looker.root.open_directory(&path)?;
            for name in directory.list()? {
                let inside = directory.join(&name);
                let lost = self.old.contains_key(inside.as_str())
                    || self.old_directories.contains_key(inside.as_str());
                if !owned || !lost || self.claimed.contains(inside.as_str()) {
                    return Err(self.in_the_way(
                        claim,
                        "is a directory on this system that holds something else than this change takes away",
                    ));
                }
                let found = directory.metadata(&name)?;
                if found.as_ref().is_some_and(|found| found.kind == Kind::Directory) {
                    waiting.push(inside);
                } else if let (Some((_, recorded)), Some(found)) = (self.old.get(inside.as_str()), found)
                    && !self.looker.is_unmodified_quick(recorded, &found)?
                {
                    return Err(
                        self.in_the_way(claim, "is a directory on this system that holds modified files")
                    );
                }
            }
        }
        if !owned || self.is_shared(claim.path)? {
            return Err(
                self.in_the_way(claim, "is a directory on this system, but the package has a file there")
            );
        }
        self.displaced.insert(claim.path.to_owned());
        let Some(found) = self.looker.metadata(claim.path)? else {
            return self.place(claim, claim.path, None).map(drop);
        };
        let old = OldFile { kind: FileKind::Directory, digest: None, size: 0, mtime: found.mtime };
        self.place(claim, claim.path, Some(old)).map(drop)
    }

    /// Whether a package outside the plan owns the path too.
    pub(super) fn is_shared(&self, path: &str) -> Result<bool, TransactionError> {
        if !self.staying {
            return Ok(false);
        }
        let owners = crate::store::paths::owners(self.connection, path)?;
        Ok(owners.iter().any(|(owner, _, _)| !self.in_plan.contains(owner)))
    }
}
