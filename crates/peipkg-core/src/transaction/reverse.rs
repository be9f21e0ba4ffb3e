//! Files of a state to return to (file 5, "Undo"): left where nothing changed them, put back as they were displaced, or
//! from any retained backup of their digest, or from the package that had to be fetched.

use super::TransactionError;
use super::arrive::is_configuration;
use super::claims::Claim;
use super::layout::{Adopted, Copy, CopySource, Planner};
use super::retained::Kept;
use crate::archive::PayloadKind;
use crate::fsx::{Kind, Metadata};
use crate::store::beside::{Beside, Role};
use crate::store::journal::{Action, FileKind, NewFile, Step};
use crate::store::paths::{Object, OwnedPath};
use crate::text::escape;

/// What is written for a claim of the state to return to.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// The entry of the package that was fetched.
    Package,
    /// A copy of what is retained.
    Kept(Kept),
    /// A link as it is recorded.
    Link(Box<str>),
}

impl<'a> Planner<'a> {
    /// The recorded path that a claim returns to.
    pub(super) fn returned(&self, claim: &Claim<'a>) -> Option<&'a OwnedPath> {
        let restores = self.incoming[claim.package].restores.as_ref()?;
        let place = restores.paths.binary_search_by(|owned| (*owned.path).cmp(claim.path)).ok()?;
        Some(&restores.paths[place])
    }

    /// What is written for the claim.
    pub(super) fn content(&mut self, claim: &Claim<'a>) -> Result<Content, TransactionError> {
        if let Some(known) = self.contents.get(claim.path) {
            return Ok(known.clone());
        }
        let content = self.find_content(claim)?;
        self.contents.insert(claim.path, content.clone());
        Ok(content)
    }

    fn find_content(&mut self, claim: &Claim<'a>) -> Result<Content, TransactionError> {
        let incoming = &self.incoming[claim.package];
        if claim.directory || incoming.restores.is_none() {
            return Ok(Content::Package);
        }
        if let Some(kept) = self.retained.displaced_at(claim.path)? {
            return Ok(Content::Kept(kept));
        }
        if incoming.archive().is_some() {
            return Ok(Content::Package);
        }
        match self.entry_kind(claim) {
            Some(PayloadKind::Symlink { target }) => Ok(Content::Link(target.clone())),
            Some(PayloadKind::File { digest, .. }) => {
                let kept = self.retained.with_digest(digest)?;
                let path = claim.path.to_owned();
                let missing = || TransactionError::NotRetained { path, package: incoming.title() };
                Ok(Content::Kept(kept.ok_or_else(missing)?))
            }
            _ => Ok(Content::Package),
        }
    }

    pub(super) fn arrive_reversed(&mut self, claim: &Claim<'a>) -> Result<(), TransactionError> {
        let old = self.old.get(claim.path).map(|(_, owned)| *owned);
        let displaced = self.retained.displaced_at(claim.path)?;
        let record =
            self.returned(claim).map_or((self.build_time(claim), false), |owned| (owned.mtime, owned.found));
        self.records.insert(claim.path, record);
        if displaced.is_none() && old.is_some_and(|old| self.same_content(claim, &old.object)) {
            return Ok(()); // the reversed transaction did not touch it either
        }
        let Some(found) = self.looker.metadata(claim.path)? else {
            return self.place(claim, claim.path, None).map(drop);
        };
        if found.kind == Kind::Special {
            return Err(self.in_the_way(claim, "is a device, FIFO or socket on this system"));
        }
        if self.holds(claim, displaced.as_ref(), &found)? {
            if old.is_none() {
                self.layout.adopted.push(Adopted { path: claim.path.to_owned(), found });
            }
            return Ok(());
        }
        match old {
            Some(old) if is_configuration(claim.path) => {
                self.arrive_reversed_configuration(claim, old, &found, displaced.is_some())
            }
            Some(_) if found.kind != Kind::Directory => self.replace(claim, &found),
            Some(_) => {
                Err(self.in_the_way(claim, "is a directory on this system, but the package has a file there"))
            }
            None if found.kind == Kind::Directory => self.displace_directory(claim),
            None if displaced.is_some() && !self.request.overwrite_unowned => {
                let package = self.incoming[claim.package].title();
                Err(TransactionError::Unowned { path: claim.path.to_owned(), package })
            }
            None if displaced.is_some() => self.replace(claim, &found),
            None => {
                // The reversed transaction left it there, because somebody had changed it.
                self.layout.warnings.push(format!(
                    "/{} differs from what {} installed; it is left as it is",
                    escape(claim.path),
                    self.incoming[claim.package].title()
                ));
                self.layout.adopted.push(Adopted { path: claim.path.to_owned(), found });
                Ok(())
            }
        }
    }

    /// A file that the operator changed stays. What the reversed transaction had displaced is put beside it.
    fn arrive_reversed_configuration(
        &mut self,
        claim: &Claim<'a>,
        old: &OwnedPath,
        found: &Metadata,
        displaced: bool,
    ) -> Result<(), TransactionError> {
        if self.looker.is_unmodified(old, found)? {
            return self.replace(claim, found);
        }
        if displaced { self.put_beside(claim) } else { Ok(()) }
    }

    /// Whether the disk holds what the state to return to had there.
    fn holds(
        &mut self,
        claim: &Claim<'a>,
        displaced: Option<&Kept>,
        found: &Metadata,
    ) -> Result<bool, TransactionError> {
        let Some(kept) = displaced else { return self.is_what_arrives(claim, claim.path, found) };
        let (Some(digest), true) = (kept.digest, super::retained::is_kind(found, kept.kind)) else {
            return Ok(false);
        };
        Ok(found.size == kept.size && self.looker.digest(claim.path, found)? == digest)
    }

    /// Has a copy of what is retained written at `staged`.
    pub(super) fn copy(&mut self, step: usize, staged: String, source: CopySource, mtime: i64) {
        self.layout.written.push(self.layout.steps[step].path.clone());
        self.layout.copies.push(Copy { step, staged, source, mtime });
    }

    /// Paths that belonged to no package: what was displaced there comes back, what was put beside a configuration file
    /// goes, where nobody changed it since.
    pub(super) fn return_loose(&mut self) -> Result<(), TransactionError> {
        let beside = std::mem::take(&mut self.retained.beside);
        for path in std::mem::take(&mut self.retained.loose) {
            if self.claimed.contains(path.as_str()) {
                continue;
            }
            if let Some(kept) = self.retained.displaced_at(&path)? {
                let ours = beside.iter().find(|one| one.path == path);
                self.return_one(&path, &kept, ours)?;
            }
        }
        for one in &beside {
            if !self.handled.contains(&one.path) && self.is_spent(one) {
                self.take_beside(one)?;
            }
        }
        Ok(())
    }

    /// A `.peipkg-save` whose content went back to its place, and every `.peipkg-new`.
    fn is_spent(&self, one: &Beside) -> bool {
        let copied = |copy: &Copy| matches!(&copy.source, CopySource::Kept(kept) if kept.lies == one.path);
        one.role == Role::New || self.layout.copies.iter().any(copied)
    }

    fn return_one(&mut self, path: &str, kept: &Kept, ours: Option<&Beside>) -> Result<(), TransactionError> {
        let Ok(found) = self.looker.metadata(path) else { return Ok(()) };
        let recorded = self.old.get(path).map(|(_, owned)| *owned);
        let replaceable = match (&found, recorded, ours) {
            (None, _, _) => self.looker.parent(path)?.is_some(),
            (Some(found), Some(recorded), _) => {
                !recorded.found && self.looker.is_unmodified(recorded, found)?
            }
            (Some(found), None, Some(ours)) => self.is_beside(ours, found)?,
            (Some(_), None, None) => false,
        };
        if !replaceable {
            return Ok(());
        }
        let old = match &found {
            Some(found) => Some(self.displace(path, found)?),
            None => None,
        };
        let claimed = &self.claimed;
        let is_claimed = |name: &str| claimed.contains(name);
        let staged = self.names.staged(path, &mut self.looker, &is_claimed)?;
        let backup = match old {
            Some(_) => Some(self.names.backup(path, &mut self.looker, &is_claimed)?),
            None => None,
        };
        let new = Some(NewFile { kind: kept.kind, digest: kept.digest, size: kept.size });
        let action = if old.is_some() { Action::Replace } else { Action::Create };
        let step =
            self.push(Step { action, path: path.to_owned(), staged: Some(staged.clone()), backup, new, old });
        self.copy(step, staged, CopySource::Kept(kept.clone()), 0);
        self.handled.insert(path.to_owned());
        self.layout.notes.push(format!("/{} belonged to no package and is put back", escape(path)));
        Ok(())
    }

    fn take_beside(&mut self, one: &Beside) -> Result<(), TransactionError> {
        let Ok(Some(found)) = self.looker.metadata(&one.path) else { return Ok(()) };
        if self.claimed.contains(one.path.as_str()) || !self.is_beside(one, &found)? {
            return Ok(());
        }
        let old = self.displace(&one.path, &found)?;
        self.take_away(&one.path, old)?;
        self.handled.insert(one.path.clone());
        Ok(())
    }

    /// Whether the file beside a configuration file is still the one that was put there.
    fn is_beside(&mut self, one: &Beside, found: &Metadata) -> Result<bool, TransactionError> {
        let Some(digest) = one.digest else { return Ok(false) };
        Ok(super::retained::is_kind(found, one.kind)
            && found.size == one.size
            && self.looker.digest(&one.path, found)? == digest)
    }
}

/// The journal's record of a content.
pub(super) fn new_file(content: &Content) -> Option<NewFile> {
    match content {
        Content::Package => None,
        Content::Kept(kept) => Some(NewFile { kind: kept.kind, digest: kept.digest, size: kept.size }),
        Content::Link(target) => Some(NewFile {
            kind: FileKind::Symlink,
            digest: Some(crate::digest::Digest::of(target.as_bytes())),
            size: target.len() as u64,
        }),
    }
}

/// The payload of a recorded path.
pub(super) fn payload(object: &Object) -> PayloadKind {
    match object {
        Object::File { size, digest } => PayloadKind::File { size: *size, digest: *digest },
        Object::Directory => PayloadKind::Directory,
        Object::Symlink { target } => PayloadKind::Symlink { target: target.clone() },
    }
}
