//! `doctor --rebuild`: after the loss of the database, packages whose every file on disk equals an offered package are
//! recorded as installed again.

use std::collections::{BTreeMap, HashSet};

use super::lock::{Lock, Wait};
use super::look::Looker;
use super::request::{Control, Phase, Requested};
use super::{TransactionError, verify};
use crate::archive::{PayloadEntry, PayloadKind, VerifiedPackage};
use crate::audit::{Event, Package, Type, flush, record};
use crate::digest::Digest;
use crate::fsx::{Kind, Root, state};
use crate::identity::Architecture;
use crate::package::Limits;
use crate::sorting;
use crate::store::packages::{self, InstalledPackage, Reason};
use crate::store::paths::{self, Object, OwnedPath};
use crate::store::{Store, StoreError, descriptors};

/// Where packages put things; what lies there and belongs to nobody is told.
const PLACES: [&str; 5] = ["boot", "etc", "opt", "system", "usr"];
/// The most paths that are told.
const MOST_UNPLACED: usize = 10_000;

/// Packages to compare the disk with.
pub struct RebuildRequest {
    /// Each a `Put`.
    pub packages: Vec<Requested>,
    /// Bounds on packages.
    pub limits: Limits,
    /// The command line.
    pub command: String,
    /// How long to wait for the lock.
    pub wait: Wait,
    /// Seconds since 1970.
    pub now: i64,
}

/// What came of it.
#[derive(Debug)]
pub struct Rebuilt {
    /// Name and version of what is recorded again.
    pub adopted: Vec<(String, String)>,
    /// Name, version and why it was not taken.
    pub rejected: Vec<(String, String, String)>,
    /// Files and links that no recorded package owns.
    pub unplaced: Vec<String>,
    /// Whether there are more of them.
    pub more: bool,
    /// What people must know.
    pub warnings: Vec<String>,
}

/// A package that is on the disk, whole.
struct Found {
    package: InstalledPackage,
    paths: Vec<OwnedPath>,
    verified: VerifiedPackage,
}

/// Compares, records what fits in one database commit, and says what is left.
pub fn rebuild(
    root: &Root,
    request: &RebuildRequest,
    control: &Control,
) -> Result<Rebuilt, TransactionError> {
    let lock = Lock::acquire(root, &request.command, request.wait, request.now, control)?;
    let mut store = Store::write(root, Architecture::of_this_machine().as_str())?;
    super::recover::bring_to_rest(root, &mut store, &lock, request.now)?;
    let mut rejected = Vec::new();
    let found = compare(root, request, &store, &mut rejected, control)?;
    let chosen = choose(found, &store, &mut rejected)?;
    store.change(|change| -> Result<(), StoreError> {
        let mut owned = Vec::new();
        for one in &chosen {
            let row = packages::insert(change, &one.package)?;
            descriptors::replace(change, row, &one.verified.manifest.sd_overrides)?;
            owned.extend(one.paths.iter().map(|path| (row, path)));
        }
        sorting::sort_by(&mut owned, |(one, path), (other, next)| {
            path.path.cmp(&next.path).then(one.cmp(other))
        });
        paths::insert(change, owned.into_iter())?;
        if !chosen.is_empty() {
            Store::advance_generation(change)?;
            record(change, root, request.now, &event(&chosen))?;
        }
        Ok(())
    })?;
    let warnings = flush(root, &mut store, true);
    let (unplaced, more) = unplaced(root, &store)?;
    let adopted = chosen.into_iter().map(|one| (one.package.name, one.package.version)).collect();
    Ok(Rebuilt { adopted, rejected, unplaced, more, warnings })
}

fn compare(
    root: &Root,
    request: &RebuildRequest,
    store: &Store,
    rejected: &mut Vec<(String, String, String)>,
    control: &Control,
) -> Result<Vec<Found>, TransactionError> {
    let mut found = Vec::new();
    let total = request.packages.len() as u64;
    for (done, operation) in request.packages.iter().enumerate() {
        control.check()?;
        (control.progress)(Phase::Verify, done as u64, total);
        let Requested::Put { file, expected, .. } = operation else { continue };
        if packages::find(store.connection(), &expected.name)?.is_some() {
            continue; // recorded already
        }
        let verified = match verify::verify_alone(file, expected, &request.limits, request.now, control) {
            Ok(verified) => verified,
            Err(TransactionError::Cancelled) => return Err(TransactionError::Cancelled),
            Err(error) => {
                rejected.push((expected.name.clone(), expected.version.clone(), error.to_string()));
                continue;
            }
        };
        match owned_paths(root, &verified)? {
            Ok(paths) => found.push(Found {
                package: InstalledPackage {
                    id: 0,
                    name: expected.name.clone(),
                    version: expected.version.clone(),
                    architecture: expected.architecture.clone(),
                    origin: expected.repository.clone(),
                    origin_priority: expected.priority,
                    // Why it was installed is lost: nothing may be taken for a mere dependency.
                    reason: Reason::Explicit,
                    held: false,
                    installed_at: request.now,
                    manifest: verified.manifest_bytes.clone(),
                },
                paths,
                verified,
            }),
            Err(differs) => {
                rejected.push((expected.name.clone(), expected.version.clone(), differs));
            }
        }
    }
    Ok(found)
}

/// The paths as they are recorded, or which of them is not on the disk as the package has it.
fn owned_paths(
    root: &Root,
    verified: &VerifiedPackage,
) -> Result<Result<Vec<OwnedPath>, String>, TransactionError> {
    let mut looker = Looker::new(root);
    let mut paths = Vec::with_capacity(verified.entries.len());
    for entry in &verified.entries {
        match owned_path(&mut looker, entry)? {
            Some(owned) => paths.push(owned),
            None => {
                return Ok(Err(format!(
                    "/{} is not as the package has it",
                    crate::text::escape(&entry.path)
                )));
            }
        }
    }
    if verified.entries.iter().all(|entry| entry.kind == PayloadKind::Directory) {
        return Ok(Err("it has no file to be recognised by".to_owned()));
    }
    sorting::sort_by(&mut paths, |one, other| one.path.cmp(&other.path));
    Ok(Ok(paths))
}

fn owned_path(looker: &mut Looker<'_>, entry: &PayloadEntry) -> Result<Option<OwnedPath>, TransactionError> {
    // Behind a link or a file, or not readable: not as the package has it.
    let Ok(Some(found)) = looker.metadata(&entry.path) else { return Ok(None) };
    let object = match (&entry.kind, found.kind) {
        (PayloadKind::Directory, Kind::Directory) => Object::Directory,
        (PayloadKind::Symlink { target }, Kind::Symlink)
            if looker.digest(&entry.path, &found)? == Digest::of(target.as_bytes()) =>
        {
            Object::Symlink { target: target.clone() }
        }
        (PayloadKind::File { size, digest }, Kind::File)
            if *size == found.size && looker.digest(&entry.path, &found)? == *digest =>
        {
            Object::File { size: *size, digest: *digest }
        }
        _ => return Ok(None),
    };
    let mtime = if object.is_directory() { 0 } else { found.mtime / 1_000_000_000 };
    Ok(Some(OwnedPath { path: entry.path.clone(), object, mtime, found: false }))
}

/// Of one name the highest version; of two that share a file the first by name.
fn choose(
    found: Vec<Found>,
    store: &Store,
    rejected: &mut Vec<(String, String, String)>,
) -> Result<Vec<Found>, TransactionError> {
    let mut best: BTreeMap<String, Found> = BTreeMap::new();
    for one in found {
        let version = |found: &Found| found.verified.manifest.version.clone();
        let other = best.remove(&one.package.name);
        let (kept, lost) = match other {
            Some(other) if version(&other) >= version(&one) => (other, Some(one)),
            other => (one, other),
        };
        if let Some(lost) = lost {
            rejected.push((
                lost.package.name,
                lost.package.version,
                "another version fits as well".to_owned(),
            ));
        }
        best.insert(kept.package.name.clone(), kept);
    }
    let mut taken: HashSet<Box<str>> = HashSet::new();
    let mut chosen = Vec::new();
    for one in best.into_values() {
        let mut clash = None;
        for owned in one.paths.iter().filter(|owned| !owned.object.is_directory()) {
            if taken.contains(&owned.path) || !paths::owners(store.connection(), &owned.path)?.is_empty() {
                clash = Some(owned.path.clone());
                break;
            }
        }
        if let Some(path) = clash {
            let reason = format!("/{} belongs to another package", crate::text::escape(&path));
            rejected.push((one.package.name, one.package.version, reason));
            continue;
        }
        taken.extend(
            one.paths.iter().filter(|owned| !owned.object.is_directory()).map(|owned| owned.path.clone()),
        );
        chosen.push(one);
    }
    Ok(chosen)
}

fn event(chosen: &[Found]) -> Event {
    let package = |one: &Found| Package {
        name: one.package.name.clone(),
        version: Some(one.package.version.clone()),
        from: None,
        architecture: Some(one.package.architecture.clone()),
        repository: one.package.origin.clone(),
    };
    Event {
        reason: Some("packages found on the disk were recorded again".to_owned()),
        packages: chosen.iter().map(package).collect(),
        ..Event::new(Type::Recovery, "rebuild")
    }
}

/// What lies where packages put things and belongs to none, by path.
fn unplaced(root: &Root, store: &Store) -> Result<(Vec<String>, bool), TransactionError> {
    let mut statement =
        store.connection().prepare("SELECT path FROM path WHERE kind <> 'd'").map_err(StoreError::from)?;
    let owned: HashSet<String> =
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(StoreError::from)?;
    let mut found = Vec::new();
    let mut waiting: Vec<String> = PLACES.iter().rev().map(|place| (*place).to_owned()).collect();
    while let Some(path) = waiting.pop() {
        let Ok(directory) = root.open_directory(&path) else { continue };
        let mut below = Vec::new();
        for name in directory.list()? {
            let path = directory.join(&name);
            match directory.metadata(&name)? {
                Some(entry) if entry.kind == Kind::Directory => below.push(path),
                Some(_) if !owned.contains(&path) && !state::is_own(&path) => found.push(path),
                _ => {}
            }
            if found.len() > MOST_UNPLACED {
                found.truncate(MOST_UNPLACED);
                return Ok((found, true));
            }
        }
        waiting.extend(below.into_iter().rev());
    }
    sorting::sort(&mut found);
    Ok((found, false))
}
