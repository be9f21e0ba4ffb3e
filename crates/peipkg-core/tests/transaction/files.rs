//! What happens to files, links and directories.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{Change, Sample, Scratch, assert_no_stray, put};
use crate::{code, hello};
use peipkg_core::error::Coded;
use peipkg_core::fsx::Root;
use peipkg_core::store::{Store, backups, history};
use peipkg_core::transaction::is_undoable;

#[test]
fn an_install_puts_everything_in_place_and_leaves_nothing_else() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    assert_eq!(scratch.read("usr/share/hello/text"), "version 1-1");
    assert_eq!(std::fs::read_link(scratch.at("usr/bin/hi")).unwrap().to_str(), Some("hello"));
    let mode = |path: &str| scratch.at(path).metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("usr/bin/hello"), mode("etc/hello.conf"), mode("usr/share")), (0o755, 0o644, 0o755));
    assert!(
        scratch.tree()["usr/share/hello/text"].contains("1777636800"),
        "the build timestamp is the mtime"
    );
    assert_eq!(scratch.packages().keys().collect::<Vec<_>>(), ["hello"]);
    assert_no_stray(&scratch.root);
}

#[test]
fn an_upgrade_touches_only_what_differs() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1").file("usr/share/hello/gone", "x"))]).unwrap();
    let (same, text) = (scratch.inode("usr/share/hello/same"), scratch.inode("usr/share/hello/text"));
    scratch.change(&[put(&hello("2-1").file("usr/share/hello/new/deep/file", "y"))]).unwrap();
    assert_eq!(scratch.inode("usr/share/hello/same"), same, "unchanged content keeps its inode");
    assert_ne!(scratch.inode("usr/share/hello/text"), text);
    assert_eq!(scratch.read("usr/share/hello/text"), "version 2-1");
    assert_eq!(scratch.read("usr/share/hello/new/deep/file"), "y");
    assert!(!scratch.has("usr/share/hello/gone"));
    assert_no_stray(&scratch.root);
    let store = Store::read(&Root::open(&scratch.root).unwrap()).unwrap().unwrap();
    let kept = backups::of_transaction(store.connection(), 2).unwrap();
    let kept: Vec<_> = kept.iter().map(|backup| (backup.path.as_str(), scratch.read(&backup.lies))).collect();
    assert_eq!(
        kept,
        [("usr/share/hello/text", "version 1-1".to_owned()), ("usr/share/hello/gone", "x".to_owned())]
    );
    let newest = history::list(store.connection(), 1).unwrap().remove(0);
    assert!(is_undoable(&Root::open(&scratch.root).unwrap(), &store, &newest).unwrap());
}

#[test]
fn a_removal_takes_away_what_was_made_and_leaves_what_was_found() {
    let scratch = Scratch::new();
    scratch.write("usr/share/found/mine", "x");
    std::fs::create_dir_all(scratch.at("opt/empty")).unwrap();
    let sample =
        hello("1-1").directory("opt/empty").file("usr/share/found/theirs", "y").directory("opt/made/inner");
    scratch.change(&[put(&sample)]).unwrap();
    let report = scratch.change(&[Change::Remove("hello")]).unwrap();
    assert_eq!(report.warnings, Vec::<String>::new());
    let left: Vec<_> = scratch.tree().into_keys().collect();
    assert_eq!(
        left,
        [
            "etc",
            "opt",
            "opt/empty",
            "usr",
            "usr/bin",
            "usr/share",
            "usr/share/found",
            "usr/share/found/mine",
            "var",
            "var/lib"
        ],
        "found directories, destinations and their ancestors stay"
    );
    assert!(scratch.packages().is_empty());
}

#[test]
fn shared_directories_go_with_their_last_owner() {
    let scratch = Scratch::new();
    scratch.change(&[put(&Sample::new("aa", "1-1").file("usr/share/shared/a", "a"))]).unwrap();
    scratch.change(&[put(&Sample::new("bb", "1-1").file("usr/share/shared/b", "b"))]).unwrap();
    scratch.change(&[Change::Remove("aa")]).unwrap();
    assert!(scratch.has("usr/share/shared/b"));
    scratch.change(&[Change::Remove("bb")]).unwrap();
    assert!(!scratch.has("usr/share/shared"), "aa made it, so it goes with bb");
}

#[test]
fn a_modified_configuration_file_is_kept_and_the_default_put_beside_it() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.write("etc/hello.conf", "mine");
    let report = scratch.change(&[put(&hello("2-1").file("etc/hello.conf", "default 2"))]).unwrap();
    assert_eq!(scratch.read("etc/hello.conf"), "mine");
    assert_eq!(scratch.read("etc/hello.conf.peipkg-new"), "default 2");
    assert_eq!(
        report.warnings,
        [
            "/etc/hello.conf has been modified since install — keeping it; the new default was written to /etc/hello.conf.peipkg-new"
        ]
    );
    // The recorded hash is the package's: an operator who took the default is upgraded again.
    scratch.write("etc/hello.conf", "default 2");
    scratch.change(&[put(&hello("3-1").file("etc/hello.conf", "default 3"))]).unwrap();
    assert_eq!(scratch.read("etc/hello.conf"), "default 3");
}

#[test]
fn the_other_configuration_cases() {
    let scratch = Scratch::new();
    let sample = |version: &str, text: &str| {
        hello(version).file("etc/a", text).file("etc/b", text).file("etc/c", text)
    };
    scratch.change(&[put(&sample("1-1", "1"))]).unwrap();
    std::fs::remove_file(scratch.at("etc/a")).unwrap();
    scratch.write("etc/b", "2");
    std::fs::remove_file(scratch.at("etc/c")).unwrap();
    symlink("/etc/passwd", scratch.at("etc/c")).unwrap();
    scratch.write("etc/c.peipkg-new", "old leftover");
    scratch.change(&[put(&sample("2-1", "2"))]).unwrap();
    assert_eq!(scratch.read("etc/a"), "2", "missing: installed anew");
    assert!(!scratch.has("etc/b.peipkg-new"), "equal to what is on disk: nothing beside it");
    assert!(scratch.at("etc/c").is_symlink(), "a link counts as modified and is never followed");
    assert_eq!(scratch.read("etc/c.peipkg-new"), "2");
    scratch.write("etc/a", "mine");
    scratch.write("etc/a.peipkg-save", "older");
    let report = scratch.change(&[Change::Remove("hello")]).unwrap();
    assert_eq!(scratch.read("etc/a.peipkg-save"), "mine");
    assert!(!scratch.has("etc/b") && !scratch.has("etc/a"));
    assert!(report.warnings.iter().any(|line| line.contains("/etc/a.peipkg-save")), "{:?}", report.warnings);
    assert_no_stray(&scratch.root);
}

#[test]
fn unowned_files_are_adopted_refused_or_displaced() {
    let scratch = Scratch::new();
    scratch.write("usr/share/hello/same", "same");
    scratch.write("etc/hello.conf", "other");
    let inode = scratch.inode("usr/share/hello/same");
    let before = scratch.tree();
    assert_eq!(code(scratch.change(&[put(&hello("1-1"))])), "PEI_UNOWNED");
    assert_eq!(scratch.tree(), before);
    let report =
        scratch.change_with(&[put(&hello("1-1"))], |request| request.overwrite_unowned = true).unwrap();
    assert_eq!(scratch.inode("usr/share/hello/same"), inode, "identical: adopted, not rewritten");
    assert_eq!(scratch.read("etc/hello.conf"), "default 1");
    let kept = report.notes.iter().find_map(|note| note.split("kept as /").nth(1)).unwrap();
    assert_eq!(scratch.read(kept), "other");
}

#[test]
fn identical_bytes_with_another_mode_or_a_second_link_are_not_adopted() {
    for second_link in [false, true] {
        let scratch = Scratch::new();
        scratch.write("usr/share/hello/same", "same");
        if second_link {
            std::fs::hard_link(scratch.at("usr/share/hello/same"), scratch.at("elsewhere")).unwrap();
        } else {
            std::fs::set_permissions(scratch.at("usr/share/hello/same"), PermissionsExt::from_mode(0o600))
                .unwrap();
        }
        assert_eq!(code(scratch.change(&[put(&hello("1-1"))])), "PEI_UNOWNED");
    }
}

#[test]
fn two_packages_cannot_own_one_path() {
    let scratch = Scratch::new();
    let other = Sample::new("other", "1-1").file("usr/bin/hello", "another");
    assert_eq!(code(scratch.change(&[put(&hello("1-1")), put(&other)])), "PEI_COLLISION");
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    assert_eq!(code(scratch.change(&[put(&other)])), "PEI_COLLISION");
    let below = Sample::new("below", "1-1").file("usr/bin/hello/x", "below a file");
    assert_eq!(code(scratch.change(&[put(&below)])), "PEI_COLLISION");
    let above = Sample::new("above", "1-1").file("usr/share/hello", "in place of a directory");
    assert_eq!(code(scratch.change(&[put(&above)])), "PEI_COLLISION");
    // Replaced or removed in the same plan, it loses the path.
    scratch.change(&[Change::Remove("hello"), put(&other)]).unwrap();
    assert_eq!(scratch.read("usr/bin/hello"), "another");
}

#[test]
fn a_path_moves_from_one_package_to_another() {
    let scratch = Scratch::new();
    let aa = Sample::new("aa", "1-1").file("usr/bin/tool", "tool").file("usr/bin/a", "a");
    scratch.change(&[put(&aa)]).unwrap();
    let inode = scratch.inode("usr/bin/tool");
    let without = Sample::new("aa", "2-1").file("usr/bin/a", "a");
    let bb = Sample::new("bb", "1-1").file("usr/bin/tool", "tool");
    scratch.change(&[put(&bb), put(&without)]).unwrap();
    assert_eq!(scratch.inode("usr/bin/tool"), inode);
    scratch.change(&[Change::Remove("aa")]).unwrap();
    assert!(scratch.has("usr/bin/tool"));
}

#[test]
fn types_change_both_ways() {
    let scratch = Scratch::new();
    let file = Sample::new("tt", "1-1").file("usr/share/thing", "file").file("usr/share/other", "x");
    let directory = Sample::new("tt", "2-1").file("usr/share/thing/a", "a").file("usr/share/thing/b/c", "c");
    let link = Sample::new("tt", "3-1").link("usr/share/thing", "other").file("usr/share/other", "x");
    scratch.change(&[put(&file)]).unwrap();
    scratch.change(&[put(&directory)]).unwrap();
    assert_eq!(scratch.read("usr/share/thing/b/c"), "c");
    scratch.write("usr/share/thing/foreign", "not ours");
    assert_eq!(code(scratch.change(&[put(&link)])), "PEI_PATH_REFUSED");
    std::fs::remove_file(scratch.at("usr/share/thing/foreign")).unwrap();
    scratch.change(&[put(&link)]).unwrap();
    assert!(scratch.at("usr/share/thing").is_symlink());
    scratch.change(&[put(&Sample::new("tt", "4-1").file("usr/share/thing", "file"))]).unwrap();
    assert_eq!(scratch.read("usr/share/thing"), "file");
    assert_no_stray(&scratch.root);
}

#[test]
fn a_hostile_root_is_refused_by_the_path_that_is_wrong() {
    let refused = |prepare: &dyn Fn(&Scratch)| {
        let scratch = Scratch::new();
        prepare(&scratch);
        let before = scratch.tree();
        let error = scratch.change(&[put(&hello("1-1"))]).unwrap_err();
        assert_eq!(scratch.tree(), before);
        assert!(scratch.packages().is_empty());
        format!("{} {error}", error.code())
    };
    let outside = tempfile::tempdir().unwrap();
    let symlinked = refused(&|scratch| symlink(outside.path(), scratch.at("usr")).unwrap());
    assert!(symlinked.starts_with("PEI_PATH_REFUSED /usr is a symlink"), "{symlinked}");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    let directory = refused(&|scratch| std::fs::create_dir_all(scratch.at("usr/bin/hello")).unwrap());
    assert!(directory.contains("/usr/bin/hello is a directory"), "{directory}");
    let file = refused(&|scratch| scratch.write("usr/share", "a file"));
    assert!(file.contains("/usr/share is not a directory"), "{file}");
    let fifo = refused(&|scratch| {
        std::fs::create_dir_all(scratch.at("etc")).unwrap();
        std::os::unix::net::UnixListener::bind(scratch.at("etc/hello.conf")).unwrap();
    });
    assert!(fifo.contains("/etc/hello.conf is a device, FIFO or socket"), "{fifo}");
}

#[test]
fn nobody_installs_into_the_tools_own_places() {
    let scratch = Scratch::new();
    let sample = Sample::new("own", "1-1").directory("var/lib/peipkg/cache");
    assert_eq!(code(scratch.change(&[put(&sample)])), "PEI_PACKAGE_REFUSED");
}

#[test]
fn modified_files_stay_unless_the_operator_agreed() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.write("usr/share/hello/text", "changed by hand");
    let report = scratch.change(&[Change::Remove("hello")]).unwrap();
    assert_eq!(scratch.read("usr/share/hello/text"), "changed by hand");
    assert!(report.warnings[0].contains("/usr/share/hello/text has been modified"), "{:?}", report.warnings);
    std::fs::remove_file(scratch.at("usr/share/hello/text")).unwrap();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.write("usr/share/hello/text", "changed by hand");
    let path = "usr/share/hello/text".to_owned();
    scratch.change_with(&[Change::Remove("hello")], |request| request.remove_modified.push(path)).unwrap();
    assert!(!scratch.has("usr/share/hello/text"));
}

#[test]
fn a_reinstall_puts_back_what_differs_on_the_disk() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    let same = scratch.inode("usr/share/hello/same");
    scratch.write("usr/share/hello/text", "damaged");
    scratch.write("etc/hello.conf", "mine");
    std::fs::remove_file(scratch.at("usr/bin/hello")).unwrap();
    scratch
        .change_with(&[put(&hello("1-1"))], |request| {
            for operation in &mut request.operations {
                if let peipkg_core::transaction::Requested::Put { kind, .. } = operation {
                    *kind = "reinstall";
                }
            }
        })
        .unwrap();
    assert_eq!(scratch.read("usr/share/hello/text"), "version 1-1");
    assert_eq!(scratch.read("usr/bin/hello"), "say hello");
    assert_eq!(
        (scratch.read("etc/hello.conf").as_str(), scratch.inode("usr/share/hello/same")),
        ("mine", same)
    );
    assert!(!scratch.has("etc/hello.conf.peipkg-new"));
}
