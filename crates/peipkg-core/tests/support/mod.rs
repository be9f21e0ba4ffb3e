//! What the transaction tests share: small real packages, a scratch root, and snapshots of tree and database.
#![allow(dead_code, reason = "each test binary uses its own part of it")]

pub mod again;
pub mod audited;
pub mod golden;
pub mod samples;

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use peipkg_core::archive::tar::{HeaderWriter, padding_of};
use peipkg_core::digest::Digest;
use peipkg_core::fsx::{Root, sync::Durability};
use peipkg_core::package::{EntryKind, Limits};
use peipkg_core::store::history::{self, State};
use peipkg_core::store::packages::{Mark, Reason};
use peipkg_core::store::{Store, packages, paths};
use peipkg_core::transaction::{
    Committed, Control, DurabilityChoice, Expectation, OverrideRules, Recovery, Request, Requested,
    Retention, TransactionError, Wait, recover, reversal, run,
};

/// Whether everything is to be tried (`npm run test:faults`) instead of a sample.
pub fn in_full() -> bool {
    std::env::var("PEIPKG_FAULTS").is_ok_and(|value| value == "full")
}

pub const NOW: i64 = 1_780_000_000;

#[derive(Clone)]
enum Body {
    File(Vec<u8>),
    Directory,
    Link(String),
}

/// A package in the making.
#[derive(Clone)]
pub struct Sample {
    name: String,
    version: String,
    side_effects: &'static str,
    overrides: &'static str,
    architecture: &'static str,
    entries: BTreeMap<String, Body>,
}

impl Sample {
    pub fn new(name: &str, version: &str) -> Self {
        let (name, version) = (name.to_owned(), version.to_owned());
        Self {
            name,
            version,
            side_effects: "[]",
            overrides: "[]",
            architecture: std::env::consts::ARCH,
            entries: BTreeMap::new(),
        }
    }

    pub fn file(self, path: &str, content: &str) -> Self {
        self.entry(path, Body::File(content.as_bytes().to_vec()))
    }

    pub fn directory(self, path: &str) -> Self {
        self.entry(path, Body::Directory)
    }

    pub fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, Body::Link(target.to_owned()))
    }

    pub fn side_effects(mut self, json: &'static str) -> Self {
        self.side_effects = json;
        self
    }

    pub fn overrides(mut self, json: &'static str) -> Self {
        self.overrides = json;
        self
    }

    fn entry(mut self, path: &str, body: Body) -> Self {
        let mut above = path;
        while let Some((parent, _)) = above.rsplit_once('/') {
            self.entries.entry(parent.to_owned()).or_insert(Body::Directory);
            above = parent;
        }
        self.entries.insert(path.to_owned(), body);
        self
    }

    /// Writes the `.peipkg` below `directory`.
    pub fn write(&self, directory: &Path) -> PathBuf {
        let (mut size, mut list) = (0, Vec::new());
        for (path, body) in &self.entries {
            if let Body::File(content) = body {
                size += content.len();
                let digest = Digest::of(content);
                list.push(format!(r#"{{"path":"{path}","size":{},"hash":"{digest}"}}"#, content.len()));
            }
        }
        let manifest = format!(
            r#"{{"schema_version":1,"name":"{}","version":"{}","architecture":"{}","description":"","license":"","homepage":"","dependencies":[],"optional_dependencies":[],"conflicts":[],"provides":[],"replaces":[],"side_effects":{},"size_installed":{size},"sd_overrides":{},"build":{{"timestamp":"2026-05-01T12:00:00Z","farm_id":"test","source_ref":"test"}}}}"#,
            self.name, self.version, self.architecture, self.side_effects, self.overrides
        ) + "\n";
        let files = format!(r#"{{"schema_version":1,"algorithm":"sha256","entries":[{}]}}"#, list.join(","));
        let mut entries: Vec<(String, EntryKind, String, Vec<u8>)> = self
            .entries
            .iter()
            .map(|(path, body)| match body {
                Body::File(content) => (path.clone(), EntryKind::File, String::new(), content.clone()),
                Body::Directory => (format!("{path}/"), EntryKind::Directory, String::new(), Vec::new()),
                Body::Link(target) => (path.clone(), EntryKind::Symlink, target.clone(), Vec::new()),
            })
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let metadata = [(".peipkg/manifest.json", manifest), (".peipkg/files.json", files)]
            .map(|(name, text)| (name.to_owned(), EntryKind::File, String::new(), text.into_bytes()));
        let writer = HeaderWriter::new(1_777_636_800);
        let mut tar = Vec::new();
        for (name, kind, target, body) in metadata.into_iter().chain(entries) {
            writer.append(&mut tar, kind, &name, &target, body.len() as u64);
            tar.extend_from_slice(&body);
            tar.resize(tar.len() + padding_of(body.len() as u64), 0);
        }
        writer.append_end(&mut tar);
        let mut compressed = Vec::with_capacity(zstd_safe::compress_bound(tar.len()));
        zstd_safe::compress(&mut compressed, &tar, 3).unwrap();
        let path = directory.join(format!("{}_{}_{}.peipkg", self.name, self.version, self.architecture));
        std::fs::write(&path, compressed).unwrap();
        path
    }

    pub fn expectation(&self, file: &Path) -> Expectation {
        let bytes = std::fs::read(file).unwrap();
        Expectation {
            name: self.name.clone(),
            version: self.version.clone(),
            architecture: self.architecture.to_owned(),
            digest: Digest::of(&bytes),
            size: bytes.len() as u64,
            size_installed: None,
            repository: None,
            priority: None,
            official: false,
            trust: None,
            signature_required: false,
            entry: None,
        }
    }
}

/// What a test asks of one transaction.
#[derive(Clone)]
pub enum Change {
    Put(Sample),
    Remove(&'static str),
    Mark(&'static str, Mark),
    /// The inverse of the newest so many transactions.
    Undo(usize),
}

pub fn put(sample: &Sample) -> Change {
    Change::Put(sample.clone())
}

/// A root in a directory of its own, with the packages beside it.
pub struct Scratch {
    pub place: tempfile::TempDir,
    pub root: PathBuf,
}

impl Scratch {
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        std::fs::create_dir_all(root.join("var/lib")).unwrap();
        Self { place, root }
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn write(&self, path: &str, content: &str) {
        std::fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        std::fs::write(self.at(path), content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn has(&self, path: &str) -> bool {
        self.at(path).symlink_metadata().is_ok()
    }

    pub fn inode(&self, path: &str) -> u64 {
        self.at(path).symlink_metadata().unwrap().ino()
    }

    pub fn change(&self, changes: &[Change]) -> Result<Report, TransactionError> {
        self.change_with(changes, |_| {})
    }

    pub fn change_with(
        &self,
        changes: &[Change],
        adapt: impl FnOnce(&mut Request),
    ) -> Result<Report, TransactionError> {
        change(&self.root, self.place.path(), changes, adapt)
    }

    pub fn recover(&self) -> Result<Recovery, TransactionError> {
        recover(Root::open(&self.root).unwrap(), "peipkg recover", Wait::No, NOW, &Control::silent())
    }

    pub fn tree(&self) -> BTreeMap<String, String> {
        tree(&self.root)
    }

    pub fn packages(&self) -> BTreeMap<String, Vec<String>> {
        database(&self.root)
    }
}

/// What a finished transaction said.
#[derive(Debug)]
pub struct Report {
    pub warnings: Vec<String>,
    pub notes: Vec<String>,
    pub owed: Vec<(String, Vec<String>)>,
}

pub fn change(
    root: &Path,
    packages: &Path,
    changes: &[Change],
    adapt: impl FnOnce(&mut Request),
) -> Result<Report, TransactionError> {
    let committed = commit(root, packages, changes, adapt)?;
    let mut report = Report {
        warnings: committed.warnings.clone(),
        notes: committed.notes.clone(),
        owed: committed.owed().unwrap(),
    };
    report.warnings.extend(committed.finish()?);
    Ok(report)
}

/// The same up to the settled commit.
pub fn commit(
    root: &Path,
    packages: &Path,
    changes: &[Change],
    adapt: impl FnOnce(&mut Request),
) -> Result<Committed, TransactionError> {
    commit_under(root, packages, changes, adapt, &Control::silent())
}

/// The same, watched by `control`.
pub fn commit_under(
    root: &Path,
    packages: &Path,
    changes: &[Change],
    adapt: impl FnOnce(&mut Request),
    control: &Control,
) -> Result<Committed, TransactionError> {
    let opened = Root::open(root).unwrap();
    let store = Store::read(&opened).unwrap();
    let installed = |name: &str| {
        store.as_ref().is_some_and(|store| packages::find(store.connection(), name).unwrap().is_some())
    };
    let mut reverses = Vec::new();
    let mut operations = Vec::new();
    for change in changes {
        match change {
            Change::Put(sample) => {
                let file = sample.write(packages);
                let kind = if installed(&sample.name) { "upgrade" } else { "install" };
                let (expected, reason) = (Box::new(sample.expectation(&file)), Reason::Explicit);
                operations.push(Requested::Put { kind, expected, file, reason, restores: None });
            }
            Change::Remove(name) => {
                operations.push(Requested::Remove { name: (*name).to_owned(), replaced_by: None });
            }
            Change::Mark(name, mark) => {
                operations.push(Requested::Mark { name: (*name).to_owned(), mark: *mark });
            }
            Change::Undo(count) => {
                reverses = newest(store.as_ref().unwrap(), *count);
                operations.extend(inverse(&opened, &reverses));
            }
        }
    }
    let mut request = Request {
        generation: store.as_ref().map_or(0, |store| store.generation().unwrap()),
        operations,
        reverses,
        command: "peipkg test".to_owned(),
        overwrite_unowned: false,
        allow_critical: false,
        critical: Vec::new(),
        remove_modified: Vec::new(),
        durability: DurabilityChoice::Fixed(Durability::Fsync),
        wait: Wait::No,
        retention: Retention::default(),
        drop_in_directories: Vec::new(),
        overrides: OverrideRules::default(),
        limits: Limits::default(),
        memory: Request::MEMORY,
        now: NOW,
    };
    adapt(&mut request);
    drop(store);
    run(opened, &request, control)
}

/// The numbers of the newest committed transactions.
fn newest(store: &Store, count: usize) -> Vec<i64> {
    let records = history::list(store.connection(), 0).unwrap();
    records.iter().filter(|one| one.state == State::Committed).take(count).map(|one| one.id).collect()
}

/// What leads back, out of what is retained.
fn inverse(root: &Root, reverses: &[i64]) -> Vec<Requested> {
    let returning = reversal(root, reverses).unwrap();
    let operation = |one: peipkg_core::transaction::Returning| match one.target {
        None if !one.changed => {
            let mark = if one.marks.unwrap().1 { Mark::Hold } else { Mark::Unhold };
            Requested::Mark { name: one.name, mark }
        }
        Some(target) => {
            assert!(one.missing.is_empty(), "{}: {:?} is not retained", one.name, one.missing);
            let kind = if one.current.is_some() { "downgrade" } else { "install" };
            Requested::Restore { kind, name: one.name, transaction: target.transaction }
        }
        None => Requested::Remove { name: one.name, replaced_by: None },
    };
    returning.into_iter().map(operation).collect()
}

/// Every path outside the state directory: type, mode, time and content.
pub fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut tree = BTreeMap::new();
    walk(root, root, &mut tree);
    tree
}

fn walk(root: &Path, directory: &Path, tree: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if name.starts_with("var/lib/peipkg") || name == "var/log" || name.starts_with("var/log/peipkg") {
            continue;
        }
        let found = path.symlink_metadata().unwrap();
        let mode = found.permissions().mode() & 0o7777;
        let text = if found.is_symlink() {
            format!("-> {}", std::fs::read_link(&path).unwrap().display())
        } else if found.is_dir() {
            walk(root, &path, tree);
            format!("directory {mode:o}")
        } else {
            let content = if found.is_file() { std::fs::read(&path).unwrap() } else { b"special".to_vec() };
            format!("{mode:o} {} {}", found.mtime(), String::from_utf8_lossy(&content))
        };
        tree.insert(name, text);
    }
}

/// Every installed package with what the database says of it.
pub fn database(root: &Path) -> BTreeMap<String, Vec<String>> {
    let Some(store) = Store::read(&Root::open(root).unwrap()).unwrap() else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for package in packages::list(store.connection()).unwrap() {
        let owned = paths::of_package(store.connection(), package.id).unwrap();
        let mut lines = vec![package.version.clone()];
        if package.held || package.reason == Reason::Dependency {
            lines.push(format!("{} held {}", package.reason.as_str(), package.held));
        }
        lines.extend(owned.iter().map(|owned| format!("{owned:?}")));
        found.insert(package.name, lines);
    }
    found
}

/// Fails when a staged or backup name is left anywhere outside the retained backups.
pub fn assert_no_stray(root: &Path) {
    let stray = stray(root);
    assert!(stray.is_none(), "stray {}", stray.unwrap_or_default().display());
}

/// A staged or backup name that is left anywhere outside the retained backups.
pub fn stray(root: &Path) -> Option<PathBuf> {
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        if directory.ends_with("var/lib/peipkg/backups") {
            continue;
        }
        for entry in std::fs::read_dir(&directory).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.contains(".peipkg-staged-") || name.contains(".peipkg-backup-") {
                return Some(entry.path());
            }
            if entry.file_type().unwrap().is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    None
}
