//! What each operation does to a real root (file 5 of the specification, "What each operation does").

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};

use peipkg_core::digest::Digest;
use peipkg_core::error::Coded;
use peipkg_core::fsx::Root;
use peipkg_core::store::packages::Mark;
use peipkg_core::store::{Store, backups, descriptors, history};
use peipkg_core::transaction::{OverrideRules, is_undoable};
use support::{Change, Sample, Scratch, assert_no_stray, put};

fn hello(version: &str) -> Sample {
    Sample::new("hello", version)
        .file("usr/bin/hello", "say hello")
        .file("usr/share/hello/text", &format!("version {version}"))
        .file("usr/share/hello/same", "same")
        .link("usr/bin/hi", "hello")
        .file("etc/hello.conf", "default 1")
}

fn code(result: Result<support::Report, peipkg_core::transaction::TransactionError>) -> &'static str {
    result.expect_err("must be refused").code()
}

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

#[test]
fn a_plan_made_against_another_state_is_refused() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    assert_eq!(
        code(scratch.change_with(&[put(&hello("2-1"))], |request| request.generation = 0)),
        "PEI_STATE_CHANGED"
    );
}

#[test]
fn a_critical_package_leaves_in_no_plan() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    let critical =
        |request: &mut peipkg_core::transaction::Request| request.critical.push("hello".to_owned());
    assert_eq!(code(scratch.change_with(&[Change::Remove("hello")], critical)), "PEI_CRITICAL");
    scratch
        .change_with(&[Change::Remove("hello")], |request| {
            critical(request);
            request.allow_critical = true;
        })
        .unwrap();
}

#[test]
fn a_package_that_is_not_the_planned_one_changes_nothing() {
    let scratch = Scratch::new();
    let tampered = scratch.change_with(&[put(&hello("1-1"))], |request| {
        for operation in &mut request.operations {
            if let peipkg_core::transaction::Requested::Put { expected, .. } = operation {
                expected.version = "9-9".to_owned();
            }
        }
    });
    assert_eq!(code(tampered), "PEI_PACKAGE_MISMATCH");
    assert!(!scratch.has("usr"));
}

#[test]
fn an_unsigned_package_that_its_repository_allows_is_named() {
    let scratch = Scratch::new();
    let optional = |request: &mut peipkg_core::transaction::Request| {
        for operation in &mut request.operations {
            if let peipkg_core::transaction::Requested::Put { expected, .. } = operation {
                expected.repository = Some("shop".to_owned());
                expected.trust = Some(std::sync::Arc::default());
            }
        }
    };
    let report = scratch.change_with(&[put(&hello("1-1"))], optional).unwrap();
    assert!(report.warnings[0].contains("hello 1-1 is unsigned"), "{:?}", report.warnings);
    let required = |request: &mut peipkg_core::transaction::Request| {
        optional(request);
        if let peipkg_core::transaction::Requested::Put { expected, .. } = &mut request.operations[0] {
            expected.signature_required = true;
        }
    };
    assert_eq!(code(scratch.change_with(&[put(&hello("2-1"))], required)), "PEI_SIGNATURE_MISSING");
}

#[test]
fn leftovers_of_a_lost_database_are_stepped_around() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    scratch.write("var/lib/peipkg/backups/7/0", "a backup of another life");
    scratch.write("var/lib/peipkg/backups/8", "not even a directory");
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    let store = Store::read(&Root::open(&scratch.root).unwrap()).unwrap().unwrap();
    assert_eq!(history::list(store.connection(), 1).unwrap()[0].id, 9);
    assert_eq!(scratch.read("var/lib/peipkg/backups/7/0"), "a backup of another life");
    assert_no_stray(&scratch.root);
}

#[test]
fn backups_find_another_home_when_theirs_cannot_be_used() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    symlink("/nowhere", scratch.at("var/lib/peipkg/backups")).unwrap();
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    assert_eq!(scratch.read("usr/share/hello/text"), "version 2-1");
    assert_eq!(std::fs::read_dir(scratch.at(".peipkg-backups/2")).unwrap().count(), 1);
    assert_no_stray(&scratch.root);
    scratch.change(&[Change::Remove("hello")]).unwrap();
}

#[test]
fn what_lies_behind_a_link_now_does_not_keep_a_package_installed() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    std::fs::rename(scratch.at("usr/share/hello"), scratch.at("opt")).unwrap();
    symlink("../../opt", scratch.at("usr/share/hello")).unwrap();
    let report = scratch.change(&[Change::Remove("hello")]).unwrap();
    assert_eq!(scratch.read("opt/text"), "version 1-1", "nothing is followed");
    assert!(
        report.warnings.iter().any(|line| line.contains("/usr/share/hello/text")),
        "{:?}",
        report.warnings
    );
    assert!(scratch.packages().is_empty());
}

#[test]
fn a_lock_with_a_second_name_is_refused() {
    let scratch = Scratch::new();
    scratch.write("precious", "precious");
    std::fs::create_dir_all(scratch.at("var/lib/peipkg")).unwrap();
    std::fs::hard_link(scratch.at("precious"), scratch.at("var/lib/peipkg/lock")).unwrap();
    assert_eq!(code(scratch.change(&[put(&hello("1-1"))])), "PEI_PATH_REFUSED");
    assert_eq!(scratch.read("precious"), "precious");
}

#[test]
fn overrides_of_security_descriptors_are_refused() {
    let scratch = Scratch::new();
    let sample = hello("1-1").overrides(r#"[{"path":"etc/hello.conf","sd":"AQAEgAAAAAAAAAAAAAAAAAAAAAA"}]"#);
    assert_eq!(code(scratch.change(&[put(&sample)])), "PEI_SD_REFUSED");
    let digest = Digest::of(&std::fs::read(sample.write(scratch.place.path())).unwrap());
    // Without a list everybody is let in: that needs an authorisation of its own, beside the one to record only.
    for agreed in [
        OverrideRules { granted: vec![digest], unapplied: vec![digest], ..OverrideRules::default() },
        OverrideRules { shown: vec![digest], granted: vec![digest], ..OverrideRules::default() },
        OverrideRules { shown: vec![digest], unapplied: vec![digest], ..OverrideRules::default() },
    ] {
        let refused = scratch.change_with(&[put(&sample)], |request| request.overrides = agreed);
        assert_eq!(code(refused), "PEI_SD_REFUSED");
    }
    let all = vec![digest];
    let agreed =
        OverrideRules { shown: all.clone(), granted: all.clone(), unapplied: all, allowed: Vec::new() };
    let report = scratch.change_with(&[put(&sample)], |request| request.overrides = agreed).unwrap();
    assert_eq!(
        report.notes,
        ["hello: 1 security descriptor override(s) were only recorded, /etc/hello.conf first"]
    );
    let recorded = || {
        let store = Store::read(&Root::open(&scratch.root).unwrap()).unwrap().unwrap();
        descriptors::list(store.connection()).unwrap()
    };
    assert_eq!(recorded().len(), 1);
    assert_eq!((&*recorded()[0].path, recorded()[0].applied), ("etc/hello.conf", false));
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    assert!(recorded().is_empty());
}

#[test]
fn side_effects_are_owed_by_declaration_and_by_what_goes() {
    let scratch = Scratch::new();
    let sample = Sample::new("lib", "1-1")
        .file("usr/lib/x86_64-linux-peios/libx.so.1", "elf")
        .file("usr/lib/modules/6.1/x.ko", "module")
        .side_effects(r#"["ldconfig","depmod"]"#);
    let owed = scratch.change(&[put(&sample)]).unwrap().owed;
    assert_eq!(owed, [("depmod".to_owned(), vec!["6.1".to_owned()]), ("ldconfig".to_owned(), vec![])]);
    let mut recovery = scratch.recover().unwrap();
    assert_eq!(recovery.owed().unwrap().len(), 2, "nobody has run them yet");
    recovery.clear_owed("depmod", "6.1").unwrap();
    recovery.clear_owed("ldconfig", "").unwrap();
    drop(recovery);
    let owed = scratch.change(&[Change::Remove("lib")]).unwrap().owed;
    assert_eq!(owed.len(), 2, "what goes away is covered too: {owed:?}");
}

#[test]
fn a_second_writer_is_told_who_holds_the_lock() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    let held = scratch.recover().unwrap();
    let error = scratch.change(&[Change::Remove("hello")]).unwrap_err();
    assert_eq!(error.code(), "PEI_LOCKED");
    let text = error.to_string();
    assert!(text.contains(&format!("pid {}, peipkg recover, since ", std::process::id())), "{text}");
    drop(held);
    scratch.change(&[Change::Remove("hello")]).unwrap();
}

#[test]
fn retention_keeps_the_newest_and_forgets_the_rest() {
    let scratch = Scratch::new();
    for version in 1..=4 {
        let keep = |request: &mut peipkg_core::transaction::Request| request.retention.transactions = 2;
        scratch.change_with(&[put(&hello(&format!("{version}-1")))], keep).unwrap();
    }
    let kept: Vec<_> = std::fs::read_dir(scratch.at("var/lib/peipkg/backups"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.contains(&"3".to_owned()) && kept.contains(&"4".to_owned()), "{kept:?}");
}

#[test]
fn marks_change_what_is_recorded_and_nothing_else() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    let (tree, before) = (scratch.tree(), scratch.packages());
    scratch.change(&[Change::Mark("hello", Mark::Hold), Change::Mark("hello", Mark::Dependency)]).unwrap();
    assert_eq!(scratch.tree(), tree);
    assert_eq!(scratch.packages()["hello"][1], "dependency held true");
    let store = Store::read(&Root::open(&scratch.root).unwrap()).unwrap().unwrap();
    let newest = history::list(store.connection(), 1).unwrap().remove(0);
    assert_eq!((newest.id, newest.state.as_str()), (2, "committed"));
    let told = newest.operations.iter().map(|one| (one.kind.as_str(), one.name.as_str(), one.to.as_deref()));
    let version = Some("1-1");
    assert_eq!(told.collect::<Vec<_>>(), [("hold", "hello", version), ("mark-dependency", "hello", version)]);
    assert!(history::unclean(store.connection()).unwrap().is_none());
    drop(store);
    // A hold outlives the upgrade that was asked for all the same.
    scratch.change(&[put(&hello("2-1"))]).unwrap();
    assert!(scratch.packages()["hello"][1].ends_with("held true"));
    scratch.change(&[Change::Mark("hello", Mark::Unhold), Change::Mark("hello", Mark::Explicit)]).unwrap();
    assert_eq!(scratch.packages()["hello"].len(), before["hello"].len());
}

#[test]
fn a_mark_comes_with_the_change_that_it_belongs_to() {
    let scratch = Scratch::new();
    scratch.change(&[put(&hello("1-1"))]).unwrap();
    let other = Sample::new("other", "1-1").file("usr/share/other/data", "x");
    scratch.change(&[put(&other), Change::Mark("hello", Mark::Dependency)]).unwrap();
    assert_eq!(scratch.packages()["hello"][1], "dependency held false");
    // What is not installed cannot be marked, and nothing of its transaction happens.
    let before = scratch.packages();
    let marks = [Change::Remove("other"), Change::Mark("ghost", Mark::Hold)];
    assert_eq!(code(scratch.change(&marks)), "PEI_STATE_CHANGED");
    assert_eq!(scratch.packages(), before);
}

#[test]
fn configuration_that_waits_is_found_with_its_package() {
    use peipkg_core::configuration::{Waiting, pending};
    let scratch = Scratch::new();
    let found = |scratch: &Scratch| -> Vec<(String, Waiting, Option<String>)> {
        let report = pending(&Root::open(&scratch.root).unwrap()).unwrap();
        assert!(report.unreadable.is_empty());
        report.pending.into_iter().map(|one| (one.of, one.waiting, one.package)).collect()
    };
    assert_eq!(found(&scratch), []);
    let app = |version| Sample::new("app", version).file("etc/app/app.conf", version).file("etc/fix", "same");
    scratch.change(&[put(&app("1-1"))]).unwrap();
    scratch.write("etc/app/app.conf", "mine");
    scratch.change(&[put(&app("2-1"))]).unwrap();
    let conf = || "etc/app/app.conf".to_owned();
    assert_eq!(found(&scratch), [(conf(), Waiting::NewDefault, Some("app".to_owned()))]);
    scratch.change(&[Change::Remove("app")]).unwrap();
    scratch.write("etc/stray.peipkg-new", "from elsewhere");
    symlink("/", scratch.at("etc/link.peipkg-new")).unwrap();
    assert_eq!(
        found(&scratch),
        [
            (conf(), Waiting::NewDefault, Some("app".to_owned())),
            (conf(), Waiting::Saved, Some("app".to_owned())),
            ("etc/stray".to_owned(), Waiting::NewDefault, None)
        ]
    );
}
