//! The closure: from the names asked for to every package that can matter.
//!
//! Names asked for are followed first, through the archive indexes too where those are wanted; then every installed package,
//! as an upgrade or a removal may touch any of its dependents. Conflicts pull nothing in: a package that neither the request
//! nor an installed one leads to cannot get into a result.

use std::collections::{BTreeSet, HashSet};
use std::mem::take;

use super::local::Local;
use super::requirements::Pool;
use super::select::Opened;
use super::{Candidate, Mismatched, Request, Source, Universe, UniverseError, ranks, requirements};
use crate::digest::Digest;
use crate::identity::Architecture;
use crate::package::{Limits, Manifest};
use crate::repository::RepositoryError;
use crate::repository::index::{IndexEntry, Kind};
use crate::sorting;
use crate::store::packages::InstalledPackage;

/// Collects candidates and links them.
pub(super) fn gather(
    request: &Request,
    opened: Vec<Opened>,
    locals: Vec<Local>,
    installed: Vec<InstalledPackage>,
    retained: Vec<(i64, InstalledPackage)>,
    architecture: Architecture,
) -> Result<Universe, UniverseError> {
    let mut gathering = Gathering {
        opened: &opened,
        requested: request.names.iter().map(|name| &**name).collect(),
        architecture,
        shallow: request.query,
        terse: request.whole,
        pool: Pool::default(),
        names: HashSet::new(),
        entries: HashSet::new(),
        waiting: Vec::new(),
        candidates: Vec::new(),
        mismatched: Vec::new(),
    };
    gathering.ask(request.names.iter().map(|name| &**name));
    for local in locals {
        gathering.add_local(local);
    }
    for (transaction, package) in retained {
        gathering.add_retained(transaction, package)?;
    }
    gathering.follow(true)?;
    let mut installed_names = Vec::with_capacity(installed.len());
    for package in installed {
        installed_names.push(package.name.clone());
        gathering.add_installed(package)?;
    }
    if request.everything {
        gathering.add_replacements(&installed_names)?;
    }
    if request.whole {
        gathering.add_everything()?;
    }
    gathering.ask(installed_names.iter().map(|name| &**name));
    gathering.follow(false)?;
    if !opened.iter().all(Opened::settle) {
        return Err(RepositoryError::CacheMissing { document: Kind::Active.document() }.into());
    }
    let Gathering { mut candidates, mismatched, architecture, pool, .. } = gathering;
    ranks::assign(&mut candidates);
    sorting::sort_by(&mut candidates, |left, right| order(left, right, &architecture));
    let requirements = requirements::link(&mut candidates, &pool);
    Ok(Universe {
        generation: 0,
        query: request.query || request.whole,
        architecture,
        repositories: opened.into_iter().map(|opened| opened.used).collect(),
        candidates,
        requirements,
        mismatched,
        problems: Vec::new(),
    })
}

struct Gathering<'a> {
    opened: &'a [Opened],
    requested: BTreeSet<&'a str>,
    architecture: Architecture,
    /// A query: nothing is followed.
    shallow: bool,
    /// A question about relations: what else is said about packages is left out.
    terse: bool,
    /// Their relations.
    pool: Pool,
    /// Names that were or will be looked up.
    names: HashSet<Box<str>>,
    /// (repository, archive, entry) that were looked at.
    entries: HashSet<(usize, bool, u32)>,
    waiting: Vec<Box<str>>,
    candidates: Vec<Candidate>,
    mismatched: Vec<Mismatched>,
}

impl Gathering<'_> {
    fn ask<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            if !self.names.contains(name) {
                self.names.insert(name.into());
                self.waiting.push(name.into());
            }
        }
    }

    /// Looks up every waiting name, and those that its packages lead to.
    fn follow(&mut self, archives: bool) -> Result<(), UniverseError> {
        while let Some(name) = self.waiting.pop() {
            for (place, opened) in self.opened.iter().enumerate() {
                for entry in opened.active.named(&name) {
                    self.add(place, false, entry)?;
                }
                for entry in
                    opened.archive.iter().filter(|_| archives).flat_map(|archive| archive.named(&name))
                {
                    self.add(place, true, entry)?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, repository: usize, archived: bool, id: u32) -> Result<(), UniverseError> {
        if !self.entries.insert((repository, archived, id)) {
            return Ok(());
        }
        let opened = &self.opened[repository];
        let catalog = if archived { opened.archive.as_ref() } else { Some(&opened.active) };
        let Some(catalog) = catalog else { return Ok(()) };
        let package = catalog.entry(id)?;
        if archived && is_active(opened, &package)? {
            return Ok(());
        }
        if !self.fits(&package) {
            self.note_mismatch(&package, Some(repository));
            return Ok(());
        }
        self.push(package, Source::Repository { repository, archived }, false);
        Ok(())
    }

    fn add_local(&mut self, local: Local) {
        if self.fits(&local.package) {
            self.push(local.package, Source::Local { file: local.file }, local.overrides);
        } else {
            self.mismatched.push(mismatch(&local.package, None));
        }
    }

    fn add_installed(&mut self, package: InstalledPackage) -> Result<(), UniverseError> {
        let InstalledPackage { origin, origin_priority, reason, held, .. } = package;
        let source = Source::Installed { origin, origin_priority, reason, held };
        self.add_recorded(package.name, &package.manifest, source)
    }

    fn add_retained(&mut self, transaction: i64, package: InstalledPackage) -> Result<(), UniverseError> {
        let InstalledPackage { origin, origin_priority, reason, held, .. } = package;
        let source = Source::Retained { transaction, origin, origin_priority, reason, held };
        self.add_recorded(package.name, &package.manifest, source)
    }

    fn add_recorded(
        &mut self,
        package: String,
        manifest: &[u8],
        source: Source,
    ) -> Result<(), UniverseError> {
        let manifest = Manifest::parse(manifest, &accepted_once())
            .map_err(|source| UniverseError::Installed { package, source: Box::new(source) })?;
        let overrides = !manifest.sd_overrides.is_empty();
        self.push(IndexEntry::of(&manifest, Digest([0; 32]), 0, String::new()), source, overrides);
        Ok(())
    }

    fn add_replacements(&mut self, installed: &[String]) -> Result<(), UniverseError> {
        for (place, opened) in self.opened.iter().enumerate() {
            for id in installed.iter().flat_map(|name| opened.active.replacing(name)) {
                self.add(place, false, id)?;
            }
        }
        Ok(())
    }

    fn add_everything(&mut self) -> Result<(), UniverseError> {
        for (place, opened) in self.opened.iter().enumerate() {
            for id in opened.active.all() {
                self.add(place, false, id)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, package: IndexEntry, source: Source, overrides: bool) {
        if self.shallow {
            return self.keep(package, source, overrides);
        }
        self.ask(package.dependencies.iter().map(|relation| relation.name.as_str()));
        // Its other versions and architectures matter too when a provided name led here.
        self.ask([package.name.as_str()]);
        self.keep(package, source, overrides);
    }

    fn keep(&mut self, package: IndexEntry, source: Source, overrides: bool) {
        let mut candidate = Candidate {
            package,
            source,
            rank: 0,
            provide_ranks: Vec::new(),
            dependencies: Vec::new(),
            optional: Vec::new(),
            conflicts: Vec::new(),
            replaces: Vec::new(),
            overrides,
        };
        if self.terse {
            let Candidate { package, dependencies, optional, conflicts, replaces, .. } = &mut candidate;
            package.forget_texts();
            *dependencies = self.pool.take(take(&mut package.dependencies));
            *optional = self.pool.take(take(&mut package.optional_dependencies));
            *conflicts = self.pool.take(take(&mut package.conflicts));
            *replaces = self.pool.take(take(&mut package.replaces));
        }
        self.candidates.push(candidate);
    }

    /// A package installs if its architecture is the primary one or `noarch` (PSD-009 §2.3).
    fn fits(&self, package: &IndexEntry) -> bool {
        package.architecture.is_noarch() || package.architecture == self.architecture
    }

    fn note_mismatch(&mut self, package: &IndexEntry, repository: Option<usize>) {
        let asked = self.requested.contains(package.name.as_str())
            || package.provides.iter().any(|provide| self.requested.contains(provide.name.as_str()));
        if asked {
            self.mismatched.push(mismatch(package, repository));
        }
    }
}

/// Limits for what is installed: it was checked when it came, perhaps under limits that were raised then.
fn accepted_once() -> Limits {
    let mut limits = Limits::default();
    for name in Limits::NAMES {
        // No value is higher, so none is refused as lowered.
        let _ = limits.raise(name, u64::MAX);
    }
    limits
}

/// Whether the active index has the very artifact that the archive entry is: then it appears once.
fn is_active(opened: &Opened, package: &IndexEntry) -> Result<bool, UniverseError> {
    for id in opened.active.named(package.name.as_str()) {
        if opened.active.entry(id)?.same_artifact(package) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn mismatch(package: &IndexEntry, repository: Option<usize>) -> Mismatched {
    Mismatched {
        name: package.name.clone(),
        version: package.version.clone(),
        architecture: package.architecture.clone(),
        repository,
    }
}

/// By name, then version descending, then source: local files, what is installed, what is retained, repositories in
/// their order.
fn order(left: &Candidate, right: &Candidate, primary: &Architecture) -> std::cmp::Ordering {
    let source = |candidate: &Candidate| match candidate.source {
        Source::Local { .. } => (0, 0, false),
        Source::Installed { .. } => (1, 0, false),
        Source::Retained { .. } => (2, 0, false),
        Source::Repository { repository, archived } => (3, repository, archived),
    };
    let (a, b) = (&left.package, &right.package);
    a.name
        .cmp(&b.name)
        .then_with(|| right.rank.cmp(&left.rank))
        .then_with(|| source(left).cmp(&source(right)))
        .then_with(|| (a.architecture != *primary).cmp(&(b.architecture != *primary)))
        .then_with(|| a.version.as_str().cmp(b.version.as_str()))
        .then_with(|| a.digest.cmp(&b.digest))
}
