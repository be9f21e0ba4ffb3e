use std::os::unix::fs::{MetadataExt, symlink};

use super::*;
use crate::error::Coded;

fn scratch() -> (tempfile::TempDir, Root) {
    let place = tempfile::tempdir().unwrap();
    let root = Root::open(place.path()).unwrap();
    (place, root)
}

#[test]
fn a_symlink_on_the_way_is_refused() {
    let (place, root) = scratch();
    std::fs::create_dir_all(place.path().join("real/inside")).unwrap();
    symlink("real", place.path().join("link")).unwrap();
    assert!(root.open_directory("real/inside").is_ok());
    for path in ["link", "link/inside"] {
        let error = root.open_directory(path).unwrap_err();
        assert_eq!(error.code(), "PEI_PATH_REFUSED", "{path}: {error}");
        assert_eq!(root.walk_for_test(path).unwrap_err().code(), "PEI_PATH_REFUSED");
    }
}

#[test]
fn the_root_cannot_be_left() {
    let (place, _) = scratch();
    std::fs::create_dir(place.path().join("root")).unwrap();
    let root = Root::open(&place.path().join("root")).unwrap();
    assert!(root.open_directory("..").is_err());
    assert!(root.walk_for_test("..").is_err());
    assert!(root.open_directory("/etc").is_err());
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let (place, root) = scratch();
    let directory = root.make_directories("a/b", 0o700).unwrap();
    directory.create_file("f", 0o644).unwrap();
    let mode = |path: &str| std::fs::metadata(place.path().join(path)).unwrap().mode() & 0o7777;
    assert_eq!((mode("a"), mode("a/b"), mode("a/b/f")), (0o755, 0o700, 0o644));
}

#[test]
fn a_durable_write_replaces_whole_files() {
    let (_place, root) = scratch();
    root.write_durable("conf/x", b"one", 0o644).unwrap();
    root.write_durable("conf/x", b"two", 0o644).unwrap();
    assert_eq!(root.read("conf/x", 10).unwrap().unwrap(), b"two");
    assert_eq!(root.list("conf").unwrap(), ["x"]);
    assert_eq!(root.read("conf/x", 2).unwrap_err().code(), "PEI_LIMIT");
    assert!(root.read("absent/y", 2).unwrap().is_none());
}

#[test]
fn a_tree_is_removed_without_following_links() {
    let (place, root) = scratch();
    std::fs::create_dir_all(place.path().join("tree/deep")).unwrap();
    std::fs::write(place.path().join("kept"), b"x").unwrap();
    symlink("../kept", place.path().join("tree/link")).unwrap();
    root.remove_tree("tree").unwrap();
    assert!(!place.path().join("tree").exists() && place.path().join("kept").exists());
}

#[test]
fn a_pipe_named_by_somebody_is_refused_and_not_waited_for() {
    let (place, _) = scratch();
    let pipe = place.path().join("x.peipkg");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_eq!(open_regular(&pipe).unwrap_err().to_string(), "not a regular file");
    assert_eq!(open_regular(place.path()).unwrap_err().to_string(), "not a regular file");
    std::fs::write(place.path().join("y"), b"y").unwrap();
    symlink("y", place.path().join("z")).unwrap();
    assert!(open_regular(&place.path().join("z")).is_ok());
}
