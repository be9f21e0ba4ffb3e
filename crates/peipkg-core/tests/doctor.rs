//! Taking over the reference's database, and rebuilding a lost one: what they do, and that a kill at any step leaves the
//! root as before or as after. Needs the feature `faults`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use std::env::consts::ARCH;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use peipkg_core::audit;
use peipkg_core::digest::Digest;
use peipkg_core::error::Coded;
use peipkg_core::fsx::Root;
use peipkg_core::package::Limits;
use peipkg_core::store::packages::Reason;
use peipkg_core::store::{Store, repositories};
use peipkg_core::transaction::{
    Control, Imported, Level, RebuildRequest, Rebuilt, Requested, TransactionError, Wait, examine, import,
    rebuild,
};
use support::again::this_program;
use support::{NOW, Sample, Scratch, change, database, put, tree};

const SCHEMA: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE package (name TEXT PRIMARY KEY, version TEXT, architecture TEXT, origin_repo TEXT, installed_at INTEGER, manifest TEXT);
CREATE TABLE package_file (package_name TEXT, path TEXT, type TEXT, hash TEXT, symlink_target TEXT);
CREATE TABLE repository (name TEXT PRIMARY KEY, highest_index_version INTEGER, generated_at_floor INTEGER, last_refresh_at INTEGER, trust_keys TEXT);
CREATE TABLE txn (id INTEGER PRIMARY KEY, state TEXT);
INSERT INTO meta VALUES ('schema_version', '1');
INSERT INTO repository VALUES ('official', 7, 1779000000, 1779000000, '[]');
INSERT INTO txn VALUES (1, 'committed');
";

fn manifest(name: &str) -> String {
    format!(
        r#"{{"schema_version":1,"name":"{name}","version":"1-1","architecture":"{ARCH}","dependencies":[],"conflicts":[],"size_installed":3,"build":{{"timestamp":"2026-05-01T12:00:00Z","farm_id":"f","source_ref":"s"}}}}"#
    )
}

/// A root as the other tool leaves it.
fn left_by_reference(root: &Path, wal: bool) -> rusqlite::Connection {
    for directory in ["var/lib/peipkg", "usr/share/one", "usr/bin"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
    }
    std::fs::write(root.join("usr/share/one/data"), "one").unwrap();
    std::os::unix::fs::symlink("../share/one/data", root.join("usr/bin/one")).unwrap();
    let connection = rusqlite::Connection::open(root.join("var/lib/peipkg/db.sqlite")).unwrap();
    if wal {
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
    }
    connection.execute_batch(SCHEMA).unwrap();
    let package = format!("INSERT INTO package VALUES (?, '1-1', '{ARCH}', ?, 1778000000, ?)");
    connection.execute(&package, ("one", Some("official"), manifest("one"))).unwrap();
    connection.execute(&package, ("two", None::<&str>, manifest("two"))).unwrap();
    let path = "INSERT INTO package_file VALUES ('one', ?, ?, ?, ?)";
    let rows: [(&str, &str, Option<String>, Option<&str>); 4] = [
        ("/usr/share/one", "dir", None, None),
        ("/usr/share/one/data", "file", Some(Digest::of(b"one").to_string()), None),
        ("/usr/bin/one", "symlink", None, Some("../share/one/data")),
        ("/usr/share", "dir", None, None),
    ];
    for row in rows {
        connection.execute(path, row).unwrap();
    }
    connection
}

fn import_into(root: &Path) -> Result<Imported, TransactionError> {
    let opened = Root::open(root).unwrap();
    import(&opened, "peipkg doctor --import", Wait::No, NOW, &Control::silent())
}

#[test]
fn packages_paths_origins_and_floors_are_taken_over() {
    for wal in [false, true] {
        let scratch = Scratch::new();
        drop(left_by_reference(&scratch.root, wal));
        let before = tree(&scratch.root);
        let imported = import_into(&scratch.root).unwrap();
        assert_eq!((imported.packages, imported.paths, imported.repositories), (2, 4, 1));
        assert_eq!(imported.aside, "var/lib/peipkg/db.sqlite.reference");
        assert!(scratch.has(&imported.aside));
        assert_eq!(tree(&scratch.root), before);
        let opened = Root::open(&scratch.root).unwrap();
        let store = Store::read(&opened).unwrap().unwrap();
        let one = peipkg_core::store::packages::find(store.connection(), "one").unwrap().unwrap();
        assert_eq!((one.origin.as_deref(), one.installed_at), (Some("official"), 1_778_000_000));
        assert_eq!(repositories::floor(store.connection(), "official").unwrap(), Some((7, 1_779_000_000)));
        let checked = peipkg_core::integrity::verify(
            &opened,
            None,
            false,
            &peipkg_core::integrity::Watch { cancel: &false.into(), progress: &|_, _| {} },
        );
        assert!(checked.unwrap().problems.is_empty());
        assert!(audit::events(&opened, 0).unwrap()[0].contains(r#""operation":"import""#));
        drop(store);
        // It is an ordinary root now.
        scratch.change(&[put(&Sample::new("three", "1-1").file("usr/share/three/x", "x"))]).unwrap();
        assert_eq!(database(&scratch.root).len(), 3);
        assert_eq!(import_into(&scratch.root).unwrap_err().code(), "PEI_IMPORT_REFUSED");
    }
}

#[test]
fn what_is_pending_in_use_or_damaged_is_refused_and_stays() {
    let scratch = Scratch::new();
    let reference = left_by_reference(&scratch.root, false);
    let refused = |change: &str, undo: &str| {
        reference.execute_batch(change).unwrap();
        let reason = import_into(&scratch.root).unwrap_err().to_string();
        reference.execute_batch(undo).unwrap();
        reason
    };
    let pending = refused("INSERT INTO txn VALUES (2, 'pending')", "DELETE FROM txn WHERE id = 2");
    assert!(pending.contains("pending"), "{pending}");
    let used = refused("BEGIN IMMEDIATE", "ROLLBACK");
    assert!(used.contains("kept busy"), "{used}");
    let path = refused(
        "INSERT INTO package_file VALUES ('one', '/../etc/passwd', 'dir', NULL, NULL)",
        "DELETE FROM package_file WHERE path = '/../etc/passwd'",
    );
    assert!(path.contains("/../etc/passwd"), "{path}");
    let other = refused(
        "UPDATE package SET version = '2-1' WHERE name = 'two'",
        "UPDATE package SET version = '1-1' WHERE name = 'two'",
    );
    assert!(other.contains("manifest of another"), "{other}");
    assert!(!scratch.has("var/lib/peipkg/db.sqlite.reference"));
    import_into(&scratch.root).unwrap();
}

fn sample(name: &str, version: &str, content: &str) -> Sample {
    Sample::new(name, version)
        .file(&format!("usr/share/{name}/data"), content)
        .link(&format!("usr/share/{name}/link"), "data")
}

fn rebuild_from(root: &Path, place: &Path, samples: &[Sample]) -> Result<Rebuilt, TransactionError> {
    let put = |sample: &Sample| {
        let file = sample.write(place);
        Requested::Put {
            kind: "install",
            expected: Box::new(sample.expectation(&file)),
            file,
            reason: Reason::Explicit,
            restores: None,
        }
    };
    let request = RebuildRequest {
        packages: samples.iter().map(put).collect(),
        limits: Limits::default(),
        command: "peipkg doctor --rebuild".to_owned(),
        wait: Wait::No,
        now: NOW,
    };
    rebuild(&Root::open(root).unwrap(), &request, &Control::silent())
}

fn lose_database(root: &Path) {
    for name in ["db.sqlite", "db.sqlite-wal", "db.sqlite-shm"] {
        let _ = std::fs::remove_file(root.join("var/lib/peipkg").join(name));
    }
}

#[test]
fn packages_that_are_on_the_disk_whole_are_recorded_again() {
    let scratch = Scratch::new();
    let one = sample("one", "2-1", "two");
    let changed = sample("changed", "1-1", "as shipped");
    scratch.change(&[put(&one), put(&changed)]).unwrap();
    scratch.write("usr/share/changed/data", "by hand");
    scratch.write("etc/mine", "mine");
    lose_database(&scratch.root);
    let before = tree(&scratch.root);
    let offered = [sample("one", "1-1", "one"), one.clone(), changed, sample("never", "1-1", "x")];
    let rebuilt = rebuild_from(&scratch.root, scratch.place.path(), &offered).unwrap();
    assert_eq!(rebuilt.adopted, [("one".to_owned(), "2-1".to_owned())]);
    assert_eq!(rebuilt.rejected.len(), 3, "{:?}", rebuilt.rejected);
    assert_eq!(rebuilt.unplaced, ["etc/mine", "usr/share/changed/data", "usr/share/changed/link"]);
    assert_eq!(tree(&scratch.root), before);
    scratch.change(&[support::Change::Remove("one")]).unwrap();
    assert!(!scratch.has("usr/share/one"));
    // What is recorded is left alone.
    let again = rebuild_from(&scratch.root, scratch.place.path(), &[one]).unwrap();
    assert!(again.adopted.is_empty());
}

#[test]
fn a_healthy_root_has_no_concerns_and_a_sick_one_says_what_to_do() {
    let scratch = Scratch::new();
    let opened = Root::open(&scratch.root).unwrap();
    assert!(examine(&opened).is_empty());
    scratch.change(&[put(&sample("one", "1-1", "one"))]).unwrap();
    assert_eq!(examine(&opened), []);
    scratch.write("usr/share/one/data.peipkg-staged-9", "left");
    let state = scratch.at("var/lib/peipkg");
    std::fs::set_permissions(state.join("db.sqlite"), std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .unwrap();
    let log = scratch.at("var/log/peipkg/audit.jsonl");
    std::fs::write(&log, "").unwrap();
    let concerns = examine(&opened);
    let areas: Vec<_> = concerns.iter().map(|one| (one.area, one.level)).collect();
    assert_eq!(
        areas,
        [("state", Level::Warning), ("files", Level::Warning), ("audit", Level::Error)],
        "{concerns:#?}"
    );
    assert_eq!(concerns[0].advice, "run: chmod 644 /var/lib/peipkg/db.sqlite");
    std::fs::write(state.join("db.sqlite"), "no database at all, but long enough to be read as one").unwrap();
    lose_log(&state);
    assert!(examine(&opened).iter().any(|one| one.area == "database" && one.level == Level::Error));
}

fn lose_log(state: &Path) {
    for name in ["db.sqlite-wal", "db.sqlite-shm"] {
        let _ = std::fs::remove_file(state.join(name));
    }
}

/// What the killed process does.
#[test]
fn child() {
    let (Ok(what), Ok(root)) = (std::env::var("DOCTOR_CHILD"), std::env::var("DOCTOR_ROOT")) else { return };
    let root = PathBuf::from(root);
    if what == "import" {
        import_into(&root).unwrap();
    } else {
        rebuild_from(&root, root.parent().unwrap(), &[sample("one", "1-1", "one")]).unwrap();
    }
}

/// Whether the process was killed at its k-th step; false once it had no such step.
fn killed(what: &str, root: &Path, step: u32) -> bool {
    let mut command = this_program();
    command.args(["child", "--exact", "--quiet"]).env("DOCTOR_CHILD", what).env("DOCTOR_ROOT", root);
    command.env("PEIPKG_FAULT", format!("kill:{step}"));
    let null = std::process::Stdio::null;
    let status = command.stdout(null()).stderr(null()).status().unwrap();
    assert!(status.success() || status.signal() == Some(9), "{what} at step {step}: {status}");
    !status.success()
}

#[test]
fn an_import_killed_at_any_step_is_done_or_starts_over() {
    let (mut before, mut after) = (0, 0);
    for step in 1.. {
        let scratch = Scratch::new();
        drop(left_by_reference(&scratch.root, true));
        let was_killed = killed("import", &scratch.root, step);
        let opened = Root::open(&scratch.root).unwrap();
        match Store::read(&opened) {
            Ok(Some(_)) => after += 1,
            Ok(None) => panic!("step {step}: the database is gone"),
            Err(error) => {
                assert_eq!(error.code(), "PEI_STORE_FOREIGN", "step {step}");
                import_into(&scratch.root).unwrap();
                before += 1;
            }
        }
        assert_eq!(database(&scratch.root).len(), 2, "step {step}");
        scratch.change(&[put(&Sample::new("three", "1-1").file("usr/share/three/x", "x"))]).unwrap();
        let events = audit::events(&opened, 0).unwrap();
        let imports = events.iter().filter(|event| event.contains(r#""operation":"import""#)).count();
        assert_eq!(imports, 1, "step {step}: {events:#?}");
        assert!(audit::verify(&opened).unwrap().breaks.is_empty(), "step {step}");
        if !was_killed {
            break;
        }
    }
    assert!(before > 3 && after > 2, "{before} {after}");
    println!("counts: kills of doctor --import: {} passed, 0 failed", before + after - 1);
}

#[test]
fn a_rebuild_killed_at_any_step_records_all_or_nothing() {
    for step in 1.. {
        let scratch = Scratch::new();
        change(&scratch.root, scratch.place.path(), &[put(&sample("one", "1-1", "one"))], |_| {}).unwrap();
        lose_database(&scratch.root);
        std::fs::remove_dir_all(scratch.at("var/log/peipkg")).unwrap();
        let before = tree(&scratch.root);
        let was_killed = killed("rebuild", &scratch.root, step);
        rebuild_from(&scratch.root, scratch.place.path(), &[sample("one", "1-1", "one")]).unwrap();
        assert_eq!(database(&scratch.root).len(), 1, "step {step}");
        assert_eq!(tree(&scratch.root), before, "step {step}");
        let opened = Root::open(&scratch.root).unwrap();
        let events = audit::events(&opened, 0).unwrap();
        assert_eq!(events.len(), 1, "step {step}: {events:#?}");
        if !was_killed {
            assert!(step > 3);
            println!("counts: kills of doctor --rebuild: {} passed, 0 failed", step - 1);
            break;
        }
    }
}
