//! Kill -9 at every mutating step of install, upgrade and remove, and at every step of the recovery that follows: tree
//! and database are as before or as after, the journal is at rest, no stray name is left, and the audit log tells of every
//! commit once (PSD-009 §7.4.7, §7.6.3).
//!
//! The test starts itself again as the process that is killed. Needs the feature `faults`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod resolution;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use peipkg_core::fsx::Root;
use peipkg_core::store::packages::Mark;
use peipkg_core::store::{Store, history};
use peipkg_core::transaction::{Control, Request, Resolution, Wait, recover};
use support::again::this_program;
use support::golden::quick_place;
use support::{Change, NOW, Sample, assert_no_stray, change, database, in_full, put, tree};

/// The part of a run that must be before or after: tree, packages.
type State = (BTreeMap<String, String>, BTreeMap<String, Vec<String>>);

fn first() -> Vec<Change> {
    let one = Sample::new("one", "1-1")
        .file("usr/bin/one", "#!one")
        .file("usr/share/one/deep/er/text", "1")
        .file("usr/share/one/same", "same")
        .file("usr/share/one/gone", "gone")
        .file("usr/share/one/v1/program", "program 1")
        .link("usr/bin/program", "../share/one/v1/program")
        .file("usr/share/thing", "a file")
        .file("usr/share/tree/inside", "a directory")
        .link("usr/share/one/link", "same")
        .file("etc/one.conf", "default 1")
        .file("etc/kept.conf", "default 1")
        .directory("var/lib/one");
    let two = Sample::new("two", "1-1")
        .file("usr/share/two/a", "a")
        .file("usr/share/two/b", "b")
        .link("usr/bin/two", "one");
    vec![put(&one), put(&two)]
}

fn second() -> Vec<Change> {
    let one = Sample::new("one", "2-1")
        .file("usr/bin/one", "#!one 2")
        .file("usr/share/one/deep/er/text", "2")
        .file("usr/share/one/same", "same")
        .file("usr/share/one/new/tree/file", "new")
        .file("usr/share/one/v2/program", "program 2")
        .link("usr/bin/program", "../share/one/v2/program")
        .file("usr/share/thing/now", "a directory")
        .file("usr/share/tree", "a file")
        .link("usr/share/one/link", "deep/er/text")
        .file("etc/one.conf", "default 2")
        .file("etc/kept.conf", "default 2")
        .file("usr/share/two/a", "moved here");
    let two = Sample::new("two", "2-1").file("usr/share/two/b", "b");
    vec![put(&two), put(&one)]
}

/// What is there before a scenario.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Empty,
    /// `first`, with what the operator changed.
    First,
    /// The same, upgraded to `second`.
    Second,
    /// The same as `First`, with everything removed.
    Removed,
}

/// Name, where it starts, the changes.
fn scenarios() -> Vec<(&'static str, Vec<Change>, Start)> {
    vec![
        ("install", first(), Start::Empty),
        ("upgrade", second(), Start::First),
        ("remove", removal(), Start::First),
        ("downgrade", first(), Start::Second),
        ("undo", vec![Change::Undo(1)], Start::Second),
        ("undo-removal", vec![Change::Undo(1)], Start::Removed),
        (LARGE, vec![put(&large())], Start::Empty),
        ("mark", vec![Change::Mark("one", Mark::Hold), Change::Mark("two", Mark::Dependency)], Start::First),
    ]
}

fn removal() -> Vec<Change> {
    vec![Change::Remove("two"), Change::Remove("one")]
}

/// The scenario whose package does not fit into memory: unlinked files, some of which are named.
const LARGE: &str = "large";

fn large() -> Sample {
    Sample::new("large", "1-1")
        .file("usr/bin/large", &format!("#!{}", "0123456789abcdef".repeat(20_000)))
        .file("usr/share/large/a", &"a".repeat(140_000))
        .file("usr/share/large/small", "small")
        .file("usr/share/large/z", &"z".repeat(1_500_000))
}

fn adapt(what: &str) -> impl FnOnce(&mut Request) + use<> {
    let memory = if what == LARGE { 0 } else { Request::MEMORY };
    move |request| request.memory = memory
}

/// What the killed process does: a scenario's changes, or a recovery.
#[test]
fn child() {
    let (Ok(what), Ok(root)) = (std::env::var("CRASH_CHILD"), std::env::var("CRASH_ROOT")) else { return };
    let root = PathBuf::from(root);
    if what == "rollback" || what == "accept" {
        let how = if what == "accept" { Resolution::Accept } else { Resolution::RollBack };
        resolution::resolve_in(&root, how);
        return;
    }
    if what == "recover" {
        let opened = Root::open(&root).unwrap();
        recover(opened, "peipkg recover", Wait::No, NOW, &Control::silent()).unwrap().finish();
        return;
    }
    let (_, changes, _) = scenarios().into_iter().find(|scenario| scenario.0 == what).unwrap();
    change(&root, root.parent().unwrap(), &changes, adapt(&what)).unwrap();
}

fn run_child(what: &str, root: &Path, fault: &str) -> ExitStatus {
    run_child_on("", what, root, fault)
}

/// The same on a filesystem that lacks something (`fsx::fault`).
fn run_child_on(filesystem: &str, what: &str, root: &Path, fault: &str) -> ExitStatus {
    let mut command = this_program();
    command.args(["child", "--exact", "--quiet"]).env("CRASH_CHILD", what).env("CRASH_ROOT", root);
    command
        .env("PEIPKG_FAULT", fault)
        .env("PEIPKG_FILESYSTEM", filesystem)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command.status().unwrap()
}

/// A fresh root in the state before the scenario, in a directory of its own.
fn prepare(start: Start) -> (tempfile::TempDir, PathBuf) {
    let place = quick_place();
    let root = place.path().join("root");
    for directory in ["etc", "usr/bin", "usr/share", "var/lib"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
    }
    if start != Start::Empty {
        change(&root, place.path(), &first(), |_| {}).unwrap();
        std::fs::write(root.join("etc/kept.conf"), "mine").unwrap();
        std::fs::write(root.join("etc/kept.conf.peipkg-save"), "an older one").unwrap();
    }
    match start {
        Start::Second => drop(change(&root, place.path(), &second(), |_| {}).unwrap()),
        Start::Removed => drop(change(&root, place.path(), &removal(), |_| {}).unwrap()),
        Start::Empty | Start::First => {}
    }
    (place, root)
}

fn state(root: &Path) -> State {
    let mut tree = tree(root);
    // The operator's two files are written by the test at a time of its own.
    for (path, text) in &mut tree {
        if path.starts_with("etc/kept.conf") {
            *text = text.splitn(3, ' ').last().unwrap_or_default().to_owned();
        }
    }
    (tree, database(root))
}

fn assert_at_rest(root: &Path, allowed: &[&State], what: &str) -> usize {
    let found = state(root);
    let place = allowed.iter().position(|state| **state == found);
    let Some(place) = place else {
        panic!("{what}: neither before nor after\n{found:#?}\nafter: {:#?}", allowed[1])
    };
    assert_no_stray(root);
    assert_eq!(support::audited::problem(root), None, "{what}");
    if let Some(store) = Store::read(&Root::open(root).unwrap()).unwrap() {
        assert!(
            history::unclean(store.connection()).unwrap().is_none(),
            "{what}: the journal is not at rest"
        );
        let rows: i64 = store
            .connection()
            .query_row("SELECT (SELECT count(*) FROM journal) + (SELECT count(*) FROM applied)", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(rows, 0, "{what}: journal rows are left");
    }
    place
}

struct Frame {
    name: &'static str,
    start: Start,
    filesystem: &'static str,
    before: State,
    after: State,
}

fn frame(name: &'static str, changes: &[Change], start: Start) -> Frame {
    let (place, root) = prepare(start);
    let before = state(&root);
    change(&root, place.path(), changes, adapt(name)).unwrap();
    Frame { name, start, filesystem: "", before, after: state(&root) }
}

fn was_killed(status: ExitStatus) -> bool {
    if let Some(signal) = status.signal() {
        assert_eq!(signal, 9);
        return true;
    }
    assert!(status.success(), "the child failed by itself: {status}");
    false
}

/// Kills the scenario at its k-th step; `None` once it ran to its end.
fn interrupted(frame: &Frame, k: u32) -> Option<(tempfile::TempDir, PathBuf)> {
    let (place, root) = prepare(frame.start);
    let status = run_child_on(frame.filesystem, frame.name, &root, &format!("kill:{k}"));
    assert_starts(frame, &root, k);
    was_killed(status).then_some((place, root))
}

/// What keeps each version below a name of its own is whole at every moment: the link leads to the old one or to the new one.
/// Only where nothing can change places or have two names the link itself is missing for a moment.
fn assert_starts(frame: &Frame, root: &Path, k: u32) {
    if frame.filesystem == "plain" || !["upgrade", "downgrade", "undo"].contains(&frame.name) {
        return;
    }
    let started = std::fs::read_to_string(root.join("usr/bin/program"));
    let version = started.unwrap_or_else(|error| panic!("{} at step {k}: {error}", frame.name));
    assert!(["program 1", "program 2"].contains(&version.as_str()), "{version}");
}

fn every_step(name: &'static str) {
    let (_, changes, start) = scenarios().into_iter().find(|scenario| scenario.0 == name).unwrap();
    let frame = frame(name, &changes, start);
    let mut seen = [0, 0];
    let mut k = 1;
    while let Some((_place, root)) = interrupted(&frame, k) {
        let what = format!("{name} killed at step {k}");
        assert!(run_child("recover", &root, "").success(), "{what}: recovery failed");
        seen[assert_at_rest(&root, &[&frame.before, &frame.after], &what)] += 1;
        k += 1;
    }
    assert!(seen[0] > 10 && seen[1] > 1, "{name}: {seen:?} of {k} steps");
    // The recovery itself, from three states of the interruption: early, in the renames, after the commit.
    let sample = [k / 3, seen[0] - 2, seen[0] + 1];
    let again = (1..k).filter(|k| in_full() || sample.contains(k)).map(|k| killed_recovery(&frame, k));
    let again: u32 = again.sum();
    println!("counts: kills of {name}: {} passed, 0 failed", k - 1);
    println!("counts: kills of the recovery of {name}: {again} passed, 0 failed");
}

/// Returns how often the recovery was killed.
fn killed_recovery(frame: &Frame, interrupted_at: u32) -> u32 {
    for step in 1.. {
        let (_place, root) = interrupted(frame, interrupted_at).expect("the same step as before");
        let on = frame.filesystem;
        let what = format!("{} killed at step {interrupted_at}, its recovery at {step} {on}", frame.name);
        let killed = was_killed(run_child_on(on, "recover", &root, &format!("kill:{step}")));
        assert_starts(frame, &root, interrupted_at);
        assert!(run_child_on(on, "recover", &root, "").success(), "{what}: recovery failed");
        assert_at_rest(&root, &[&frame.before, &frame.after], &what);
        if !killed {
            return step - 1;
        }
    }
    unreachable!("a recovery ends")
}

#[test]
fn install_is_before_or_after_at_every_step() {
    every_step("install");
}

#[test]
fn an_install_that_does_not_fit_into_memory_is_before_or_after_at_every_step() {
    every_step(LARGE);
}

#[test]
fn upgrade_is_before_or_after_at_every_step() {
    every_step("upgrade");
}

#[test]
fn downgrade_is_before_or_after_at_every_step() {
    every_step("downgrade");
}

#[test]
fn undo_is_before_or_after_at_every_step() {
    every_step("undo");
}

#[test]
fn undo_of_a_removal_is_before_or_after_at_every_step() {
    every_step("undo-removal");
}

#[test]
fn remove_is_before_or_after_at_every_step() {
    every_step("remove");
}

/// Where names cannot be exchanged, and where there are no links either (vfat): the fallbacks. In full each scenario, each
/// step and each step of the recoveries; else an upgrade, which does everything.
#[test]
fn filesystems_that_lack_calls_are_before_or_after_at_every_step() {
    for (filesystem, (name, changes, start)) in
        ["links", "plain"].into_iter().flat_map(|on| scenarios().into_iter().map(move |one| (on, one)))
    {
        if name == "mark" || !in_full() && name != "upgrade" {
            continue;
        }
        let frame = Frame { filesystem, ..frame(name, &changes, start) };
        let (mut seen, mut k, mut again) = ([0, 0], 1, 0);
        while let Some((_place, root)) = interrupted(&frame, k) {
            let what = format!("{name} killed at step {k} on {filesystem}");
            assert!(run_child_on(filesystem, "recover", &root, "").success(), "{what}: recovery failed");
            seen[assert_at_rest(&root, &[&frame.before, &frame.after], &what)] += 1;
            if k % if in_full() { 5 } else { 40 } == 0 {
                again += killed_recovery(&frame, k);
            }
            k += 1;
        }
        assert!(seen[0] > 10 && seen[1] > 1, "{name} on {filesystem}: {seen:?} of {k} steps");
        let lacks = if filesystem == "links" { "exchanges" } else { "exchanges and links" };
        println!("counts: kills on a filesystem without {lacks}, {name}: {} passed, 0 failed", k - 1 + again);
    }
}

/// A mark is one database commit: nothing to roll back, only to tidy.
#[test]
fn a_mark_is_before_or_after_at_every_step() {
    let (name, changes, installed) = scenarios().pop().unwrap();
    let frame = frame(name, &changes, installed);
    let mut seen = [0, 0];
    let mut k = 1;
    while let Some((_place, root)) = interrupted(&frame, k) {
        let what = format!("{name} killed at step {k}");
        assert!(run_child("recover", &root, "").success(), "{what}: recovery failed");
        seen[assert_at_rest(&root, &[&frame.before, &frame.after], &what)] += 1;
        k += 1;
    }
    assert!(seen[0] > 0 && seen[1] > 0, "{name}: {seen:?} of {k} steps");
}

/// The inodes of a copied root are not those of the journal: type, size and content tell.
#[test]
fn a_copied_root_recovers_as_well() {
    let (_, changes, start) = scenarios().remove(1);
    let frame = frame("upgrade", &changes, start);
    let mut k = 1;
    while let Some((place, root)) = interrupted(&frame, k) {
        let copy = place.path().join("copy");
        let copied = Command::new("cp").arg("-a").arg(&root).arg(&copy).status().unwrap();
        assert!(copied.success());
        let what = format!("upgrade killed at step {k}, the root copied");
        assert!(run_child("recover", &copy, "").success(), "{what}: recovery failed");
        assert_at_rest(&copy, &[&frame.before, &frame.after], &what);
        k += 5;
    }
}

/// ENOENT aside, what a disk, its permissions and the limits of a process make a call fail with.
const ERRNOS: [(&str, i32); 6] =
    [("EIO", 5), ("ENOSPC", 28), ("EACCES", 13), ("EROFS", 30), ("EMFILE", 24), ("EINTR", 4)];

/// An error at the k-th step: rolled back at once, or by the next start; never a success with damage. One after the other
/// in turn; in full each at each step.
#[test]
fn an_error_at_every_step_is_undone() {
    let mut tried = [0; ERRNOS.len()];
    for (first, (name, changes, start)) in scenarios().into_iter().enumerate() {
        let frame = frame(name, &changes, start);
        let mut k = 1;
        let mut done = false;
        while !done {
            for (index, errno) in ERRNOS.iter().enumerate() {
                if in_full() || (first + k) % ERRNOS.len() == index {
                    done |= failed_once(&frame, k, *errno);
                    tried[index] += 1;
                }
            }
            k += 1;
        }
    }
    for ((word, _), tried) in ERRNOS.iter().zip(tried) {
        println!("counts: errors, {word}: {tried} passed, 0 failed");
    }
}

/// Whether it reached its end.
fn failed_once(frame: &Frame, k: usize, (word, errno): (&str, i32)) -> bool {
    let (_place, root) = prepare(frame.start);
    let status = run_child(frame.name, &root, &format!("fail:{k}:{errno}"));
    let what = format!("{} with {word} at step {k}", frame.name);
    assert!(status.signal().is_none(), "{what}: {status}");
    assert!(run_child("recover", &root, "").success(), "{what}: recovery failed");
    let place = assert_at_rest(&root, &[&frame.before, &frame.after], &what);
    assert!(!status.success() || place == 1, "{what}: said done");
    status.success()
}
