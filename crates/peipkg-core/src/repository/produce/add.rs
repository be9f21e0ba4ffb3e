//! New packages: each verified in full before anything is written.

use crate::fsx::open_regular;
use crate::sorting;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::documents::Documented;
use super::error::Refusal;
use super::held::Held;
use super::{ProduceError, Watch};
use crate::archive::{ArchiveError, Observer, Spool, VerifyRules, verify};
use crate::package::Limits;
use crate::repository::index::IndexEntry;
use crate::signature::{Fingerprint, KeyStatus, SignatureError, TrustSet, TrustedKey};

/// What packages are held to.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    pub(super) keys: &'a TrustSet,
    pub(super) now: i64,
    /// All entries are made anew: a signature by a key that is accepted no more is kept, with a warning.
    pub(super) rebuild: bool,
    pub(super) allow_unsigned: bool,
}

/// A package that passed.
#[derive(Debug)]
pub(super) struct NewPackage {
    pub(super) file: PathBuf,
    /// Its URL is still empty.
    pub(super) entry: IndexEntry,
    pub(super) signed_by: Option<Fingerprint>,
    pub(super) documented: Documented,
}

/// Verifies every package, several at once, in the order given. All refusals are reported together.
pub(super) fn verify_all(
    files: &[PathBuf],
    rules: &Rules<'_>,
    held: &Held,
    watch: &Watch<'_>,
    observer: &Observer,
) -> Result<Vec<NewPackage>, ProduceError> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(files.len()));
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = verify_one(file, rules, held, observer);
            let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            results.push((file, result));
            watch(results.len(), files.len(), &file_name(file));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    sorting::sort_by(&mut results, |left, right| left.0.cmp(right.0));
    let (mut packages, mut refused) = (Vec::with_capacity(results.len()), Vec::new());
    for (file, result) in results {
        match result {
            Ok(package) => packages.push(package),
            Err(Refusal::Archive(error)) if matches!(*error, ArchiveError::Cancelled) => {
                return Err(ProduceError::Cancelled);
            }
            Err(refusal) => refused.push((file.clone(), refusal)),
        }
    }
    if refused.is_empty() { Ok(packages) } else { Err(ProduceError::Refused(refused)) }
}

fn verify_one(
    path: &Path,
    rules: &Rules<'_>,
    held: &Held,
    observer: &Observer,
) -> Result<NewPackage, Refusal> {
    let keys = if rules.rebuild { whatever_their_status(rules.keys) } else { rules.keys.clone() };
    let verify_rules = VerifyRules {
        present: None,
        trust: Some(&keys),
        require_signature: !rules.allow_unsigned,
        now: rules.now,
        limits: Limits::default(),
        ..VerifyRules::default()
    };
    let file = open_regular(path).map_err(Refusal::Io)?;
    let package = verify(file, &verify_rules, &Spool::default(), observer).map_err(|error| match error {
        ArchiveError::Signature(SignatureError::Missing) => Refusal::Unsigned,
        error => Refusal::Archive(Box::new(error)),
    })?;
    Ok(NewPackage {
        file: path.to_owned(),
        signed_by: package.signed_by,
        documented: Documented::of(&package, held).map_err(Refusal::Io)?,
        entry: IndexEntry::of(&package.manifest, package.digest, package.size, String::new()),
    })
}

fn whatever_their_status(keys: &TrustSet) -> TrustSet {
    let active = |key: &TrustedKey| TrustedKey { status: KeyStatus::Active, ..key.clone() };
    TrustSet { keys: keys.keys.iter().map(active).collect() }
}

/// Refuses an artifact that is published already, and one that is given twice.
pub(super) fn refuse_duplicates(
    packages: &[NewPackage],
    published: &[IndexEntry],
) -> Result<(), ProduceError> {
    type Key<'a> = (&'a str, &'a str, &'a str);
    fn key(entry: &IndexEntry) -> Key<'_> {
        (entry.name.as_str(), entry.version.as_str(), entry.architecture.as_str())
    }
    let mut known: HashMap<Key<'_>, Option<&Path>> =
        published.iter().map(|entry| (key(entry), None)).collect();
    let mut refused = Vec::new();
    for package in packages {
        let (name, version, architecture) = key(&package.entry);
        let [name, version, architecture] = [name, version, architecture].map(str::to_owned);
        match known.insert(key(&package.entry), Some(&package.file)) {
            None => {}
            Some(None) => {
                refused.push((package.file.clone(), Refusal::Published { name, version, architecture }));
            }
            Some(Some(other)) => {
                let other = other.to_owned();
                refused.push((package.file.clone(), Refusal::Twice { name, version, architecture, other }));
            }
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(ProduceError::Refused(refused)) }
}

/// What to say of packages that only a rebuild, or `--allow-unsigned`, takes.
pub(super) fn warnings(packages: &[NewPackage], rules: &Rules<'_>) -> Vec<String> {
    packages
        .iter()
        .filter_map(|package| {
            let name = package.entry.file_name();
            match &package.signed_by {
                None => Some(format!("{name} is not signed; consumers that require signatures refuse it")),
                Some(key) => {
                    let error = rules.keys.check(key, rules.now).err()?;
                    Some(format!("{name}: {error}; consumers refuse it"))
                }
            }
        })
        .collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
