//! Full disks: from no space at all to enough, a change is refused with figures, or undone with the space given back, or
//! done. Never done with damage; and the database stays whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use peipkg_core::fsx::Root;
use peipkg_core::store::Store;

use super::mounts::{Mounted, make_ext4};
use super::support::{assert_no_stray, change, database, in_full, tree};
use super::worker::{End, make_root, run, scenario};

type State = (BTreeMap<String, String>, BTreeMap<String, Vec<String>>);

/// How often each end was seen.
#[derive(Default)]
struct Seen {
    refused: usize,
    undone: usize,
    done: usize,
}

impl Seen {
    fn report(&self, what: &str) {
        let Self { refused, undone, done } = self;
        println!("full disks, {what}: {refused} refused with figures, {undone} undone, {done} done");
        println!("counts: full disks, {what}: {} passed, 0 failed", refused + undone + done);
        assert!(*refused > 0 && *done > 0, "{what}: not every end was seen");
    }
}

/// Room for the system that is there before, and so much more.
const MOST: u64 = 1280 << 10;

pub fn every_size_in_memory() {
    for name in ["heavy-install", "heavy-upgrade"] {
        let mut seen = Seen::default();
        let place = tempfile::tempdir().unwrap();
        let after = after(name, place.path());
        for free in sizes() {
            let mounted = Mounted::memory(64 << 20, &place.path().join("mounted"));
            let root = prepare(name, &mounted.0, place.path());
            shrink(&mounted.0, free);
            try_it(name, &root, place.path(), &after, &mut seen, || grow(&mounted.0));
        }
        seen.report(&format!("{name} in memory"));
    }
}

pub fn every_size_of_ext4() {
    for name in ["heavy-install", "heavy-upgrade"] {
        let mut seen = Seen::default();
        let place = tempfile::tempdir().unwrap();
        let after = after(name, place.path());
        for free in sizes() {
            let image = place.path().join("image");
            let _ = std::fs::remove_file(&image);
            make_ext4(&image, 8 << 20, None).unwrap();
            let mounted = Mounted::image(&image, &place.path().join("mounted"));
            let root = prepare(name, &mounted.0, place.path());
            let filler = mounted.0.join("filler");
            fill(&filler, free);
            try_it(name, &root, place.path(), &after, &mut seen, || std::fs::remove_file(&filler).unwrap());
        }
        seen.report(&format!("{name} on ext4"));
    }
}

pub fn every_number_of_inodes() {
    let name = "heavy-install";
    let mut seen = Seen::default();
    let place = tempfile::tempdir().unwrap();
    let after = after(name, place.path());
    for free in (0..24).step_by(if in_full() { 1 } else { 4 }) {
        let image = place.path().join("image");
        let _ = std::fs::remove_file(&image);
        make_ext4(&image, 8 << 20, Some(64)).unwrap();
        let mounted = Mounted::image(&image, &place.path().join("mounted"));
        let root = prepare(name, &mounted.0, place.path());
        let filler = mounted.0.join("filler");
        std::fs::create_dir(&filler).unwrap();
        let stat = rustix::fs::statvfs(&mounted.0).unwrap();
        for number in free..stat.f_favail {
            File::create(filler.join(number.to_string())).unwrap();
        }
        try_it(name, &root, place.path(), &after, &mut seen, || std::fs::remove_dir_all(&filler).unwrap());
    }
    seen.report("inodes on ext4");
}

/// Free bytes, from nothing to enough.
fn sizes() -> impl Iterator<Item = u64> {
    let step = if in_full() { 4 << 10 } else { 80 << 10 };
    (0..=MOST / step).map(move |number| number * step)
}

fn prepare(name: &str, mounted: &Path, packages: &Path) -> std::path::PathBuf {
    let root = mounted.join("root");
    make_root(&root).unwrap();
    let (installed, _) = scenario(name);
    if !installed.is_empty() {
        change(&root, packages, &installed, |_| {}).unwrap();
    }
    root
}

fn after(name: &str, place: &Path) -> State {
    let root = prepare(name, place, place);
    change(&root, place, &scenario(name).1, |_| {}).unwrap();
    state(&root)
}

fn state(root: &Path) -> State {
    (tree(root), database(root))
}

/// Leaves so many bytes free of a filesystem in memory, and gives it room again.
fn shrink(mounted: &Path, free: u64) {
    let stat = rustix::fs::statvfs(mounted).unwrap();
    let used = (stat.f_blocks - stat.f_bfree) * stat.f_frsize;
    remount(mounted, (used + free).max(4096));
}

fn grow(mounted: &Path) {
    remount(mounted, 64 << 20);
}

fn remount(mounted: &Path, bytes: u64) {
    let options = format!("remount,size={bytes}");
    let status = std::process::Command::new("mount").args(["-o", &options]).arg(mounted).status().unwrap();
    assert!(status.success());
}

/// Writes a file that leaves so many bytes free.
fn fill(filler: &Path, free: u64) {
    let file = File::create(filler).unwrap();
    let stat = rustix::fs::fstatvfs(&file).unwrap();
    let available = stat.f_bavail * stat.f_frsize;
    let flags = rustix::fs::FallocateFlags::empty();
    // Indirect blocks of the filler itself are not foreseen: it takes what there is.
    let mut bytes = available - free;
    while rustix::fs::fallocate(&file, flags, 0, bytes).is_err() {
        bytes -= 4096;
    }
}

fn try_it(
    name: &str,
    root: &Path,
    packages: &Path,
    after: &State,
    seen: &mut Seen,
    make_room: impl FnOnce(),
) {
    let before = state(root);
    // Without one inode more `SQLite` cannot even read a database whose making was broken off: its log has no place.
    let is_as_before = || tree(root) == before.0 && readable(root).is_none_or(|found| found == before.1);
    let free = |root: &Path| {
        let stat = rustix::fs::statvfs(root).unwrap();
        (stat.f_bfree * stat.f_frsize, stat.f_ffree)
    };
    let (bytes, inodes) = free(root);
    let what = format!("{name} with {bytes} bytes and {inodes} inodes free");
    let end = run(&format!("{name} fsync"), root, packages, "");
    intact(root, &what);
    match end {
        End::Done => {
            assert!(state(root) == *after, "{what}: it says done");
            seen.done += 1;
            return;
        }
        End::Failed(text) if text.starts_with("PEI_DISK_SPACE") => {
            assert!(text.contains(" needed, ") && text.contains(" free"), "{what}: {text}");
            assert!(is_as_before(), "{what}: refused, and changed: {text}");
            seen.refused += 1;
        }
        End::Failed(text) => {
            // What could not be undone at once is undone by the next start, on a disk that is as full.
            if !is_as_before() {
                let recovered = run("recover -", root, packages, "");
                assert_eq!(recovered, End::Done, "{what}: {text}: it cannot be recovered");
            }
            assert!(is_as_before(), "{what}: {text}");
            seen.undone += 1;
        }
        End::Killed => panic!("{what}: nobody killed it"),
    }
    assert_no_stray(root);
    // The database and the lock may have come into being.
    let (left, _) = free(root);
    let state_directory: u64 = root.join("var/lib/peipkg").read_dir().map_or(0, |entries| {
        entries.map(|entry| entry.unwrap().metadata().unwrap().len().next_multiple_of(4096) + 4096).sum()
    });
    assert!(left + state_directory + (16 << 10) >= bytes, "{what}: only {left} bytes were given back");
    make_room();
    assert_eq!(run(&format!("{name} fsync"), root, packages, ""), End::Done, "{what}: not even with room");
    assert!(state(root) == *after, "{what}: with room");
    assert_no_stray(root);
}

fn readable(root: &Path) -> Option<BTreeMap<String, Vec<String>>> {
    Store::read(&Root::open(root).unwrap()).is_ok().then(|| database(root))
}

fn intact(root: &Path, what: &str) {
    let Ok(Some(store)) = Store::read(&Root::open(root).unwrap()) else { return };
    let checked: String =
        store.connection().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(checked, "ok", "{what}: the database is damaged");
}
