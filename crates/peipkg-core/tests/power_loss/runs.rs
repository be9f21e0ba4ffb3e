//! The runs that are recorded: small, so that every pair of their operations can be tried.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use peipkg_core::fsx::Root;
use peipkg_core::fsx::sync::Durability;
use peipkg_core::fsx::trace::Event;
use peipkg_core::transaction::{Control, DurabilityChoice, Request, Wait, recover};

use super::history::History;
use super::place::{self, Database};
use super::support::again::this_program;
use super::support::golden::quick_place;
use super::support::samples::{first, second};
use super::support::{Change, NOW, Sample, change, put};

fn large() -> Sample {
    Sample::new("large", "1-1")
        .file("usr/share/large/small", "small")
        .file("usr/share/large/z", &"z".repeat(1_200_000))
}

/// What is installed before, and what changes.
fn scenario(name: &str) -> (Vec<Change>, Vec<Change>) {
    match name {
        "install" | "killed-making-state" => (Vec::new(), first()),
        "remove" => (first(), vec![Change::Remove("two"), Change::Remove("one")]),
        "downgrade" => (second(), first()),
        "undo" => (second(), vec![Change::Undo(1)]),
        "large" => (Vec::new(), vec![put(&large())]),
        // What its predecessor displaced is no longer retained after it.
        "forgetting" => (second(), vec![put(&Sample::new("one", "3-1").file("usr/bin/one", "#!one 3"))]),
        _ => (first(), second()),
    }
}

/// Whether `first` is installed before what is installed before.
fn starts_from_second(name: &str) -> bool {
    matches!(name, "downgrade" | "undo" | "forgetting")
}

/// The process that is recorded.
pub fn child() {
    let (Ok(what), Ok(root)) = (std::env::var("LOSS_CHILD"), std::env::var("LOSS_ROOT")) else { return };
    let root = PathBuf::from(root);
    let (name, durability) = what.split_once(' ').unwrap();
    if matches!(name, "add" | "refresh") {
        return super::adoption::child(name, root.parent().unwrap());
    }
    if name == "rebuild" {
        return super::rebuilding::child(&root);
    }
    if name == "recover" {
        let opened = Root::open(&root).unwrap();
        let _ = recover(opened, "peipkg recover", Wait::No, NOW, &Control::silent()).unwrap().finish();
        return;
    }
    let durability = if durability == "syncfs" { Durability::Syncfs } else { Durability::Fsync };
    let adapt = |request: &mut Request| {
        request.durability = DurabilityChoice::Fixed(durability);
        if name == "large" {
            request.memory = 0;
        }
        if name == "forgetting" {
            request.retention.transactions = 1;
        }
    };
    change(&root, root.parent().unwrap(), &scenario(name).1, adapt).unwrap();
}

/// Runs `what` in a process of its own; `false` when it was killed as `fault` says.
pub fn run(what: &str, root: &Path, trace: Option<&Path>, fault: &str) -> bool {
    let mut command = this_program();
    command.args(["child", "--exact", "--quiet"]).env("LOSS_CHILD", what).env("LOSS_ROOT", root);
    command.env("PEIPKG_FAULT", fault).env("PEIPKG_FILESYSTEM", lacking(what)).stdout(Stdio::null());
    if let Some(trace) = trace {
        command.env("PEIPKG_TRACE", trace);
    }
    let status = command.status().unwrap();
    assert!(status.success() || status.signal() == Some(9), "{what}: {status}");
    status.success()
}

/// The filesystem that a run is made on (`fsx::fault`): one that lacks something, or a real one.
pub fn lacking(name: &str) -> &'static str {
    match name.split(' ').next() {
        Some("upgrade-by-links") => "links",
        Some("upgrade-with-gaps") => "plain",
        _ => "",
    }
}

/// A recorded run, and what it led from and to.
pub struct Recorded<S> {
    pub history: History,
    pub before: S,
    pub after: S,
    /// How many transactions had committed when it started from `before`.
    pub commits: i64,
}

/// A fresh root before the run `name`, and how many transactions have committed there.
fn prepare(name: &str) -> (tempfile::TempDir, PathBuf, i64) {
    let place = quick_place();
    let root = place.path().join("root");
    for directory in ["etc", "usr/bin", "usr/share", "var/lib"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
    }
    let (installed, _) = scenario(name);
    let mut commits = 0;
    for changes in [if starts_from_second(name) { first() } else { Vec::new() }, installed] {
        if !changes.is_empty() {
            change(&root, place.path(), &changes, |_| {}).unwrap();
            std::fs::write(root.join("etc/one.conf"), "mine").unwrap();
            commits += 1;
        }
    }
    (place, root, commits)
}

/// Records the run `name`; `state` looks at a root.
pub fn record<S: PartialEq>(name: &str, durability: Durability, state: impl Fn(&Path) -> S) -> Recorded<S> {
    let (place, root, commits) = prepare(name);
    let before = state(&root);
    let word = if durability == Durability::Syncfs { "syncfs" } else { "fsync" };
    let (disk, database) = (place::read(&root), Database::read(&root));
    let trace = place.path().join("trace");
    let what = if let Some((first, point)) = interruption(name) {
        let number = number(&format!("{first} {word}"), &root, point);
        assert!(!run(&format!("{first} {word}"), &root, Some(&trace), &format!("kill:{number}")));
        if first == "install" { format!("install {word}") } else { "recover -".to_owned() }
    } else {
        format!("{name} {word}")
    };
    assert!(run(&what, &root, Some(&trace), ""));
    // A run that was killed at once has recorded nothing.
    let events = Event::decode_all(&std::fs::read(&trace).unwrap_or_default());
    Recorded { history: History::new(disk, database, &events), before, after: state(&root), commits }
}

/// How many steps an upgrade has.
pub fn steps_of_upgrade(durability: Durability) -> usize {
    let (_place, root, _) = prepare("upgrade");
    let word = if durability == Durability::Syncfs { "syncfs" } else { "fsync" };
    steps(&format!("upgrade {word}"), &root).lines().count()
}

/// A step: so many after the n-th of that name (from 0).
type Point = (&'static str, usize, u64);

/// What is killed where, before the power is lost as well; what follows it (a recovery, an install anew) is a part of the
/// same record, so that the loss takes what the killed process had not made durable.
fn interruption(name: &str) -> Option<(&'static str, Point)> {
    Some(match name {
        "rolled-back" => ("upgrade", ("rename", 7, 0)),
        "finished" => ("upgrade", ("db-commit", 2, 1)),
        "killed-making-backups" => ("upgrade", ("db-commit", 2, 2)),
        "killed-making-state" => ("install", ("make", 0, 1)),
        // Any step, by its number.
        _ => ("upgrade", ("", 0, name.strip_prefix("killed-")?.parse().ok()?)),
    })
}

/// The number of the step in the run `what`.
fn number(what: &str, root: &Path, (step, n, later): Point) -> u64 {
    if step.is_empty() {
        return later;
    }
    let steps = steps(what, root);
    let found = steps.lines().filter(|line| line.ends_with(&format!(" {step}"))).nth(n).unwrap();
    found.split(' ').next().unwrap().parse::<u64>().unwrap() + later
}

/// The steps of the run `what`, a line each: counted by the same run below another root.
fn steps(what: &str, root: &Path) -> String {
    let place = quick_place();
    let copy = place.path().join("root");
    assert!(Command::new("cp").arg("-a").arg(root).arg(&copy).status().unwrap().success());
    let log = place.path().join("steps");
    let mut command = this_program();
    command.args(["child", "--exact", "--quiet"]).env("LOSS_CHILD", what).env("LOSS_ROOT", &copy);
    assert!(command.env("PEIPKG_FAULT_LOG", &log).stdout(Stdio::null()).status().unwrap().success());
    std::fs::read_to_string(&log).unwrap()
}
