//! Another program that changes files while a transaction renames: what was verified and staged is what is put in place,
//! what somebody else put there stays, and it is never taken for the original.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use peipkg_core::error::Coded;
use peipkg_core::transaction::{Control, Phase, TransactionError, Wait, recover};
use support::{Change, NOW, Sample, Scratch, assert_no_stray, commit_under, put};

/// Changes the root while `changes` run, once the first rename has happened; `meddle` gets the root.
fn meddled(scratch: &Scratch, changes: &[Change], meddle: fn(&Path)) -> TransactionError {
    let (root, done) = (scratch.root.clone(), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&done);
    let progress = move |phase: Phase, at: u64, _: u64| {
        if phase == Phase::Commit && at > 0 && !seen.swap(true, Ordering::Relaxed) {
            meddle(&root);
        }
    };
    let control = Control { progress: Box::new(progress), ..Control::silent() };
    let ended = commit_under(&scratch.root, scratch.place.path(), changes, |_| {}, &control);
    assert!(done.load(Ordering::Relaxed), "nothing was renamed");
    ended.unwrap_err()
}

/// The one staged file whose final name begins so.
fn staged(root: &Path, directory: &str, name: &str) -> PathBuf {
    let entries = std::fs::read_dir(root.join(directory)).unwrap().map(|entry| entry.unwrap());
    let is_it = |entry: &std::fs::DirEntry| {
        entry.file_name().to_str().unwrap().starts_with(&format!("{name}.peipkg-staged-"))
    };
    entries.into_iter().find(is_it).unwrap().path()
}

fn swap_in(path: &Path, content: &str) {
    // Made while the other is still there: a freed inode number would be given again.
    let beside = path.with_file_name("beside");
    std::fs::write(&beside, content).unwrap();
    std::fs::rename(beside, path).unwrap();
}

fn two(version: &str) -> Sample {
    Sample::new("two", version)
        .file("usr/share/a", &format!("a {version}"))
        .file("usr/share/b", &format!("b {version}"))
}

fn has_recovery_mode(scratch: &Scratch, failed: &TransactionError) {
    assert_eq!(failed.code(), "PEI_RACED", "{failed}");
    assert!(failed.to_string().contains("recover --report"), "{failed}");
    let again = recover(
        peipkg_core::fsx::Root::open(&scratch.root).unwrap(),
        "peipkg recover",
        Wait::No,
        NOW,
        &Control::silent(),
    );
    assert_eq!(again.unwrap_err().code(), "PEI_INDETERMINATE");
}

#[test]
fn a_staged_file_that_was_swapped_is_never_left_in_place_of_a_new_file() {
    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.at("usr/share")).unwrap();
    let failed = meddled(&scratch, &[put(&two("1-1"))], |root| {
        swap_in(&staged(root, "usr/share", "b"), "a stranger's");
    });
    assert!(!scratch.has("usr/share/b"));
    has_recovery_mode(&scratch, &failed);
}

#[test]
fn a_staged_file_that_was_swapped_is_never_left_in_place_of_an_old_one() {
    let scratch = Scratch::new();
    scratch.change(&[put(&two("1-1"))]).unwrap();
    let failed = meddled(&scratch, &[put(&two("2-1"))], |root| {
        swap_in(&staged(root, "usr/share", "b"), "a stranger's");
    });
    assert_eq!(scratch.read("usr/share/b"), "b 1-1");
    has_recovery_mode(&scratch, &failed);
}

#[test]
fn a_staged_file_that_was_written_to_is_not_put_in_place() {
    let scratch = Scratch::new();
    scratch.change(&[put(&two("1-1"))]).unwrap();
    let failed = meddled(&scratch, &[put(&two("2-1"))], |root| {
        std::fs::write(staged(root, "usr/share", "b"), "b 9-9").unwrap();
    });
    assert_eq!(failed.code(), "PEI_RACED", "{failed}");
    assert_eq!((scratch.read("usr/share/a"), scratch.read("usr/share/b")), ("a 1-1".into(), "b 1-1".into()));
    assert_no_stray(&scratch.root);
}

#[test]
fn a_staged_directory_that_was_swapped_is_never_left_in_place() {
    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.at("usr/share")).unwrap();
    let sample = two("1-1").file("usr/share/tree/inside", "inside");
    let failed = meddled(&scratch, &[put(&sample)], |root| {
        let path = staged(root, "usr/share", "tree");
        std::fs::create_dir(path.with_file_name("evil")).unwrap();
        std::fs::rename(&path, path.with_file_name("elsewhere")).unwrap();
        std::fs::rename(path.with_file_name("evil"), &path).unwrap();
    });
    assert!(!scratch.has("usr/share/tree"));
    has_recovery_mode(&scratch, &failed);
}

/// As an editor does that writes beside and renames over.
#[test]
fn a_file_that_was_replaced_before_its_upgrade_stays() {
    let scratch = Scratch::new();
    scratch.change(&[put(&two("1-1"))]).unwrap();
    let packages = scratch.packages();
    let failed = meddled(&scratch, &[put(&two("2-1"))], |root| swap_in(&root.join("usr/share/b"), "mine"));
    assert_eq!(failed.code(), "PEI_RACED", "{failed}");
    assert_eq!((scratch.read("usr/share/a"), scratch.read("usr/share/b")), ("a 1-1".into(), "mine".into()));
    assert_eq!(scratch.packages(), packages);
    assert_no_stray(&scratch.root);
    scratch.change(&[put(&two("2-1"))]).unwrap();
}

#[test]
fn a_file_that_was_replaced_before_its_removal_stays() {
    let scratch = Scratch::new();
    scratch.change(&[put(&two("1-1"))]).unwrap();
    // The order of removals is not told: whichever is still there.
    let failed = meddled(&scratch, &[Change::Remove("two")], |root| {
        let left = ["a", "b"].map(|name| root.join("usr/share").join(name));
        swap_in(left.iter().find(|path| path.exists()).unwrap(), "mine");
    });
    assert_eq!(failed.code(), "PEI_RACED", "{failed}");
    let found = [scratch.read("usr/share/a"), scratch.read("usr/share/b")];
    assert!(
        found.contains(&"mine".to_owned()) && found.iter().any(|text| text.ends_with("1-1")),
        "{found:?}"
    );
    assert_no_stray(&scratch.root);
    scratch.recover().unwrap();
}

#[test]
fn a_name_that_somebody_takes_is_left_to_them() {
    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.at("usr/share")).unwrap();
    let failed = meddled(&scratch, &[put(&two("1-1"))], |root| swap_in(&root.join("usr/share/b"), "mine"));
    assert_eq!(failed.code(), "PEI_RACED", "{failed}");
    assert!(!scratch.has("usr/share/a") && scratch.read("usr/share/b") == "mine");
    assert_no_stray(&scratch.root);
}
