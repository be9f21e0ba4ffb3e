#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use super::deliver::Sinks;
use super::kernel::{Absent, EventCall};
use super::*;
use crate::fsx::Root;
use crate::store::{Store, outbox};

const NOW: i64 = 1_780_000_000;

struct Scratch {
    place: tempfile::TempDir,
    root: Root,
    store: Store,
}

impl Scratch {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let root = Root::open(place.path()).unwrap();
        let store = Store::write(&root, "x86_64").unwrap();
        Self { place, root, store }
    }

    fn happens(&mut self, name: &str) {
        let package = Package {
            name: name.to_owned(),
            version: Some("1-1".to_owned()),
            from: None,
            architecture: Some("noarch".to_owned()),
            repository: None,
        };
        let event =
            Event { transaction: Some(1), packages: vec![package], ..Event::new(Type::Install, "install") };
        self.store.change(|change| record(change, &self.root, NOW, &event)).unwrap();
    }

    /// Delivers with a small rotation size, and settles.
    fn send(&mut self, rotate_at: u64) -> Vec<String> {
        let sinks = Sinks::for_test(Box::new(Absent), rotate_at);
        let delivery = deliver(&self.root, &self.store, &sinks, true);
        self.store.change(|change| delivery.settle(change)).unwrap();
        delivery.warnings
    }

    fn waiting(&self) -> usize {
        outbox::waiting(self.store.connection()).unwrap().len()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join("var/log/peipkg").join(name)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path("audit.jsonl")).unwrap()
    }

    fn verify(&self) -> Verification {
        verify(&self.root).unwrap()
    }

    fn reasons(&self) -> Vec<(usize, &'static str)> {
        self.verify().breaks.iter().map(|found| (found.line, found.reason)).collect()
    }
}

const PLENTY: u64 = 1 << 20;

#[test]
fn events_wait_in_the_database_and_go_out_in_order() {
    let mut scratch = Scratch::new();
    scratch.happens("one");
    scratch.happens("two");
    assert_eq!(scratch.waiting(), 2);
    assert!(scratch.send(PLENTY).is_empty());
    assert_eq!(scratch.waiting(), 0);
    scratch.happens("three");
    scratch.send(PLENTY);
    let text = scratch.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with(&format!(r#"{{"previous":"{}","id":""#, "0".repeat(64))), "{text}");
    let hash = crate::digest::Digest::of(lines[1].as_bytes());
    assert!(lines[2].starts_with(&format!(r#"{{"previous":"{hash}","id":""#)), "{text}");
    assert!(lines[1].contains(r#""origin":"peipkg","type":"peipkg.install","operation":"install","transaction":1,"outcome":"success","reason":null,"packages":[{"name":"two","version":"1-1","from":null,"architecture":"noarch","repository":null}],"repository":null,"operator":{"uid":"#), "{text}");
    assert!(lines[1].contains(r#""timestamp":"2026-05-28T20:26:40Z","version":""#), "{text}");
    let found = scratch.verify();
    assert_eq!((found.files, found.events, found.breaks.len()), (1, 3, 0));
    assert_eq!(events(&scratch.root, 2).unwrap().len(), 2);
    assert!(events(&scratch.root, 0).unwrap()[2].contains("three"));
}

#[test]
fn what_is_cut_changed_or_added_shows() {
    let mut scratch = Scratch::new();
    for name in ["one", "two", "three"] {
        scratch.happens(name);
    }
    scratch.send(PLENTY);
    let whole = scratch.text();
    let lines: Vec<&str> = whole.lines().collect();
    let write = |text: &str| std::fs::write(scratch.path("audit.jsonl"), text).unwrap();
    write(&whole.replace("\"two\"", "\"owt\""));
    assert_eq!(scratch.reasons().len(), 1);
    assert_eq!(scratch.reasons()[0].0, 3);
    // The last one has no successor: the database knows it.
    write(&whole.replace("\"three\"", "\"eerht\""));
    assert_eq!(scratch.reasons()[0].0, 0);
    write(&format!("{}\n{}\n", lines[0], lines[2]));
    assert_eq!(scratch.reasons()[0].0, 2);
    write(&format!("{}\n{}\n", lines[1], lines[2]));
    assert_eq!(scratch.reasons()[0].0, 1);
    write(&format!("{}\n{}\n", lines[0], lines[1]));
    assert_eq!(scratch.reasons()[0].0, 0);
    std::fs::remove_file(scratch.path("audit.jsonl")).unwrap();
    assert_eq!(scratch.reasons()[0].0, 0);
}

#[test]
fn a_log_that_was_cut_never_looks_whole_again() {
    let mut scratch = Scratch::new();
    for name in ["one", "two"] {
        scratch.happens(name);
    }
    scratch.send(PLENTY);
    let whole = scratch.text();
    std::fs::write(scratch.path("audit.jsonl"), format!("{}\n", whole.lines().next().unwrap())).unwrap();
    scratch.happens("three");
    scratch.send(PLENTY);
    assert_eq!(scratch.reasons().len(), 1);
    assert_eq!(scratch.reasons()[0].0, 2);
    std::fs::remove_file(scratch.path("audit.jsonl")).unwrap();
    scratch.happens("four");
    scratch.send(PLENTY);
    assert_eq!(scratch.reasons()[0], (1, "it follows a line that is not there: the beginning was cut off"));
}

#[test]
fn a_torn_line_is_closed_and_its_event_written_anew() {
    let mut scratch = Scratch::new();
    scratch.happens("one");
    let sinks = Sinks::for_test(Box::new(Absent), PLENTY);
    drop(deliver(&scratch.root, &scratch.store, &sinks, true));
    let whole = scratch.text();
    std::fs::write(scratch.path("audit.jsonl"), &whole[..whole.len() / 2]).unwrap();
    scratch.send(PLENTY);
    let found = scratch.verify();
    assert_eq!((found.events, found.notes.len(), found.breaks.len()), (1, 1, 0), "{found:?}");
    assert!(scratch.text().starts_with(&whole[..whole.len() / 2]));
    // Complete but for its newline: nobody can tell, so it is written again, and told apart by its id.
    scratch.happens("two");
    drop(deliver(&scratch.root, &scratch.store, &sinks, true));
    let whole = scratch.text();
    std::fs::write(scratch.path("audit.jsonl"), whole.trim_end()).unwrap();
    scratch.send(PLENTY);
    let found = scratch.verify();
    assert_eq!((found.events, found.repeated, found.breaks.len()), (3, 1, 0), "{found:?}");
    assert_eq!(events(&scratch.root, 0).unwrap().len(), 2);
}

#[test]
fn an_event_that_stands_there_already_is_not_written_again() {
    let mut scratch = Scratch::new();
    scratch.happens("one");
    let sinks = Sinks::for_test(Box::new(Absent), PLENTY);
    // Killed before the database heard of it.
    drop(deliver(&scratch.root, &scratch.store, &sinks, true));
    scratch.happens("two");
    scratch.send(PLENTY);
    assert_eq!(scratch.text().lines().count(), 2);
    assert!(scratch.verify().breaks.is_empty());
}

#[test]
fn rotation_goes_on_with_the_last_hash_before() {
    let mut scratch = Scratch::new();
    for name in ["one", "two", "three"] {
        scratch.happens(name);
        scratch.send(1);
    }
    let found = scratch.verify();
    assert_eq!((found.files, found.events), (3, 3));
    assert!(found.breaks.is_empty() && found.notes.is_empty(), "{found:?}");
    assert!(scratch.text().contains(r#","continues":"audit-0002.jsonl","id""#));
    assert_eq!(events(&scratch.root, 0).unwrap().len(), 3);
    // Killed between the two calls of a rotation.
    std::fs::rename(scratch.path("audit.jsonl"), scratch.path("audit-0003.jsonl")).unwrap();
    scratch.happens("four");
    scratch.send(PLENTY);
    assert!(scratch.verify().breaks.is_empty());
    // An old file that was put away is no break; one in the middle is.
    std::fs::remove_file(scratch.path("audit-0001.jsonl")).unwrap();
    let found = scratch.verify();
    assert_eq!((found.breaks.len(), found.notes.len()), (0, 1));
    std::fs::remove_file(scratch.path("audit-0003.jsonl")).unwrap();
    assert_eq!(scratch.reasons().len(), 1);
}

#[test]
fn a_log_that_cannot_be_written_is_a_warning_and_the_events_wait() {
    let mut scratch = Scratch::new();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(scratch.place.path().join("var/log")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), scratch.place.path().join("var/log/peipkg")).unwrap();
    scratch.happens("one");
    let warnings = scratch.send(PLENTY);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("1 event(s) wait"), "{warnings:?}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    std::fs::remove_file(scratch.place.path().join("var/log/peipkg")).unwrap();
    std::fs::create_dir(scratch.path("")).unwrap();
    std::os::unix::fs::symlink("/dev/null", scratch.path("audit.jsonl")).unwrap();
    assert_eq!(scratch.send(PLENTY).len(), 1);
    std::fs::remove_file(scratch.path("audit.jsonl")).unwrap();
    std::fs::write(elsewhere.path().join("other"), "").unwrap();
    std::fs::hard_link(elsewhere.path().join("other"), scratch.path("audit.jsonl")).unwrap();
    assert_eq!(scratch.send(PLENTY).len(), 1);
    std::fs::remove_file(scratch.path("audit.jsonl")).unwrap();
    assert!(scratch.send(PLENTY).is_empty());
    assert_eq!((scratch.waiting(), scratch.text().lines().count()), (0, 1));
}

/// What a kernel was told.
type Told = Rc<RefCell<Vec<(String, String, Vec<u8>)>>>;

struct Recording(Told, io::ErrorKind);

impl EventCall for Recording {
    fn emit(&self, origin: &str, kind: &str, payload: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().push((origin.to_owned(), kind.to_owned(), payload.to_vec()));
        if self.1 == io::ErrorKind::Other { Ok(()) } else { Err(self.1.into()) }
    }
}

#[test]
fn a_kernel_that_takes_events_gets_msgpack() {
    let mut scratch = Scratch::new();
    scratch.happens("one");
    let told = Told::default();
    let failing = Sinks::for_test(Box::new(Recording(told.clone(), io::ErrorKind::OutOfMemory)), PLENTY);
    let delivery = deliver(&scratch.root, &scratch.store, &failing, true);
    scratch.store.change(|change| delivery.settle(change)).unwrap();
    assert_eq!((delivery.warnings.len(), scratch.waiting()), (1, 1));
    let sinks = Sinks::for_test(Box::new(Recording(told.clone(), io::ErrorKind::Other)), PLENTY);
    let delivery = deliver(&scratch.root, &scratch.store, &sinks, true);
    scratch.store.change(|change| delivery.settle(change)).unwrap();
    assert_eq!(scratch.waiting(), 0);
    assert_eq!(scratch.text().lines().count(), 1);
    let (origin, kind, payload) = told.borrow().last().unwrap().clone();
    assert_eq!((&*origin, &*kind), ("peipkg", "peipkg.install"));
    // A map of 11 fields, the first of which is the id.
    assert_eq!(payload[..5], [0x8b, 0xa2, b'i', b'd', 0xd9]);
}

#[test]
fn msgpack_takes_the_shortest_form() {
    use super::msgpack::{Value, encode};
    assert_eq!(encode(&Value::Nil), [0xc0]);
    assert_eq!(encode(&Value::Number(127)), [0x7f]);
    assert_eq!(encode(&Value::Number(128)), [0xcc, 0x80]);
    assert_eq!(encode(&Value::Number(256)), [0xcd, 1, 0]);
    assert_eq!(encode(&Value::Number(65_536)), [0xce, 0, 1, 0, 0]);
    assert_eq!(encode(&Value::Number(1 << 32)), [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]);
    assert_eq!(encode(&Value::List(vec![Value::Text("a")])), [0x91, 0xa1, b'a']);
    assert_eq!(encode(&Value::Map(vec![("k", Value::Nil)])), [0x81, 0xa1, b'k', 0xc0]);
    assert_eq!(encode(&Value::Text(&"x".repeat(32)))[..2], [0xd9, 32]);
    assert_eq!(encode(&Value::Text(&"x".repeat(256)))[..3], [0xda, 1, 0]);
    let many = encode(&Value::List((0..16).map(|_| Value::Nil).collect()));
    assert_eq!((many.len(), &many[..3]), (19, &[0xdc, 0, 16][..]));
}

#[test]
fn without_a_database_only_what_is_required_makes_one() {
    let place = tempfile::tempdir().unwrap();
    let root = Root::open(place.path()).unwrap();
    let event = Event { outcome: Outcome::Rejection, ..Event::new(Type::RepoAdd, "repo-add") };
    assert!(tell(&root, NOW, &event, false).unwrap().is_empty());
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    tell(&root, NOW, &Event::new(Type::Authorisation, "downgrade"), true).unwrap();
    tell(&root, NOW, &event, false).unwrap();
    assert_eq!(events(&root, 0).unwrap().len(), 2);
}

#[test]
fn a_database_of_the_first_schema_is_brought_up_to_date() {
    let scratch = Scratch::new();
    scratch
        .store
        .connection()
        .execute_batch(
            "DROP TABLE audit_event; DROP TABLE audit_head; UPDATE meta SET value = 1 WHERE key = 'schema_version'",
        )
        .unwrap();
    assert!(events(&scratch.root, 0).unwrap().is_empty());
    assert!(verify(&scratch.root).unwrap().breaks.is_empty());
    let Scratch { place: _place, root, store } = scratch;
    drop(store);
    let mut store = Store::write(&root, "x86_64").unwrap();
    store.change(|change| record(change, &root, NOW, &Event::new(Type::Refresh, "refresh"))).unwrap();
    assert_eq!(events(&root, 0).unwrap().len(), 1);
}
