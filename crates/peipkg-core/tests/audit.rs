//! What transactions tell the audit trail (PSD-009 §7.6.3).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use peipkg_core::audit;
use peipkg_core::fsx::Root;
use support::{Change, Sample, Scratch, put};

fn sample(name: &str, version: &str) -> Sample {
    Sample::new(name, version).file(&format!("usr/share/{name}/data"), version)
}

/// Type, transaction, outcome and the names of packages of every event.
fn told(scratch: &Scratch) -> Vec<String> {
    let events = audit::events(&Root::open(&scratch.root).unwrap(), 0).unwrap();
    events.iter().map(|event| summary(event)).collect()
}

fn summary(event: &str) -> String {
    let field = |key: &str| {
        let (_, rest) = event.split_once(&format!(r#""{key}":"#)).unwrap();
        rest.split([',', '}']).next().unwrap().trim_matches('"').to_owned()
    };
    let names = event.split(r#"{"name":""#).skip(1).map(|rest| rest.split('"').next().unwrap());
    let names = names.collect::<Vec<_>>().join("+");
    format!("{} {} {} {names}", field("type"), field("transaction"), field("outcome"))
}

#[test]
fn a_transaction_that_mixes_kinds_tells_of_each() {
    let scratch = Scratch::new();
    scratch.change(&[put(&sample("one", "1-1")), put(&sample("two", "1-1"))]).unwrap();
    let mixed = [put(&sample("one", "2-1")), put(&sample("new", "1-1")), Change::Remove("two")];
    scratch.change(&mixed).unwrap();
    assert_eq!(
        told(&scratch),
        [
            "peipkg.install 1 success one+two",
            "peipkg.install 2 success new",
            "peipkg.upgrade 2 success one",
            "peipkg.uninstall 2 success two",
        ]
    );
    assert!(audit::verify(&Root::open(&scratch.root).unwrap()).unwrap().breaks.is_empty());
}

#[test]
fn a_rejection_is_told_and_sent_with_the_next_run() {
    let scratch = Scratch::new();
    scratch.write("usr/share/one/data", "somebody's");
    scratch.change(&[put(&sample("one", "1-1"))]).unwrap_err();
    assert_eq!(told(&scratch), ["peipkg.transaction-failed null rejection one"]);
    assert!(!scratch.has("var/log/peipkg/audit.jsonl"));
    let _ = scratch.recover().unwrap().finish();
    assert!(scratch.read("var/log/peipkg/audit.jsonl").contains("belongs to no package"));
    assert_eq!(told(&scratch).len(), 1);
}

#[test]
fn a_log_that_is_a_link_is_a_warning_of_a_transaction_that_stands() {
    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.at("var/log")).unwrap();
    std::os::unix::fs::symlink("/tmp", scratch.at("var/log/peipkg")).unwrap();
    let report = scratch.change(&[put(&sample("one", "1-1"))]).unwrap();
    assert!(report.warnings.iter().any(|text| text.contains("the audit log could not be written")));
    assert_eq!(told_waiting(&scratch), 1);
    std::fs::remove_file(scratch.at("var/log/peipkg")).unwrap();
    scratch.change(&[Change::Remove("one")]).unwrap();
    assert_eq!(told_waiting(&scratch), 0);
    assert_eq!(told(&scratch), ["peipkg.install 1 success one", "peipkg.uninstall 2 success one"]);
}

fn told_waiting(scratch: &Scratch) -> usize {
    let store = peipkg_core::store::Store::read(&Root::open(&scratch.root).unwrap()).unwrap().unwrap();
    peipkg_core::store::outbox::waiting(store.connection()).unwrap().len()
}
