//! A boot partition without exchanges and links, whose inode numbers do not outlive its mount (vfat, exFAT), below a root
//! that has them all: what is killed there is before or after, mounted anew.

use std::io::Write as _;
use std::path::Path;

use peipkg_core::fsx::Root;
use peipkg_core::store::{Store, backups};

use super::mounts::{Mounted, make_image};
use super::support::{assert_no_stray, change, commit, database, in_full, tree};
use super::worker::{End, make_root, run, scenario};

/// The type, as `mount` and as `mkfs` name it.
const KINDS: [(&str, &str); 3] = [("vfat", "vfat"), ("exfat", "exfat"), ("exfat-fuse", "exfat")];

pub fn boot_partitions() {
    for (kind, make) in KINDS {
        if let Err(reason) = boot_partition(kind, make) {
            let reason = reason.lines().next().unwrap_or_default();
            let _ = writeln!(std::io::stderr(), "skipped: a boot partition of {kind}: {reason}");
        }
    }
}

fn boot_partition(kind: &str, make: &str) -> Result<(), String> {
    let place = tempfile::tempdir().unwrap();
    let image = place.path().join("image");
    make_image(&image, make, 16 << 20)?;
    let below = Mounted::memory(64 << 20, &place.path().join("mounted"));
    let root = below.0.join("root");
    let boot = root.join("boot");
    drop(Mounted::of_kind(&image, kind, &boot)?);
    let mount = || Mounted::of_kind(&image, kind, &boot).unwrap();
    let mut killed = 0;
    for name in ["boot-install", "boot-upgrade", "boot-remove"] {
        let mounted = mount();
        prepare(name, &root, place.path());
        let committed = commit(&root, place.path(), &scenario(name).1, |_| {}).unwrap();
        let told = committed.warnings.iter().any(|warning| warning.contains("absent"));
        assert_eq!(told, name == "boot-upgrade", "{kind}: {name}: {:?}", committed.warnings);
        committed.finish().unwrap();
        let after = (tree(&root), database(&root));
        drop(mounted);
        for k in (1..).step_by(if in_full() { 1 } else { 7 }) {
            let mounted = mount();
            prepare(name, &root, place.path());
            let before = (tree(&root), database(&root));
            let end = run(&format!("{name} fsync"), &root, place.path(), &format!("kill:{k}"));
            drop(mounted);
            let _mounted = mount();
            let what = format!("{kind}: {name} killed at step {k}");
            assert_eq!(run("recover -", &root, place.path(), ""), End::Done, "{what}");
            let found = (tree(&root), database(&root));
            assert!(found == after || end == End::Killed && found == before, "{what}: {found:#?}");
            assert_no_stray(&root);
            assert_backups(&root);
            if end == End::Done {
                break;
            }
            killed += 1;
        }
    }
    println!("counts: kills on a boot partition of {kind}: {killed} passed, 0 failed");
    Ok(())
}

/// A new system, in the directories that are mounted already.
fn prepare(name: &str, root: &Path, packages: &Path) {
    for entry in std::fs::read_dir(root).unwrap().chain(std::fs::read_dir(root.join("boot")).unwrap()) {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("root/boot") {
            std::fs::remove_dir_all(path).unwrap();
        } else if !path.is_dir() {
            std::fs::remove_file(path).unwrap();
        }
    }
    make_root(root).unwrap();
    let (installed, _) = scenario(name);
    if !installed.is_empty() {
        change(root, packages, &installed, |_| {}).unwrap();
    }
}

/// What is said to be retained is there.
fn assert_backups(root: &Path) {
    let Some(store) = Store::read(&Root::open(root).unwrap()).unwrap() else { return };
    for (id, ..) in backups::holders(store.connection()).unwrap() {
        for backup in backups::of_transaction(store.connection(), id).unwrap() {
            assert!(root.join(&backup.lies).symlink_metadata().is_ok(), "{} is lost", backup.lies);
        }
    }
}
