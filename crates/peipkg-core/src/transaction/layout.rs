//! From packages in and out to the steps of the journal: what is created, replaced, removed, adopted, kept.
//!
//! Reads the disk and the database, changes neither. New directories are never made at their final path: a directory
//! that is not there yet is staged with its whole subtree beside it and moved by one rename.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::Connection;

use super::ahead::look_ahead;
use super::claims::{self, Claim};
use super::look::Looker;
use super::names::Names;
use super::order::arrange;
use super::request::Request;
use super::retained::{Kept, Retained};
use super::reverse::{self, Content};
use super::{Before, Incoming, Leaving, TransactionError};
use crate::archive::PayloadKind;
use crate::digest::Digest;
use crate::fsx::{Kind, Metadata, Root};
use crate::sorting;
use crate::store::beside::Beside;
use crate::store::journal::{Action, FileKind, NewFile, OldFile, Step};
use crate::store::paths;
use crate::store::paths::{Object, OwnedPath};

/// Where one entry of a package is written.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub package: usize,
    /// Index of the package's entry.
    pub entry: usize,
    /// Its journal step.
    pub step: usize,
    /// The staged path.
    pub staged: String,
}

/// A retained file or link that is copied.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    /// Its journal step.
    pub step: usize,
    /// The staged path.
    pub staged: String,
    pub source: CopySource,
    /// Its time, in seconds since 1970; what was displaced at this very path brings its own.
    pub mtime: i64,
}

/// What is copied.
#[derive(Debug, Clone)]
pub(super) enum CopySource {
    Kept(Kept),
    /// A link is made anew from its recorded target.
    Link(Box<str>),
}

/// An unowned file that is taken over as it is; looked at again just before the commit.
#[derive(Debug)]
pub(super) struct Adopted {
    pub path: String,
    pub found: Metadata,
}

/// Everything that staging, applying and committing need.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub steps: Vec<Step>,
    /// Staged directories to be made, parents first, with their journal step.
    pub directories: Vec<(String, usize)>,
    pub writes: Vec<Write>,
    pub copies: Vec<Copy>,
    pub adopted: Vec<Adopted>,
    /// For each incoming package the paths it owns afterwards, sorted.
    pub owned: Vec<Vec<OwnedPath>>,
    /// Paths that are written, and paths whose old content goes: for side effects.
    pub written: Vec<String>,
    pub gone: Vec<String>,
    pub warnings: Vec<String>,
    pub notes: Vec<String>,
    /// Steps whose backup is the kept `.peipkg-save`, not something to retain.
    pub saves: HashSet<usize>,
    /// What is put beside configuration files.
    pub beside: Vec<Beside>,
}

/// A subtree that is being laid out under one staged name.
pub(super) struct Tree {
    pub top: String,
    pub staged: String,
}

pub(super) struct Planner<'a> {
    pub connection: &'a Connection,
    pub request: &'a Request,
    pub incoming: &'a [Incoming],
    pub looker: Looker<'a>,
    pub names: Names,
    /// What the packages of the plan own now, directories left out: path → owner's name and record.
    pub old: HashMap<&'a str, (&'a str, &'a OwnedPath)>,
    /// Directories that the packages of the plan own now → whether they were found.
    pub old_directories: HashMap<&'a str, bool>,
    pub claimed: HashSet<&'a str>,
    pub in_plan: HashSet<i64>,
    pub staying: bool,
    pub tree: Option<Tree>,
    /// Directories that give way to a file: everything below them goes with them.
    pub displaced: BTreeSet<String>,
    /// What becomes of a claimed path whose record is not simply the entry's: mtime and found.
    pub records: BTreeMap<&'a str, (i64, bool)>,
    /// What the transactions that are reversed displaced.
    pub retained: Retained<'a>,
    /// Where the claims of restored packages get their content, as far as it is known.
    pub contents: HashMap<&'a str, Content>,
    /// Paths of no package that were dealt with.
    pub handled: HashSet<String>,
    /// Files outside `/etc` that were modified and are replaced.
    pub modified: Vec<&'a str>,
    pub layout: Layout,
}

/// Lays out the transaction with that number.
pub(super) fn plan<'a>(
    root: &'a Root,
    connection: &'a Connection,
    transaction: i64,
    request: &'a Request,
    incoming: &'a [Incoming],
    leaving: &'a [Leaving],
) -> Result<Layout, TransactionError> {
    let before: Vec<_> = incoming
        .iter()
        .filter_map(|one| one.before.as_ref())
        .chain(leaving.iter().map(|one| &one.before))
        .collect();
    let ((claims, (old, old_directories)), found) =
        look_ahead(root, transaction, incoming, || (claims::claims(incoming), owned_now(&before)));
    let claims = claims?;
    let in_plan: HashSet<i64> = before.iter().map(|before| before.package.id).collect();
    let staying = claims::any_staying(connection, in_plan.len())?;
    claims::check_owners(connection, &claims, incoming, &in_plan, staying)?;
    let warnings = incoming.iter().flat_map(|one| one.warnings.clone()).collect();
    let mut planner = Planner {
        connection,
        request,
        incoming,
        looker: Looker::knowing(root, found),
        names: Names::new(transaction),
        old,
        old_directories,
        claimed: claims.iter().map(|claim| claim.path).collect(),
        in_plan,
        staying,
        tree: None,
        displaced: BTreeSet::new(),
        records: BTreeMap::new(),
        retained: Retained::read(root, connection, &request.reverses, false)?,
        contents: HashMap::new(),
        handled: HashSet::new(),
        modified: Vec::new(),
        layout: Layout { warnings, ..Layout::default() },
    };
    for claim in &claims {
        planner.lay_out(claim)?;
    }
    planner.return_loose()?;
    planner.depart(&before)?;
    planner.warn_of_modified();
    planner.record();
    arrange(&mut planner.layout);
    Ok(planner.layout)
}

/// Files and links by path, with their owner's name; directories by path, with whether they were found.
type OwnedNow<'a> = (HashMap<&'a str, (&'a str, &'a OwnedPath)>, HashMap<&'a str, bool>);

/// What the packages of the plan own now.
fn owned_now<'a>(before: &[&'a Before]) -> OwnedNow<'a> {
    let (mut old, mut old_directories) = (HashMap::new(), HashMap::new());
    for before in before {
        for owned in &before.paths {
            if owned.object.is_directory() {
                // One owner that made it is enough: the others found what it had made.
                *old_directories.entry(&*owned.path).or_insert(true) &= owned.found;
            } else {
                old.insert(&*owned.path, (before.package.name.as_str(), owned));
            }
        }
    }
    (old, old_directories)
}

impl<'a> Planner<'a> {
    fn lay_out(&mut self, claim: &Claim<'a>) -> Result<(), TransactionError> {
        if let Some(tree) = &self.tree {
            if let Some(inside) = claim.path.strip_prefix(&tree.top)
                && inside.starts_with('/')
            {
                let staged = format!("{}{inside}", tree.staged);
                return self.stage_inside(claim, staged);
            }
            self.tree = None;
        }
        if claim.directory { self.arrive_directory(claim) } else { self.arrive_file(claim) }
    }

    fn stage_inside(&mut self, claim: &Claim<'a>, staged: String) -> Result<(), TransactionError> {
        if let Some((_, old)) = self.old.get(claim.path) {
            self.layout.gone.push(old.path.to_string());
        }
        let new = Some(self.new_file(claim)?);
        let step = self.push(Step {
            action: Action::Inside,
            path: claim.path.to_owned(),
            staged: None,
            backup: None,
            new,
            old: None,
        });
        self.stage(claim, step, staged)?;
        self.records.insert(claim.path, (self.time(claim), false));
        Ok(())
    }

    /// Has the claimed entry written at `staged`.
    pub(super) fn stage(
        &mut self,
        claim: &Claim<'a>,
        step: usize,
        staged: String,
    ) -> Result<(), TransactionError> {
        let Some(entry) = claim.entry.filter(|_| !claim.directory) else {
            self.layout.directories.push((staged, step));
            return Ok(());
        };
        let time = self.time(claim);
        match self.content(claim)? {
            Content::Package => {
                self.layout.written.push(claim.path.to_owned());
                self.layout.writes.push(Write { package: claim.package, entry, step, staged });
            }
            Content::Kept(kept) => self.copy(step, staged, CopySource::Kept(kept), time),
            Content::Link(target) => self.copy(step, staged, CopySource::Link(target), time),
        }
        Ok(())
    }

    fn arrive_directory(&mut self, claim: &Claim<'a>) -> Result<(), TransactionError> {
        match self.looker.metadata(claim.path)? {
            None => self.begin_tree(claim, None),
            Some(found) if found.kind == Kind::Directory => {
                let found = match self.returned(claim) {
                    Some(owned) => owned.found,
                    None => self.was_found(claim.path)?,
                };
                self.records.insert(claim.path, (0, found));
                Ok(())
            }
            // A type change of this very plan: the subtree takes the place of the file or link.
            Some(found) if self.old.contains_key(claim.path) && found.kind != Kind::Special => {
                let old = self.displace(claim.path, &found)?;
                self.begin_tree(claim, Some(old))
            }
            Some(found) => Err(self.in_the_way(
                claim,
                match found.kind {
                    Kind::Symlink => "is a symlink on this system where the package has a directory",
                    _ => "is not a directory on this system, but the package has a directory there",
                },
            )),
        }
    }

    fn begin_tree(&mut self, claim: &Claim<'a>, old: Option<OldFile>) -> Result<(), TransactionError> {
        let step = self.place(claim, claim.path, old)?;
        let staged = self.layout.steps[step].staged.clone().unwrap_or_default();
        self.tree = Some(Tree { top: claim.path.to_owned(), staged });
        self.records.insert(claim.path, (0, false));
        Ok(())
    }

    /// Creates or replaces what lies at `path` with the claimed entry.
    pub(super) fn place(
        &mut self,
        claim: &Claim<'a>,
        path: &str,
        old: Option<OldFile>,
    ) -> Result<usize, TransactionError> {
        let claimed = &self.claimed;
        let is_claimed = |name: &str| claimed.contains(name);
        let staged = self.names.staged(path, &mut self.looker, &is_claimed)?;
        let backup = match old {
            Some(_) => Some(self.names.backup(path, &mut self.looker, &is_claimed)?),
            None => None,
        };
        let new = Some(self.new_file(claim)?);
        let step = self.push(Step {
            action: if old.is_some() { Action::Replace } else { Action::Create },
            path: path.to_owned(),
            staged: Some(staged.clone()),
            backup,
            new,
            old,
        });
        self.stage(claim, step, staged)?;
        Ok(step)
    }

    pub(super) fn push(&mut self, step: Step) -> usize {
        self.layout.steps.push(step);
        self.layout.steps.len() - 1
    }

    /// What the journal records of the file that is displaced at `path`.
    pub(super) fn displace(&mut self, path: &str, found: &Metadata) -> Result<OldFile, TransactionError> {
        let recorded = self.old.get(path).map(|(_, owned)| *owned);
        if recorded.is_some() {
            self.layout.gone.push(path.to_owned());
        }
        Ok(self.looker.old_file(path, found, recorded)?)
    }

    /// Whether a directory that exists counts as found: unless a package that owns it now had it made.
    fn was_found(&self, path: &str) -> Result<bool, TransactionError> {
        if let Some(found) = self.old_directories.get(path) {
            return Ok(*found);
        }
        let owners = if self.staying { paths::owners(self.connection, path)? } else { Vec::new() };
        Ok(owners.iter().all(|(_, _, owned)| owned.found))
    }

    pub(super) fn new_file(&mut self, claim: &Claim<'a>) -> Result<NewFile, TransactionError> {
        if let Some(new) = reverse::new_file(&self.content(claim)?) {
            return Ok(new);
        }
        Ok(match self.entry_kind(claim) {
            None | Some(PayloadKind::Directory) => {
                NewFile { kind: FileKind::Directory, digest: None, size: 0 }
            }
            Some(PayloadKind::File { size, digest }) => {
                NewFile { kind: FileKind::File, digest: Some(*digest), size: *size }
            }
            Some(PayloadKind::Symlink { target }) => NewFile {
                kind: FileKind::Symlink,
                digest: Some(Digest::of(target.as_bytes())),
                size: target.len() as u64,
            },
        })
    }

    pub(super) fn entry_kind(&self, claim: &Claim<'a>) -> Option<&'a PayloadKind> {
        claim.entry.map(|entry| &self.incoming[claim.package].entries()[entry].kind)
    }

    pub(super) fn build_time(&self, claim: &Claim<'a>) -> i64 {
        if claim.directory { 0 } else { self.incoming[claim.package].manifest().build.timestamp.seconds() }
    }

    /// The time of what is written: the package's, or of a retained one the recorded one.
    fn time(&self, claim: &Claim<'a>) -> i64 {
        match self.returned(claim) {
            Some(owned) if self.incoming[claim.package].archive().is_none() => owned.mtime,
            _ => self.build_time(claim),
        }
    }

    pub(super) fn in_the_way(&self, claim: &Claim<'a>, reason: &'static str) -> TransactionError {
        let package = self.incoming[claim.package].title();
        TransactionError::InTheWay { path: claim.path.to_owned(), reason, package }
    }

    /// The paths that each package owns afterwards.
    fn record(&mut self) {
        for arriving in self.incoming {
            let mut owned = Vec::new();
            let mut seen: HashSet<&str> = HashSet::new();
            for entry in arriving.entries() {
                let object = match &entry.kind {
                    PayloadKind::Directory => Object::Directory,
                    PayloadKind::File { size, digest } => Object::File { size: *size, digest: *digest },
                    PayloadKind::Symlink { target } => Object::Symlink { target: target.clone() },
                };
                if seen.insert(&entry.path) {
                    owned.push(self.record_of(&entry.path, object));
                }
            }
            for entry in arriving.entries() {
                let mut above = crate::fsx::split(&entry.path).0;
                while !above.is_empty() && seen.insert(above) {
                    owned.push(self.record_of(above, Object::Directory));
                    above = crate::fsx::split(above).0;
                }
            }
            sorting::sort_by(&mut owned, |a, b| a.path.cmp(&b.path));
            self.layout.owned.push(owned);
        }
    }

    fn record_of(&self, path: &str, object: Object) -> OwnedPath {
        let (mtime, found) = self.records.get(path).copied().unwrap_or_default();
        OwnedPath { path: path.into(), object, mtime, found }
    }
}
