//! `doctor --import`: taking over the database that the reference implementation left.
//!
//! The new database is made whole under the name that the old one will have, then the two change places in one call: before
//! it the root is the other tool's, after it ours. Killed in between, the command starts over.

use std::collections::HashMap;

use super::TransactionError;
use super::lock::{Lock, Wait};
use super::look::Looker;
use super::request::Control;
use crate::audit::{Event, Package, Type, flush, record};
use crate::digest::Digest;
use crate::fsx::{Directory, FsError, Kind, Renaming, Root, fault, state};
use crate::identity::{Architecture, Name, Version};
use crate::package::{Limits, Manifest};
use crate::sorting;
use crate::store::packages::{self, InstalledPackage, Reason};
use crate::store::paths::{self, Object, OwnedPath};
use crate::store::reference::{Reference, ReferencePackage, ReferencePath};
use crate::store::{Store, StoreError, repositories};

/// What was taken over.
#[derive(Debug)]
pub struct Imported {
    /// Installed packages.
    pub packages: usize,
    /// Their paths.
    pub paths: usize,
    /// Repositories whose floors are known.
    pub repositories: usize,
    /// Where the old database lies now, relative to the root.
    pub aside: String,
    /// What people must know.
    pub warnings: Vec<String>,
}

/// Takes the reference's database over, or leaves everything as it was.
pub fn import(
    root: &Root,
    command: &str,
    wait: Wait,
    now: i64,
    control: &Control,
) -> Result<Imported, TransactionError> {
    let refused = |reason: &str| TransactionError::ImportRefused { reason: reason.to_owned() };
    if root.metadata(state::DATABASE)?.is_none_or(|found| found.kind != Kind::File) {
        return Err(refused("there is no /var/lib/peipkg/db.sqlite"));
    }
    let _lock = Lock::acquire(root, command, wait, now, control)?;
    let reference = Reference::open(&root.absolute(state::DATABASE))?.ok_or_else(|| {
        refused("/var/lib/peipkg/db.sqlite is not a database of the reference implementation")
    })?;
    if reference.pending()? > 0 {
        return Err(refused(
            "a transaction of the other tool is pending: let that tool finish or undo it first",
        ));
    }
    let content = Content::read(root, &reference)?;
    let directory = root.open_directory(state::STATE)?;
    let name = aside(root, &directory)?;
    build(root, &directory, &name, &content, now)?;
    fault::step("db-exchange").map_err(|error| FsError::new("exchange", state::DATABASE, error))?;
    exchange(&directory, &name)?;
    directory.sync()?;
    drop(reference);
    // Opened once for writing, it is as every database of ours: readers need no right to write.
    let mut store = Store::write(root, &content.architecture)?;
    let warnings = flush(root, &mut store, true);
    Ok(Imported {
        packages: content.packages.len(),
        paths: content.paths.len(),
        repositories: content.floors.len(),
        aside: format!("{}/{name}", state::STATE),
        warnings,
    })
}

/// All that is taken over, checked.
struct Content {
    architecture: String,
    packages: Vec<InstalledPackage>,
    /// By path; the index of the package.
    paths: Vec<(usize, OwnedPath)>,
    /// Repository, index version, time of generation.
    floors: Vec<(String, u64, i64)>,
}

impl Content {
    fn read(root: &Root, reference: &Reference) -> Result<Self, TransactionError> {
        let mut packages = Vec::new();
        for package in reference.packages()? {
            packages.push(checked(package)?);
        }
        let index: HashMap<String, usize> =
            packages.iter().enumerate().map(|(at, package)| (package.name.clone(), at)).collect();
        let mut looker = Looker::new(root);
        let mut paths = Vec::new();
        for path in reference.paths()? {
            let Some(&at) = index.get(&path.package) else {
                return Err(damaged(&path.path, "belongs to a package that is not recorded"));
            };
            paths.push((at, owned(&mut looker, &path)?));
        }
        sorting::sort_by(&mut paths, |(one, path), (other, next)| {
            path.path.cmp(&next.path).then(one.cmp(other))
        });
        let floors = reference.floors()?;
        let specific = packages.iter().find(|package| package.architecture != "noarch");
        let architecture = specific.map_or_else(
            || Architecture::of_this_machine().to_string(),
            |package| package.architecture.clone(),
        );
        Ok(Self {
            architecture,
            packages,
            paths,
            floors: floors
                .into_iter()
                .map(|floor| (floor.repository, floor.index_version, floor.generated_at))
                .collect(),
        })
    }
}

fn damaged(what: &str, reason: &str) -> TransactionError {
    let what = crate::text::escape(what);
    TransactionError::ImportRefused { reason: format!("{what} {reason} in the other tool's database") }
}

/// Later commands read what is recorded as strictly as a package's own manifest.
fn checked(package: ReferencePackage) -> Result<InstalledPackage, TransactionError> {
    let invalid = |reason: &str| damaged(&package.name, reason);
    Name::parse(&package.name).map_err(|_| invalid("is no name of a package"))?;
    Version::parse(&package.version).map_err(|_| invalid("has no valid version"))?;
    let mut limits = Limits::default();
    for name in Limits::NAMES {
        let _ = limits.raise(name, u64::MAX); // it was accepted under other limits
    }
    // The reference may have kept it without the newline that a package's has.
    let mut manifest = package.manifest.clone();
    if manifest.last() != Some(&b'\n') {
        manifest.push(b'\n');
    }
    let parsed = Manifest::parse(&manifest, &limits)
        .map_err(|error| invalid(&format!("has a manifest that cannot be read ({error})")))?;
    let same = parsed.name.as_str() == package.name && parsed.version.as_str() == package.version;
    if !same || parsed.architecture.as_str() != package.architecture {
        return Err(invalid("has the manifest of another package"));
    }
    Ok(InstalledPackage {
        id: 0,
        name: package.name,
        version: package.version,
        architecture: package.architecture,
        origin: package.origin,
        origin_priority: None,
        // It did not record why: nothing may be taken for a mere dependency.
        reason: Reason::Explicit,
        held: false,
        installed_at: package.installed_at,
        manifest,
    })
}

fn owned(looker: &mut Looker<'_>, recorded: &ReferencePath) -> Result<OwnedPath, TransactionError> {
    let path = recorded.path.trim_matches('/');
    crate::package::payload::check_path(path).map_err(|error| damaged(&recorded.path, &error.to_string()))?;
    let found = looker.metadata(path).unwrap_or(None);
    let object = match (&*recorded.kind, &recorded.hash, &recorded.target) {
        ("dir", _, _) => Object::Directory,
        ("symlink", _, Some(target)) => Object::Symlink { target: target.as_str().into() },
        ("file", Some(hash), _) => {
            let digest: Digest = hash
                .strip_prefix("sha256:")
                .unwrap_or(hash)
                .parse()
                .map_err(|_| damaged(&recorded.path, "has no valid hash"))?;
            // The size is not recorded there: that of the file, if it is still one.
            let size = found.as_ref().filter(|found| found.kind == Kind::File).map_or(0, |found| found.size);
            Object::File { size, digest }
        }
        _ => return Err(damaged(&recorded.path, "is of an unknown type")),
    };
    let mtime = if object.is_directory() { 0 } else { found.map_or(0, |found| found.mtime / 1_000_000_000) };
    Ok(OwnedPath { path: path.into(), object, mtime, found: false })
}

/// A name for the old database that nothing has, or that a killed run left ours under.
fn aside(root: &Root, directory: &Directory) -> Result<String, TransactionError> {
    for counter in 0..100 {
        let name = if counter == 0 {
            "db.sqlite.reference".to_owned()
        } else {
            format!("db.sqlite.reference-{counter}")
        };
        let path = format!("{}/{name}", state::STATE);
        let is_free = match root.metadata(&path)? {
            None => true,
            Some(found) => found.kind == Kind::File && Store::is_ours(&root.absolute(&path)),
        };
        if is_free {
            directory.unlink(&name)?;
            directory.unlink(&format!("{name}-journal"))?;
            return Ok(name);
        }
    }
    Err(TransactionError::ImportRefused { reason: "old databases fill /var/lib/peipkg".to_owned() })
}

fn build(
    root: &Root,
    directory: &Directory,
    name: &str,
    content: &Content,
    now: i64,
) -> Result<(), TransactionError> {
    drop(directory.create_file(name, 0o644)?);
    let path = root.absolute(&format!("{}/{name}", state::STATE));
    let mut store = Store::build(&path, &content.architecture)?;
    store.change(|change| -> Result<(), StoreError> {
        let rows: Vec<i64> = content
            .packages
            .iter()
            .map(|package| packages::insert(change, package))
            .collect::<Result<_, _>>()?;
        paths::insert(change, content.paths.iter().map(|(at, path)| (rows[*at], path)))?;
        for (repository, version, generated) in &content.floors {
            repositories::set_floor(change, repository, *version, *generated)?;
        }
        Store::advance_generation(change)?;
        record(change, root, now, &event(content))
    })?;
    Ok(())
}

fn event(content: &Content) -> Event {
    let package = |package: &InstalledPackage| Package {
        name: package.name.clone(),
        version: Some(package.version.clone()),
        from: None,
        architecture: Some(package.architecture.clone()),
        repository: package.origin.clone(),
    };
    Event {
        reason: Some("the database of the reference implementation was taken over".to_owned()),
        packages: content.packages.iter().map(package).collect(),
        ..Event::new(Type::Recovery, "import")
    }
}

/// The new database lies under the old one's later name; afterwards it is the other way round.
fn exchange(directory: &Directory, name: &str) -> Result<(), FsError> {
    match directory.rename(name, directory, "db.sqlite", Renaming::Exchange) {
        Err(error) if matches!(error.errno(), Some(EINVAL | ENOSYS)) => {
            let kept = format!("{name}-old");
            directory.link("db.sqlite", directory, &kept)?;
            directory.rename(name, directory, "db.sqlite", Renaming::Over)?;
            directory.rename(&kept, directory, name, Renaming::Over)
        }
        other => other,
    }
}

const EINVAL: i32 = 22;
const ENOSYS: i32 = 38;
