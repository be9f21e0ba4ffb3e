use super::packages::{InstalledPackage, Reason};
use super::paths::{Object, OwnedPath};
use super::*;
use crate::digest::Digest;
use crate::error::Coded;
use crate::fsx::Root;

fn scratch() -> (tempfile::TempDir, Root) {
    let place = tempfile::tempdir().unwrap();
    let root = Root::open(place.path()).unwrap();
    (place, root)
}

fn package(name: &str) -> InstalledPackage {
    InstalledPackage {
        id: 0,
        name: name.to_owned(),
        version: "1-1".to_owned(),
        architecture: "noarch".to_owned(),
        origin: None,
        origin_priority: None,
        reason: Reason::Explicit,
        held: false,
        installed_at: 7,
        manifest: b"{}".to_vec(),
    }
}

fn file(path: &str) -> OwnedPath {
    OwnedPath {
        path: path.into(),
        object: Object::File { size: 1, digest: Digest([3; 32]) },
        mtime: 5,
        found: false,
    }
}

#[test]
fn a_root_without_a_database_is_an_empty_system_and_stays_untouched() {
    let (place, root) = scratch();
    assert!(Store::read(&root).unwrap().is_none());
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn readers_of_a_closed_database_need_no_write_access() {
    let (place, root) = scratch();
    drop(Store::write(&root, "x86_64").unwrap());
    let state = place.path().join("var/lib/peipkg");
    for name in ["db.sqlite", "db.sqlite-wal", "db.sqlite-shm"] {
        assert!(state.join(name).exists(), "{name} must stay for readers");
    }
    let store = Store::read(&root).unwrap().unwrap();
    assert_eq!(store.architecture().unwrap(), "x86_64");
    assert_eq!(store.generation().unwrap(), 0);
}

#[test]
fn two_packages_cannot_own_one_file_but_share_directories() {
    let (_place, root) = scratch();
    let mut store = Store::write(&root, "x86_64").unwrap();
    let directory = OwnedPath { path: "usr".into(), object: Object::Directory, mtime: 0, found: true };
    let add = |store: &mut Store, name: &str, path: &OwnedPath| {
        store.change(|change| {
            let id = packages::insert(change, &package(name))?;
            paths::insert(change, [(id, &directory), (id, path)].into_iter())
        })
    };
    add(&mut store, "aa", &file("usr/x")).unwrap();
    assert!(add(&mut store, "bb", &file("usr/x")).is_err());
    add(&mut store, "cc", &file("usr/y")).unwrap();
    let owners = paths::owners(store.connection(), "usr").unwrap();
    assert_eq!(owners.iter().map(|owner| owner.1.as_str()).collect::<Vec<_>>(), ["aa", "cc"]);
    assert_eq!(
        paths::of_package(store.connection(), owners[1].0).unwrap(),
        [directory.clone(), file("usr/y")]
    );
}

#[test]
fn the_references_database_is_recognised() {
    let (place, root) = scratch();
    std::fs::create_dir_all(place.path().join("var/lib/peipkg")).unwrap();
    let foreign = rusqlite::Connection::open(place.path().join("var/lib/peipkg/db.sqlite")).unwrap();
    foreign
        .execute_batch("CREATE TABLE meta (key, value); INSERT INTO meta VALUES ('schema_version', '1')")
        .unwrap();
    drop(foreign);
    assert_eq!(Store::read(&root).unwrap_err().code(), "PEI_STORE_FOREIGN");
    assert_eq!(Store::write(&root, "x86_64").unwrap_err().code(), "PEI_STORE_FOREIGN");
}

#[test]
fn a_database_that_needs_a_newer_writer_is_read_but_not_written() {
    let (_place, root) = scratch();
    let store = Store::write(&root, "x86_64").unwrap();
    store.connection().execute("UPDATE meta SET value = 99 WHERE key = 'writer_version'", []).unwrap();
    drop(store);
    assert!(Store::read(&root).unwrap().is_some());
    assert_eq!(Store::write(&root, "x86_64").unwrap_err().code(), "PEI_STORE_TOO_NEW");
}

#[test]
fn a_symlink_in_place_of_the_database_is_refused() {
    let (place, root) = scratch();
    std::fs::create_dir_all(place.path().join("var/lib/peipkg")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", place.path().join("var/lib/peipkg/db.sqlite")).unwrap();
    assert_eq!(Store::read(&root).unwrap_err().code(), "PEI_PATH_REFUSED");
    assert_eq!(Store::write(&root, "x86_64").unwrap_err().code(), "PEI_PATH_REFUSED");
}
