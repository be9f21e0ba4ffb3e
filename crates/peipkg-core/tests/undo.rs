//! Undo: what a transaction changed comes back, from what is retained (file 5, "Undo").

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use std::os::unix::fs::PermissionsExt;

use peipkg_core::error::Coded;
use peipkg_core::fsx::Root;
use peipkg_core::store::packages::{self, Mark, Reason};
use peipkg_core::store::{Store, backups, history};
use peipkg_core::transaction::{is_undoable, reversal};
use support::{Change, Sample, Scratch, assert_no_stray, put};

fn hello(version: &str) -> Sample {
    Sample::new("hello", version)
        .file("usr/bin/hello", "say hello")
        .file("usr/share/hello/text", &format!("version {version}"))
        .file("usr/share/hello/same", "same")
        .link("usr/bin/hi", if version == "1-1" { "hello" } else { "./hello" })
        .file("etc/hello.conf", &format!("default {version}"))
}

const UNDO: &[Change] = &[Change::Undo(1)];

fn store(scratch: &Scratch) -> Store {
    Store::read(&Root::open(&scratch.root).unwrap()).unwrap().unwrap()
}

fn undoable(scratch: &Scratch) -> bool {
    let (root, store) = (Root::open(&scratch.root).unwrap(), store(scratch));
    let newest = history::list(store.connection(), 1).unwrap().remove(0);
    is_undoable(&root, &store, &newest).unwrap()
}

/// Whatever a transaction did, its undo leads back to the very tree and records, and the undo of that forth again.
#[test]
fn there_and_back_and_there_again() {
    let two = Sample::new("two", "1-1").file("usr/share/two/file", "2");
    let type_changes = Sample::new("hello", "3-1")
        .file("usr/share/hello", "a file now")
        .file("usr/bin/hello/inside", "a directory now");
    let steps: [Vec<Change>; 6] = [
        vec![put(&hello("1-1")), put(&two)],
        vec![put(&hello("2-1").file("usr/share/hello/new/deep/file", "new"))],
        vec![put(&type_changes)],
        vec![put(&hello("1-1"))],
        vec![Change::Remove("hello")],
        vec![Change::Remove("two")],
    ];
    let scratch = Scratch::new();
    for step in steps {
        let before = (scratch.tree(), scratch.packages());
        scratch.change(&step).unwrap();
        let after = (scratch.tree(), scratch.packages());
        assert!(undoable(&scratch));
        scratch.change(UNDO).unwrap();
        // The directories of the first package stay; they are destinations.
        assert_eq!(scratch.packages(), before.1);
        let made = |path: &str| ["usr", "usr/bin", "usr/share", "etc"].contains(&path);
        let mut tree = scratch.tree();
        tree.retain(|path, _| before.0.contains_key(path) || !made(path));
        assert_eq!(tree, before.0);
        scratch.change(UNDO).unwrap();
        assert_eq!((scratch.tree(), scratch.packages()), after);
        assert_no_stray(&scratch.root);
    }
}

#[test]
fn what_did_not_change_keeps_its_inode_and_backups_are_only_copied() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    let same = scratch.inode("usr/share/hello/same");
    let kept = backups::of_transaction(store(&scratch).connection(), 2).unwrap();
    scratch.change(UNDO).unwrap();
    assert_eq!(scratch.inode("usr/share/hello/same"), same);
    for backup in &kept {
        assert!(scratch.has(&backup.lies), "{} is consumed", backup.lies);
        assert_ne!(scratch.inode(&backup.lies), scratch.inode(&backup.path), "{} is linked", backup.path);
    }
}

#[test]
fn a_displaced_file_comes_back_as_it_was() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.write("usr/share/hello/text", "changed by hand");
    std::fs::set_permissions(scratch.at("usr/share/hello/text"), PermissionsExt::from_mode(0o600)).unwrap();
    let (tree, packages) = (scratch.tree(), scratch.packages());
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    scratch.change(UNDO).unwrap();
    assert_eq!(scratch.tree(), tree);
    assert_eq!(scratch.packages(), packages, "the record is the package's, not the operator's");
}

#[test]
fn a_file_changed_after_the_transaction_is_displaced_like_any_other() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    scratch.write("usr/share/hello/text", "mine");
    scratch.write("usr/share/hello/same", "mine as well");
    scratch.change(UNDO).unwrap();
    assert_eq!(scratch.read("usr/share/hello/text"), "version 1-1");
    assert_eq!(scratch.read("usr/share/hello/same"), "mine as well", "the transaction never touched it");
    let kept = backups::of_transaction(store(&scratch).connection(), 3).unwrap();
    let text = kept.iter().find(|backup| backup.path == "usr/share/hello/text").unwrap();
    assert_eq!(scratch.read(&text.lies), "mine");
}

#[test]
fn configuration_that_was_kept_stays_and_what_was_put_beside_it_goes() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.write("etc/hello.conf", "mine");
    let (tree, packages) = (scratch.tree(), scratch.packages());
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    assert!(scratch.has("etc/hello.conf.peipkg-new") && undoable(&scratch));
    assert!(scratch.change(UNDO).unwrap().warnings.is_empty());
    assert_eq!((scratch.tree(), scratch.packages()), (tree, packages));
    // An operator who began to merge keeps the work.
    scratch.change(UNDO).unwrap();
    scratch.write("etc/hello.conf.peipkg-new", "half merged");
    scratch.change(UNDO).unwrap();
    assert_eq!(scratch.read("etc/hello.conf.peipkg-new"), "half merged");
}

#[test]
fn configuration_changed_after_the_transaction_is_kept() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    scratch.write("etc/hello.conf", "mine");
    let report = scratch.change(UNDO).unwrap();
    assert_eq!(scratch.read("etc/hello.conf"), "mine");
    assert_eq!(scratch.read("etc/hello.conf.peipkg-new"), "default 1-1");
    assert!(report.warnings[0].contains("keeping it"), "{:?}", report.warnings);
}

#[test]
fn a_removal_gives_back_saved_configuration_modified_files_and_older_saves() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.write("etc/hello.conf", "mine, and secret");
    std::fs::set_permissions(scratch.at("etc/hello.conf"), PermissionsExt::from_mode(0o640)).unwrap();
    scratch.write("etc/hello.conf.peipkg-save", "an older one");
    scratch.write("usr/share/hello/text", "kept by the removal");
    let (tree, packages) = (scratch.tree(), scratch.packages());
    scratch.change(&[Change::Remove("hello")]).unwrap();
    assert_eq!(scratch.read("etc/hello.conf.peipkg-save"), "mine, and secret");
    scratch.change(UNDO).unwrap();
    assert_eq!((scratch.tree(), scratch.packages()), (tree, packages));
}

#[test]
fn displaced_unowned_files_come_back_and_adopted_ones_stay() {
    let scratch = Scratch::new();
    scratch.write("usr/share/hello/text", "somebody's");
    scratch.write("usr/share/hello/same", "same");
    let tree = scratch.tree();
    scratch.change_with(&[put(&hello("1-1"))], |request| request.overwrite_unowned = true).unwrap();
    scratch.change(UNDO).unwrap();
    let mut found = scratch.tree();
    found.retain(|path, _| tree.contains_key(path) || !["usr/bin", "etc"].contains(&path.as_str()));
    assert_eq!(found, tree);
    assert!(scratch.packages().is_empty());
}

#[test]
fn several_transactions_are_undone_as_one() {
    let scratch = Scratch::new();
    let two = Sample::new("two", "1-1").file("usr/share/two/file", "2");
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    let (tree, packages) = (scratch.tree(), scratch.packages());
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    scratch.change(&[put(&hello("3-1")), put(&two)]).unwrap();
    scratch.change(&[Change::Remove("hello")]).unwrap();
    scratch.change(&[Change::Undo(3)]).unwrap();
    assert_eq!((scratch.tree(), scratch.packages()), (tree, packages));
    let newest = history::list(store(&scratch).connection(), 1).unwrap().remove(0);
    assert_eq!(newest.reverses, [2, 3, 4]);
}

#[test]
fn reason_hold_and_origin_are_those_of_then() {
    let scratch = Scratch::new();
    let origin = |request: &mut peipkg_core::transaction::Request| {
        for operation in &mut request.operations {
            if let peipkg_core::transaction::Requested::Put { expected, reason, .. } = operation {
                expected.repository = Some("official".into());
                expected.priority = Some(10);
                *reason = Reason::Dependency;
            }
        }
    };
    scratch.change_with(&[put(&hello("1-1"))], origin).unwrap();
    let before = packages::find(store(&scratch).connection(), "hello").unwrap().unwrap();
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    scratch.change(UNDO).unwrap();
    let after = packages::find(store(&scratch).connection(), "hello").unwrap().unwrap();
    assert_eq!(
        (after.reason, after.held, after.origin, after.origin_priority, after.manifest),
        (before.reason, before.held, before.origin, before.origin_priority, before.manifest)
    );
}

#[test]
fn a_backup_that_is_gone_or_was_changed_is_none() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    let kept = backups::of_transaction(store(&scratch).connection(), 2).unwrap();
    let text = kept.iter().find(|backup| backup.path == "usr/share/hello/text").unwrap();
    scratch.write(&text.lies, "version 9-9");
    let root = Root::open(&scratch.root).unwrap();
    assert!(undoable(&scratch), "lists go by size");
    assert_eq!(reversal(&root, &[2]).unwrap()[0].missing, ["usr/share/hello/text"]);
    std::fs::remove_file(scratch.at(&text.lies)).unwrap();
    assert!(!undoable(&scratch));
    // Another backup of the same content serves as well.
    scratch.write("usr/share/hello/copy", "version 1-1");
    let copy = Sample::new("copy", "1-1").file("usr/share/copy/text", "version 1-1");
    scratch.change(&[put(&copy)]).unwrap();
    scratch.change(&[Change::Remove("copy")]).unwrap();
    assert!(reversal(&root, &[2]).unwrap()[0].missing.is_empty());
}

#[test]
fn a_backup_that_vanishes_after_the_plan_stops_the_undo() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    let tree = scratch.tree();
    let kept = backups::of_transaction(store(&scratch).connection(), 2).unwrap();
    let places: Vec<_> = kept.iter().map(|backup| scratch.at(&backup.lies)).collect();
    let result =
        scratch.change_with(UNDO, |_| places.iter().for_each(|place| std::fs::remove_file(place).unwrap()));
    assert_eq!(result.unwrap_err().code(), "PEI_NOT_RETAINED");
    assert_eq!(scratch.tree(), tree);
}

#[test]
fn marks_come_back_alone_and_together_with_what_came_after_them() {
    let marks = |scratch: &Scratch| {
        let found = packages::find(store(scratch).connection(), "hello").unwrap().unwrap();
        (found.version, found.held)
    };
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.change(&[Change::Mark("hello", Mark::Hold)]).unwrap();
    assert!(undoable(&scratch));
    scratch.change(UNDO).unwrap();
    assert_eq!(marks(&scratch), ("1-1".to_owned(), false), "the package stays");
    assert_eq!(history::list(store(&scratch).connection(), 1).unwrap()[0].reverses, [2]);
    scratch.change(UNDO).unwrap();
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    assert_eq!(marks(&scratch), ("2-1".to_owned(), true));
    scratch.change(&[Change::Undo(4)]).unwrap();
    assert_eq!(marks(&scratch), ("1-1".to_owned(), false));
    assert_eq!(scratch.read("usr/share/hello/text"), "version 1-1");
}
