//! The process that changes a system, and what its end says.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use peipkg_core::error::Coded;
use peipkg_core::fsx::Root;
use peipkg_core::fsx::sync::Durability;
use peipkg_core::transaction::{Control, DurabilityChoice, Wait, recover};

use super::support::samples::{first, second};
use super::support::{Change, NOW, Sample, commit, put};

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Done,
    /// With that error code and message.
    Failed(String),
    Killed,
}

/// What is installed before, and what changes.
pub fn scenario(name: &str) -> (Vec<Change>, Vec<Change>) {
    let heavy = |version: &str, fill: &str| {
        let sample = Sample::new("heavy", version);
        (0..6).fold(sample, |sample, n| {
            sample.file(&format!("usr/share/heavy/{n}"), &format!("{n}{}", fill.repeat(40_000)))
        })
    };
    let kernel = |version: &str| {
        Sample::new("kernel", version)
            .file("boot/vmlinuz", &format!("kernel {version}"))
            .file("boot/loader/entry", version)
            .file("usr/share/kernel/text", version)
    };
    let old = kernel("1-1").file("boot/gone", "gone").file("boot/thing", "a file");
    let new = kernel("2-1").file("boot/new/tree/file", "new").file("boot/thing/now", "a directory");
    match name {
        "boot-install" => (Vec::new(), vec![put(&old)]),
        "boot-upgrade" => (vec![put(&old)], vec![put(&new)]),
        "boot-remove" => (vec![put(&old)], vec![Change::Remove("kernel")]),
        "install" => (Vec::new(), first()),
        "upgrade" => (first(), second()),
        "remove" => (first(), vec![Change::Remove("two"), Change::Remove("one")]),
        "heavy-install" => (Vec::new(), vec![put(&heavy("1-1", "a"))]),
        _ => (vec![put(&heavy("1-1", "a"))], vec![put(&heavy("2-1", "b"))]),
    }
}

pub fn child() {
    let (Ok(what), Ok(root)) = (std::env::var("WORKER"), std::env::var("WORKER_ROOT")) else { return };
    let root = PathBuf::from(root);
    let (name, durability) = what.split_once(' ').unwrap();
    let result = if name == "recover" {
        let opened = Root::open(&root).unwrap();
        recover(opened, "peipkg recover", Wait::No, NOW, &Control::silent()).map(drop)
    } else {
        let how = if durability == "syncfs" { Durability::Syncfs } else { Durability::Fsync };
        let packages = PathBuf::from(std::env::var("WORKER_PACKAGES").unwrap());
        let adapt = |request: &mut peipkg_core::transaction::Request| {
            request.durability = DurabilityChoice::Fixed(how);
            // From here on: what the test itself opens is open.
            if let Ok(limit) = durability.parse() {
                let limit = rustix::process::Rlimit { current: Some(limit), maximum: Some(limit) };
                rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();
            }
        };
        commit(&root, &packages, &scenario(name).1, adapt).map(|committed| {
            // Once it is committed, what fails is a warning.
            if let Err(error) = committed.finish() {
                let _ = write!(std::io::stderr(), "warning: {error}");
            }
        })
    };
    if let Err(error) = result {
        let _ = write!(std::io::stderr(), "{} {error}", error.code());
        std::process::exit(3);
    }
}

/// Runs `what` (a scenario or `recover`; how it is made durable, or how many files may be open) below `root` in a process of its own.
pub fn run(what: &str, root: &Path, packages: &Path, fault: &str) -> End {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--quiet"]).env("WORKER", what).env("WORKER_ROOT", root);
    command.env("WORKER_PACKAGES", packages).env("PEIPKG_FAULT", fault).env_remove("DISKS_INSIDE");
    let output = command.stdout(Stdio::null()).output().unwrap();
    match (output.status.code(), output.status.signal()) {
        (Some(0), _) => End::Done,
        (Some(3), _) => End::Failed(String::from_utf8_lossy(&output.stderr).into_owned()),
        (_, Some(9)) => End::Killed,
        _ => panic!("{what}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)),
    }
}

/// The directories of an empty system; an error when there is no room even for them.
pub fn make_root(root: &Path) -> std::io::Result<()> {
    ["etc", "usr/bin", "usr/share", "var/lib"]
        .iter()
        .try_for_each(|directory| std::fs::create_dir_all(root.join(directory)))
}
