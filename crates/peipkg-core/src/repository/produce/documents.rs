//! `manifest.json` and `files.json` beside each package: what the browse site shows of it. Consumers never read them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::held::{Held, Place};
use super::layout::{BROWSE, local_path};
use super::{ProduceError, Watch, place};
use crate::archive::{Observer, PayloadKind, Spool, VerifiedPackage, VerifyRules, verify};
use crate::fsx::{FsError, Root, split};
use crate::package::{FileEntry, FileList, Limits, Manifest};
use crate::repository::index::IndexEntry;
use crate::sorting;

/// The documents of one package, where they are held.
#[derive(Debug, Clone)]
pub(super) struct Documented {
    pub(super) manifest: Place,
    pub(super) files: Place,
}

/// The documents that a publication writes.
#[derive(Debug)]
pub(super) struct Documentation {
    pub(super) held: Held,
    /// By file name of the package.
    packages: HashMap<String, Documented>,
    /// Where they go, by file name of the package: without `manifest.json`.
    prefixes: HashMap<String, String>,
    taken: HashSet<String>,
}

impl Documented {
    /// Holds the documents of a package that verified.
    pub(super) fn of(package: &VerifiedPackage, held: &Held) -> std::io::Result<Self> {
        let entries = package.entries.iter().filter_map(|entry| match &entry.kind {
            PayloadKind::File { size, digest } => {
                Some(FileEntry { path: entry.path.clone(), size: *size, digest: *digest })
            }
            _ => None,
        });
        let mut files = FileList { entries: entries.collect() };
        sorting::sort_by(&mut files.entries, |left, right| left.path.as_bytes().cmp(right.path.as_bytes()));
        Ok(Self { manifest: held.put(&package.manifest_bytes)?, files: held.put(&files.to_json())? })
    }
}

impl Documentation {
    pub(super) fn new(held: Held) -> Self {
        Self { held, packages: HashMap::new(), prefixes: HashMap::new(), taken: HashSet::new() }
    }

    /// Notes the documents of a new package and where they go.
    pub(super) fn add(
        &mut self,
        root: &Root,
        entry: &IndexEntry,
        documented: Documented,
    ) -> Result<(), FsError> {
        let [plain, own] = prefixes(entry);
        let prefix = match plain {
            Some(plain) if !self.taken.contains(&plain) && is_free(root, &plain, entry)? => plain,
            _ => own.unwrap_or_default(),
        };
        self.taken.insert(prefix.clone());
        self.prefixes.insert(entry.file_name(), prefix);
        self.packages.insert(entry.file_name(), documented);
        Ok(())
    }

    /// The manifest and the file list of a package, and the prefix of their paths; `None` when there are none.
    pub(super) fn of(&self, root: &Root, entry: &IndexEntry) -> Option<(Manifest, FileList, String)> {
        let limits = Limits::default();
        let name = entry.file_name();
        if let (Some(held), Some(prefix)) = (self.packages.get(&name), self.prefixes.get(&name)) {
            let manifest = Manifest::parse(&self.held.get(&held.manifest).ok()?, &limits).ok()?;
            let files = FileList::parse(&self.held.get(&held.files).ok()?, &limits).ok()?;
            return Some((manifest, files, prefix.clone()));
        }
        prefixes(entry).into_iter().flatten().find_map(|prefix| {
            let manifest = read_manifest(root, &prefix).filter(|manifest| describes(manifest, entry))?;
            let bytes = root.read(&format!("{prefix}files.json"), limits.files_bytes).ok()??;
            Some((manifest, FileList::parse(&bytes, &limits).ok()?, prefix))
        })
    }

    /// The prefix of the paths of a package's documents, written or to be written.
    pub(super) fn prefix(&self, root: &Root, entry: &IndexEntry) -> Option<String> {
        if let Some(prefix) = self.prefixes.get(&entry.file_name()) {
            return Some(prefix.clone());
        }
        prefixes(entry).into_iter().flatten().find(|prefix| {
            read_manifest(root, prefix).is_some_and(|manifest| describes(&manifest, entry))
                && root.metadata(&format!("{prefix}files.json")).is_ok_and(|found| found.is_some())
        })
    }

    /// Makes the documents that packages of before the browse site lack, from the packages. One that cannot be read, or is
    /// not the indexed one, goes without.
    pub(super) fn complete(
        &mut self,
        root: &Root,
        entries: &[IndexEntry],
        watch: &Watch<'_>,
        observer: &Observer,
    ) -> Result<(), ProduceError> {
        let missing: Vec<&IndexEntry> =
            entries.iter().filter(|entry| self.prefix(root, entry).is_none()).collect();
        let next = AtomicUsize::new(0);
        let found = Mutex::new(Vec::with_capacity(missing.len()));
        let held = &self.held;
        let work = || {
            while let Some(entry) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                let read = read_package(root, entry, held, observer);
                let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                found.push((*entry, read));
                watch(found.len(), missing.len(), &entry.file_name());
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(missing.len());
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        observer.advance(0).map_err(|_| ProduceError::Cancelled)?;
        for (entry, documented) in found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            if let Some(documented) = documented {
                let failed = |source| ProduceError::Fs { directory: root.path().to_owned(), source };
                self.add(root, entry, documented).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// Writes what is not there yet. The directories in which names changed are added to `changed`.
pub(super) fn write(
    root: &Root,
    documentation: &Documentation,
    changed: &mut BTreeSet<String>,
) -> Result<(), FsError> {
    let mut names: Vec<&String> = documentation.packages.keys().collect();
    sorting::sort(&mut names);
    for name in names {
        let (Some(documented), Some(prefix)) =
            (documentation.packages.get(name), documentation.prefixes.get(name))
        else {
            continue;
        };
        for (document, held) in [("manifest.json", &documented.manifest), ("files.json", &documented.files)] {
            let path = format!("{prefix}{document}");
            let bytes = documentation.held.get(held).map_err(|error| FsError::new("read", &path, error))?;
            place::bytes(root, &path, &bytes, changed)?;
        }
    }
    Ok(())
}

/// What precedes `manifest.json` in the path: of a package in a directory of its version the directory; else, and for a
/// second architecture there, the package's own name too.
fn prefixes(entry: &IndexEntry) -> [Option<String>; 2] {
    let file_name = entry.file_name();
    let stem = file_name.trim_end_matches(".peipkg");
    let Some(path) = local_path("index/archive.json", &entry.url) else {
        return [None, Some(format!("{BROWSE}/{stem}/"))];
    };
    let (directory, _) = split(&path);
    let slash = if directory.is_empty() { "" } else { "/" };
    let plain = (split(directory).1 == entry.version.as_str()).then(|| format!("{directory}{slash}"));
    [plain, Some(format!("{directory}{slash}{stem}."))]
}

/// Whether the documents of `entry` may be there: nothing is, or its own of before.
fn is_free(root: &Root, prefix: &str, entry: &IndexEntry) -> Result<bool, FsError> {
    if root.metadata(&format!("{prefix}manifest.json"))?.is_none() {
        return Ok(true);
    }
    Ok(read_manifest(root, prefix).is_none_or(|manifest| describes(&manifest, entry)))
}

fn read_manifest(root: &Root, prefix: &str) -> Option<Manifest> {
    let limits = Limits::default();
    let bytes = root.read(&format!("{prefix}manifest.json"), limits.manifest_bytes).ok()??;
    Manifest::parse(&bytes, &limits).ok()
}

fn describes(manifest: &Manifest, entry: &IndexEntry) -> bool {
    manifest.name == entry.name
        && manifest.version.same_text(&entry.version)
        && manifest.architecture == entry.architecture
}

fn read_package(root: &Root, entry: &IndexEntry, held: &Held, observer: &Observer) -> Option<Documented> {
    let path = local_path("index/archive.json", &entry.url)?;
    let file = root.open_file(&path).ok()??;
    let rules = VerifyRules { require_signature: false, ..VerifyRules::default() };
    let package = verify(file, &rules, &Spool::default(), observer).ok()?;
    (package.digest == entry.digest).then(|| Documented::of(&package, held).ok())?
}

/// The directory whose filesystem holds what waits.
pub(super) fn held_below(directory: &Path) -> Documentation {
    Documentation::new(Held::below(directory))
}
