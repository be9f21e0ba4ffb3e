//! `peipkg-repo verify`: is a published repository what its signatures say?

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::directory::{Files, RepositoryDirectory};
use super::layout::{self, local_path};
use super::{ProduceError, Watch, place};
use crate::archive::Observer;
use crate::digest::Hashed;
use crate::fsx::{Root, open_regular};
use crate::repository::RepositoryError;
use crate::repository::descriptor::Descriptor;
use crate::repository::index::{self, IndexEntry, Kind};
use crate::signature::{TrustSet, detached};
use crate::sorting;

/// What to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Documents, signatures, order, uniqueness, active within archive.
    Metadata,
    /// The bytes of every package that an index names.
    Hashes,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Checked {
    /// One line each.
    pub issues: Vec<String>,
    /// Packages whose bytes live elsewhere: one line each.
    pub not_checked: Vec<String>,
    /// How many documents or packages were looked at.
    pub checked: usize,
}

/// Checks the repository at `directory`. Packages are looked for below `packages` too, by file name at any depth.
/// `now`: seconds since 1970.
pub fn verify(
    directory: &Path,
    check: Check,
    packages: Option<&Path>,
    now: i64,
    watch: &Watch<'_>,
    observer: &Observer,
) -> Result<Checked, ProduceError> {
    // A change of keys that was interrupted is finished first; who may not write, or comes upon a writer, sees what is there.
    drop(RepositoryDirectory::lock(directory));
    let files = Files::open(directory)?;
    match check {
        Check::Metadata => Ok(metadata(&files, now)),
        Check::Hashes => hashes(&files, packages, now, watch, observer),
    }
}

fn metadata(files: &Files, now: i64) -> Checked {
    let mut checked = Checked::default();
    let mut note = |error: ProduceError| checked.issues.push(error.to_string());
    match read_descriptor(files, now, &mut note) {
        Err(error) => note(error),
        Ok((descriptor, keys)) => {
            let mut read = |kind| match read_index(files, &descriptor, kind, &keys, now, &mut |_| {}) {
                Ok(bytes) => Some(bytes),
                Err(error) => {
                    note(error);
                    None
                }
            };
            let (active, archive) = (read(Kind::Active), read(Kind::Archive));
            if let (Some(active), Some(archive)) = (active, archive)
                && let Err(error) = index::check_superset(&active, &archive)
            {
                note(files.repository(error));
            }
        }
    }
    checked.checked = 3;
    checked
}

fn read_descriptor(
    files: &Files,
    now: i64,
    note: &mut dyn FnMut(ProduceError),
) -> Result<(Descriptor, TrustSet), ProduceError> {
    let (bytes, signature) = files.descriptor()?;
    let descriptor = Descriptor::parse(&bytes).map_err(|error| files.repository(error))?;
    let keys = files.keys(&descriptor)?;
    if let Err(source) = detached::verify(Hashed::of(&bytes), &signature, &keys, now) {
        note(files.repository(RepositoryError::Signature { document: layout::DESCRIPTOR, source }));
    }
    Ok((descriptor, keys))
}

fn read_index(
    files: &Files,
    descriptor: &Descriptor,
    kind: Kind,
    keys: &TrustSet,
    now: i64,
    visit: &mut dyn FnMut(IndexEntry),
) -> Result<Vec<u8>, ProduceError> {
    let bytes = files.index(descriptor, kind, keys, now)?;
    let header = index::read(&bytes, kind, visit).map_err(|error| files.repository(error))?;
    files.check_name(descriptor, kind, &header)?;
    Ok(bytes)
}

fn hashes(
    files: &Files,
    packages: Option<&Path>,
    now: i64,
    watch: &Watch<'_>,
    observer: &Observer,
) -> Result<Checked, ProduceError> {
    let (bytes, _) = files.descriptor()?;
    let descriptor = Descriptor::parse(&bytes).map_err(|error| files.repository(error))?;
    let keys = files.keys(&descriptor)?;
    // By URL and digest: what both indexes name is hashed once.
    let mut entries = BTreeMap::new();
    for kind in [Kind::Active, Kind::Archive] {
        read_index(files, &descriptor, kind, &keys, now, &mut |entry| {
            entries.insert((entry.url.clone(), entry.digest), entry);
        })?;
    }
    // The largest first: no thread is left alone with one at the end.
    let mut entries: Vec<IndexEntry> = entries.into_values().collect();
    sorting::sort_by_key(&mut entries, |entry| std::cmp::Reverse(entry.size_compressed));
    let finder = Finder::new(&files.root, packages)?;
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(entries.len()));
    let work = || {
        while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = check_package(&finder, entry, observer);
            let stop = outcome.is_err();
            let mut outcomes = outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            outcomes.push(outcome);
            watch(outcomes.len(), entries.len(), &entry.file_name());
            if stop {
                return;
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(entries.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    collect(outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// What became of one package.
enum Outcome {
    Good,
    Bad(String),
    Elsewhere(String),
}

fn collect(outcomes: Vec<Result<Outcome, ProduceError>>) -> Result<Checked, ProduceError> {
    let mut checked = Checked::default();
    for outcome in outcomes {
        match outcome? {
            Outcome::Good => checked.checked += 1,
            Outcome::Bad(issue) => {
                checked.checked += 1;
                checked.issues.push(issue);
            }
            Outcome::Elsewhere(text) => checked.not_checked.push(text),
        }
    }
    sorting::sort(&mut checked.issues);
    sorting::sort(&mut checked.not_checked);
    Ok(checked)
}

fn check_package(
    finder: &Finder<'_>,
    entry: &IndexEntry,
    observer: &Observer,
) -> Result<Outcome, ProduceError> {
    let name = entry.file_name();
    let mut file = match finder.find(entry) {
        Ok(Some(file)) => file,
        Ok(None) if local_path(INDEX_DOCUMENT, &entry.url).is_none() => {
            return Ok(Outcome::Elsewhere(format!("{name} at {}", entry.url)));
        }
        Ok(None) => return Ok(Outcome::Bad(format!("missing: {name} at {}", entry.url))),
        Err(error) => return Ok(Outcome::Bad(format!("cannot be read: {name}: {error}"))),
    };
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    Ok(match place::digest_of(&mut file, observer)? {
        Err(error) => Outcome::Bad(format!("cannot be read: {name}: {error}")),
        Ok(found) if found != entry.digest => {
            Outcome::Bad(format!("hash mismatch: {name} computed {found} index claims {}", entry.digest))
        }
        Ok(_) if size != entry.size_compressed => Outcome::Bad(format!(
            "size mismatch: {name} has {size} bytes index claims {}",
            entry.size_compressed
        )),
        Ok(_) => Outcome::Good,
    })
}

/// The document whose place package references resolve against.
const INDEX_DOCUMENT: &str = "index/archive.json";

/// Finds package files: at their URL below the repository, or by name in the directory of all packages.
struct Finder<'a> {
    root: &'a Root,
    by_name: HashMap<String, PathBuf>,
}

impl<'a> Finder<'a> {
    fn new(root: &'a Root, packages: Option<&Path>) -> Result<Self, ProduceError> {
        let mut by_name = HashMap::new();
        if let Some(directory) = packages {
            list(directory, &mut by_name).map_err(|error| ProduceError::Fs {
                directory: directory.to_owned(),
                source: crate::fsx::FsError::new("list", "", error),
            })?;
        }
        Ok(Self { root, by_name })
    }

    fn find(&self, entry: &IndexEntry) -> Result<Option<File>, String> {
        let referenced =
            entry.url.split(['?', '#']).next().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
        for name in [referenced, &entry.file_name()] {
            if let Some(path) = self.by_name.get(name) {
                return open_regular(path).map(Some).map_err(|error| error.to_string());
            }
        }
        match local_path(INDEX_DOCUMENT, &entry.url) {
            Some(path) => self.root.open_file(&path).map_err(|error| error.to_string()),
            None => Ok(None),
        }
    }
}

fn list(directory: &Path, by_name: &mut HashMap<String, PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list(&entry.path(), by_name)?;
        } else if let Ok(name) = entry.file_name().into_string() {
            by_name.insert(name, entry.path());
        }
    }
    Ok(())
}
