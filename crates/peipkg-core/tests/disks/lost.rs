//! Real loss of power: a process is killed in the middle, the image is copied as it is then, the copy is mounted (ext4
//! replays its journal), recovered and looked at.

use std::path::Path;

use super::mounts::{Mounted, make_ext4};
use super::support::{assert_no_stray, change, database, in_full, tree};
use super::worker::{End, make_root, run, scenario};

const IMAGE: u64 = 12 << 20;

pub fn every_step() {
    let mut losses = 0;
    for name in ["install", "upgrade", "remove"] {
        for durability in ["fsync", "syncfs"] {
            losses += scenario_losses(name, durability);
        }
    }
    println!("counts: power really lost on ext4: {losses} passed, 0 failed");
}

/// Every step in full; else six of them, evenly spread, and the end.
fn scenario_losses(name: &str, durability: &str) -> usize {
    let place = tempfile::tempdir().unwrap();
    let steps = steps_of(name, durability, place.path());
    let stride = if in_full() { 1 } else { steps.div_ceil(6) };
    let mut losses = 0;
    for k in (1..=steps).step_by(stride).chain([usize::MAX]) {
        lose(name, durability, k, place.path());
        losses += 1;
    }
    losses
}

/// How many steps the run has.
fn steps_of(name: &str, durability: &str, place: &Path) -> usize {
    let root = place.join("counted");
    prepare(name, &root, place);
    let log = place.join("steps");
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--quiet"]).env("WORKER", format!("{name} {durability}"));
    command.env("WORKER_ROOT", &root).env("WORKER_PACKAGES", place).env("PEIPKG_FAULT_LOG", &log);
    assert!(command.env_remove("DISKS_INSIDE").output().unwrap().status.success());
    std::fs::read_to_string(&log).unwrap().lines().count()
}

fn prepare(name: &str, root: &Path, packages: &Path) {
    make_root(root).unwrap();
    let (installed, _) = scenario(name);
    if !installed.is_empty() {
        change(root, packages, &installed, |_| {}).unwrap();
    }
}

fn lose(name: &str, durability: &str, k: usize, place: &Path) {
    let what = format!("{name} by {durability}, power lost at step {k}");
    let (image, copy) = (place.join("image"), place.join("copy"));
    let _ = std::fs::remove_file(&image);
    make_ext4(&image, IMAGE, None).unwrap();
    let mounted = Mounted::image(&image, &place.join("mounted"));
    let root = mounted.0.join("root");
    prepare(name, &root, place);
    // What was there before has been there for long.
    let directory = std::fs::File::open(&root).unwrap();
    rustix::fs::syncfs(&directory).unwrap();
    drop(directory);
    let before = (tree(&root), database(&root));
    let fault = if k == usize::MAX { String::new() } else { format!("kill:{k}") };
    let end = run(&format!("{name} {durability}"), &root, place, &fault);
    std::fs::copy(&image, &copy).unwrap();
    // The first filesystem goes on to its end: what is the state after?
    if end == End::Killed {
        assert_eq!(run("recover -", &root, place, ""), End::Done, "{what}");
        if (tree(&root), database(&root)) == before {
            assert_eq!(run(&format!("{name} {durability}"), &root, place, ""), End::Done, "{what}");
        }
    }
    let after = (tree(&root), database(&root));
    drop(mounted);

    let mounted = Mounted::image(&copy, &place.join("mounted"));
    let root = mounted.0.join("root");
    assert_eq!(run("recover -", &root, place, ""), End::Done, "{what}: it cannot be recovered");
    let found = (tree(&root), database(&root));
    if end == End::Killed {
        assert!(found == before || found == after, "{what}: neither before nor after: {found:#?}");
    } else {
        assert!(found == after, "{what}: it was done, and is not there: {found:#?}");
    }
    assert_no_stray(&root);
}
