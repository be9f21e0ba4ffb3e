//! Payload bytes come out as they were verified, wherever they waited.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use peipkg_core::archive::pack::{PackRequest, pack};
use peipkg_core::archive::{
    ArchiveError, FileSink, Observer, Present, Spool, UnpackError, VerifiedPackage, VerifyRules, open, verify,
};
use peipkg_core::digest::Digest;
use tempfile::TempDir;

/// A package of some 12 MB in several frames, and the same in one frame that is decoded piece by piece.
struct Packages {
    directory: TempDir,
    files: BTreeMap<String, Vec<u8>>,
}

impl Packages {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let staged = directory.path().join("staged");
        let sizes = [0, 1, 511, 512, 513, 3 << 20, 9 << 20, 100_000];
        let named = sizes
            .iter()
            .enumerate()
            .map(|(index, size)| (format!("opt/x/{index}"), noise(*size, index as u64)));
        let files: BTreeMap<_, _> = named.collect();
        for (path, bytes) in &files {
            fs::create_dir_all(staged.join("opt/x")).unwrap();
            fs::write(staged.join(path), bytes).unwrap();
        }
        let request = PackRequest {
            manifest: r#"{"name":"replay","version":"1-1","architecture":"noarch",
                "build":{"timestamp":"2026-05-01T12:00:00Z","farm_id":"f","source_ref":"s"}}"#
                .to_owned(),
            staged,
            out: directory.path().join("frames.peipkg"),
            ..PackRequest::default()
        };
        pack(&request, None, &Observer::default()).unwrap();
        let packages = Self { directory, files };
        let mut tar = Vec::with_capacity(32 << 20);
        zstd_safe::decompress(&mut tar, &fs::read(packages.path("frames")).unwrap()).unwrap();
        let mut one = Vec::with_capacity(zstd_safe::compress_bound(tar.len()));
        zstd_safe::compress(&mut one, &tar, 1).unwrap();
        fs::write(packages.path("one"), one).unwrap();
        packages
    }

    /// One of a few files that all lie in the first chunk of the stream.
    fn add_small(&mut self) {
        let staged = self.directory.path().join("staged-small");
        fs::create_dir_all(staged.join("opt/x")).unwrap();
        for index in 0..4_u8 {
            let (path, bytes) = (format!("opt/x/small-{index}"), vec![index; 20_000]);
            fs::write(staged.join(&path), &bytes).unwrap();
            self.files.insert(path, bytes);
        }
        let request = PackRequest {
            manifest: r#"{"name":"small","version":"1-1","architecture":"noarch",
                "build":{"timestamp":"2026-05-01T12:00:00Z","farm_id":"f","source_ref":"s"}}"#
                .to_owned(),
            staged,
            out: self.path("small"),
            ..PackRequest::default()
        };
        pack(&request, None, &Observer::default()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("{name}.peipkg"))
    }

    fn verified(&self, name: &str, spool: &Spool) -> VerifiedPackage {
        let (file, _) = open(&self.path(name)).unwrap();
        verify(file, &VerifyRules::default(), spool, &Observer::default()).unwrap()
    }

    fn check(&self, package: &VerifiedPackage, wanted: &dyn Fn(usize) -> bool) {
        let mut sink = Collect::default();
        package.unpack(wanted, &mut sink, &Observer::default()).unwrap();
        let expected: Vec<_> = package
            .entries
            .iter()
            .enumerate()
            .filter(|(index, entry)| wanted(*index) && self.files.contains_key(&*entry.path))
            .map(|(index, entry)| (index, self.files[&*entry.path].clone()))
            .collect();
        assert!(sink.0 == expected, "{} files", sink.0.len());
    }
}

#[test]
fn from_memory_from_a_spill_file_and_from_the_package_again() {
    let packages = Packages::new();
    for name in ["frames", "one"] {
        for spool in
            [Spool::new(64 << 20, None), Spool::new(0, Some(directory(&packages))), Spool::new(0, None)]
        {
            let package = packages.verified(name, &spool);
            packages.check(&package, &|_| true);
            packages.check(&package, &|entry| entry % 3 == 0);
            packages.check(&package, &|entry| entry < 4);
            packages.check(&package, &|_| false);
        }
    }
}

#[test]
fn large_files_of_a_package_outside_memory_can_be_taken_whole() {
    let packages = Packages::new();
    let payload: usize = packages.files.values().map(Vec::len).sum();
    // With memory for the payload alone, and none for headers, the package moves out of it at its end.
    for memory in [0, payload as u64] {
        for name in ["frames", "one"] {
            let package = packages.verified(name, &Spool::new(memory, Some(directory(&packages))));
            let mut sink = Adopt::default();
            package.unpack(&|_| true, &mut sink, &Observer::default()).unwrap();
            let taken: Vec<_> = sink.adopted.iter().map(|entry| &*package.entries[*entry].path).collect();
            assert_eq!(taken, ["opt/x/5", "opt/x/6"], "{name}, memory {memory}");
            for (entry, bytes) in &sink.collected.0 {
                assert!(*bytes == packages.files[&*package.entries[*entry].path], "{name}: entry {entry}");
            }
            assert_eq!(sink.collected.0.len(), packages.files.len());
        }
    }
}

#[test]
fn what_is_present_already_is_not_kept_and_comes_from_the_package_when_it_is_wanted_after_all() {
    let packages = Packages::new();
    let bytes = |path: &str| Digest::of(&packages.files[path]);
    let present: Present = ["opt/x/1", "opt/x/6", "opt/x/7"].map(|path| (path.into(), bytes(path))).into();
    for name in ["frames", "one"] {
        for spool in
            [Spool::new(4 << 20, None), Spool::new(0, Some(directory(&packages))), Spool::new(0, None)]
        {
            let (file, _) = open(&packages.path(name)).unwrap();
            let rules = VerifyRules { present: Some(&present), ..VerifyRules::default() };
            let package = verify(file, &rules, &spool, &Observer::default()).unwrap();
            let differs = |entry: usize| !present.contains_key(&package.entries[entry].path);
            packages.check(&package, &differs);
            packages.check(&package, &|_| true);
        }
    }
}

#[test]
fn what_an_upgrade_keeps_is_counted_however_small_the_package_is() {
    let mut packages = Packages::new();
    packages.add_small();
    let present: Present = [("opt/x/small-0".into(), Digest::of(&packages.files["opt/x/small-0"]))].into();
    let rules = VerifyRules { present: Some(&present), ..VerifyRules::default() };
    let spool = Spool::new(100_000, None);
    let verified = || {
        let (file, _) = open(&packages.path("small")).unwrap();
        verify(file, &rules, &spool, &Observer::default()).unwrap()
    };
    let first = verified();
    assert_eq!(spool.left(), 40_000);
    let second = verified();
    assert_eq!(spool.left(), 40_000, "what does not fit is not held");
    for package in [&first, &second] {
        packages.check(package, &|entry| package.entries[entry].path.ends_with(['1', '2', '3']));
    }
}

#[test]
fn the_budget_is_shared_and_given_back() {
    let packages = Packages::new();
    let spool = Spool::new(16 << 20, None);
    let first = packages.verified("frames", &spool);
    assert!(spool.left() < 5 << 20, "{} left", spool.left());
    let second = packages.verified("one", &spool);
    packages.check(&second, &|_| true);
    packages.check(&first, &|_| true);
    drop((first, second));
    assert_eq!(spool.left(), 16 << 20);
}

#[test]
fn a_package_that_changed_in_between_is_noticed() {
    let packages = Packages::new();
    let package = packages.verified("frames", &Spool::default());
    let mut bytes = fs::read(packages.path("frames")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    File::options().write(true).open(packages.path("frames")).unwrap().write_all(&bytes).unwrap();
    let error = package.unpack(&|_| true, &mut Collect::default(), &Observer::default()).unwrap_err();
    assert!(matches!(error, UnpackError::Archive(ArchiveError::Changed)), "{error}");
}

#[test]
fn cancelling_stops_either_half() {
    let packages = Packages::new();
    let observer = Observer::default();
    observer.cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    let (file, _) = open(&packages.path("frames")).unwrap();
    let error = verify(file, &VerifyRules::default(), &Spool::default(), &observer).unwrap_err();
    assert!(matches!(error, ArchiveError::Cancelled), "{error}");
    for memory in [0, 64 << 20] {
        let package = packages.verified("frames", &Spool::new(memory, None));
        let error = package.unpack(&|_| true, &mut Collect::default(), &observer).unwrap_err();
        assert!(matches!(error, UnpackError::Archive(ArchiveError::Cancelled)), "{error}");
    }
}

fn directory(packages: &Packages) -> OwnedFd {
    File::open(packages.directory.path()).unwrap().into()
}

fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed + 1;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    bytes.take(size).collect()
}

/// Takes whole files as they are, where it is offered any.
#[derive(Default)]
struct Adopt {
    adopted: Vec<usize>,
    collected: Collect,
}

impl FileSink for Adopt {
    type Error = std::convert::Infallible;

    fn adopt(&mut self, entry: usize, file: &File) -> Result<bool, Self::Error> {
        let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
        file.read_exact_at(&mut bytes, 0).unwrap();
        self.adopted.push(entry);
        self.collected.0.push((entry, bytes));
        Ok(true)
    }

    fn begin(&mut self, entry: usize, size: u64) -> Result<(), Self::Error> {
        self.collected.begin(entry, size)
    }

    fn write(&mut self, chunk: &[u8]) -> Result<(), Self::Error> {
        self.collected.write(chunk)
    }

    fn end(&mut self) -> Result<(), Self::Error> {
        self.collected.end()
    }
}

#[derive(Default)]
struct Collect(Vec<(usize, Vec<u8>)>);

impl FileSink for Collect {
    type Error = std::convert::Infallible;

    fn adopt(&mut self, _entry: usize, _file: &File) -> Result<bool, Self::Error> {
        Ok(false)
    }

    fn begin(&mut self, entry: usize, size: u64) -> Result<(), Self::Error> {
        self.0.push((entry, Vec::with_capacity(size as usize)));
        Ok(())
    }

    fn write(&mut self, chunk: &[u8]) -> Result<(), Self::Error> {
        self.0.last_mut().unwrap().1.extend_from_slice(chunk);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
