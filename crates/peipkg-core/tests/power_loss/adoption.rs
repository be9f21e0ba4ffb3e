//! Loss of power while a repository is added or refreshed: what the database trusts lies in the cache and verifies; what
//! was said to be done is there.

use std::collections::HashSet;
use std::path::Path;

use peipkg_core::error::Coded;
use peipkg_core::fsx::Root;
use peipkg_core::fsx::trace::Event;
use peipkg_core::repository::adopt::Mode;
use peipkg_core::repository::index::Kind;
use peipkg_core::repository::open::open;
use peipkg_core::store::Store;

use super::history::History;
use super::losses::{amount, losses};
use super::place::{self, Database};
use super::runs::run;
use super::support::golden::{FIRST, copy_tree, policy, publish_hello, quick_place, refresh, vectors};

/// The process that is recorded.
pub fn child(mode: &str, directory: &Path) {
    refresh(directory, if mode == "add" { Mode::Add } else { Mode::Refresh });
}

pub fn every_loss(mode: &str) {
    let history = record(mode);
    let (mut seen, mut failures) = (HashSet::new(), Vec::new());
    let place = quick_place();
    let losses = losses(&history, &amount());
    for loss in &losses {
        let (disk, (number, version)) = (history.disk(loss), history.version(loss));
        if !seen.insert((number, disk.fingerprint())) {
            continue;
        }
        let root = place.path().join("root");
        let _ = std::fs::remove_dir_all(&root);
        place::write(&disk, &root);
        if let Some(files) = &version.files {
            files.write(&root);
        }
        if let Err(failure) = trusted(&root, mode, loss.after == history.events) {
            failures.push(format!("{failure}\n{}", history.describe(loss)));
        }
    }
    let passed = seen.len() - failures.len();
    println!("counts: power lost during {mode}, different disks: {passed} passed, {} failed", failures.len());
    let shown: Vec<&String> = failures.iter().take(3).collect();
    assert!(failures.is_empty(), "{} of {} losses failed, as\n{shown:#?}", failures.len(), seen.len());
}

fn record(mode: &str) -> History {
    let place = quick_place();
    let root = place.path().join("root");
    copy_tree(&vectors().join("repository"), &place.path().join("repository"));
    for directory in ["var/lib", "conf"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
    }
    if mode == "refresh" {
        refresh(place.path(), Mode::Add);
        publish_hello(&place.path().join("repository"), FIRST);
    }
    let (disk, database) = (place::read(&root), Database::read(&root));
    let trace = place.path().join("trace");
    assert!(run(&format!("{mode} -"), &root, Some(&trace), ""));
    let events = Event::decode_all(&std::fs::read(&trace).unwrap());
    History::new(disk, database, &events)
}

/// The index that is trusted verifies, and is one that may be.
fn trusted(root: &Path, mode: &str, done: bool) -> Result<(), String> {
    let opened = Root::open(root).unwrap();
    let before = if mode == "add" { 0 } else { 2 };
    let after = if mode == "add" { 2 } else { 3 };
    let version = match Store::read(&opened).unwrap() {
        None => 0,
        Some(store) => match open(&opened, &store, "golden", Kind::Active, &policy()) {
            Ok(index) => index.state.active.index_version,
            Err(error) if error.code() == "PEI_REPO_UNKNOWN" => 0,
            Err(error) => return Err(format!("what is trusted cannot be used: {error}")),
        },
    };
    if version != after && (done || version != before) {
        return Err(format!("index {version} is trusted"));
    }
    if done && !root.join("conf/peipkg/golden.repo").exists() {
        return Err("the configuration is lost".to_owned());
    }
    Ok(())
}
