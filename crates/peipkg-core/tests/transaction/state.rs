//! Who may change what, what is recorded of it, and what is kept.

use std::os::unix::fs::symlink;

use crate::support::{Change, Sample, Scratch, assert_no_stray, put};
use crate::{code, hello};
use peipkg_core::digest::Digest;
use peipkg_core::error::Coded;
use peipkg_core::fsx::Root;
use peipkg_core::store::packages::Mark;
use peipkg_core::store::{Store, descriptors, history};
use peipkg_core::transaction::OverrideRules;

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
        .file(&format!("usr/lib/{}-linux-peios/libx.so.1", std::env::consts::ARCH), "elf")
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
