use super::{CacheWriter, clean, find};
use crate::digest::Digest;
use crate::error::Coded;
use crate::fsx::Root;

const BYTES: &[u8] = b"a package";

fn root() -> (tempfile::TempDir, Root) {
    let directory = tempfile::tempdir().expect("temporary directory");
    let root = Root::open(directory.path()).expect("root");
    (directory, root)
}

fn names(root: &Root) -> Vec<String> {
    root.list("var/lib/peipkg/cache/packages").expect("list")
}

#[test]
fn a_download_gets_its_name_only_when_it_is_the_package() {
    let (_directory, root) = root();
    let digest = Digest::of(BYTES);
    let mut writer = CacheWriter::create(&root, digest, BYTES.len() as u64).expect("created");
    writer.write(&BYTES[..4]).expect("first part");
    assert_eq!(find(&root, digest, BYTES.len() as u64).expect("look"), None);
    writer.write(&BYTES[4..]).expect("second part");
    assert_eq!(writer.write(b"x").expect_err("too long").code(), "PEI_DOWNLOAD_SIZE");
    let path = writer.finish().expect("whole");
    assert_eq!(std::fs::read(&path).expect("read"), BYTES);
    assert_eq!(find(&root, digest, BYTES.len() as u64).expect("look"), Some(path));
    assert_eq!(find(&root, digest, 3).expect("look"), None, "another size is another file");
    assert_eq!(writer.finish().expect_err("twice").code(), "PEI_INTERNAL");
}

#[test]
fn what_is_not_the_package_leaves_nothing() {
    let (_directory, root) = root();
    let mut short = CacheWriter::create(&root, Digest::of(BYTES), 100).expect("created");
    short.write(BYTES).expect("written");
    assert_eq!(short.finish().expect_err("short").code(), "PEI_DOWNLOAD_SIZE");
    let mut other = CacheWriter::create(&root, Digest::of(b"other"), BYTES.len() as u64).expect("created");
    other.write(BYTES).expect("written");
    assert_eq!(other.finish().expect_err("other bytes").code(), "PEI_DOWNLOAD_DIGEST");
    drop(CacheWriter::create(&root, Digest::of(BYTES), 100).expect("created"));
    assert_eq!(names(&root), [""; 0]);
}

#[test]
fn cleaning_takes_what_is_not_configured_and_no_download_that_runs() {
    let (_directory, root) = root();
    for name in ["kept", "gone"] {
        root.write_durable(&format!("var/lib/peipkg/cache/repositories/{name}/a.json"), b"{}", 0o644)
            .expect("written");
        root.write_durable(&format!("var/lib/peipkg/cache/repositories/{name}/a.sig"), b"{}", 0o644)
            .expect("written");
    }
    let mut running = CacheWriter::create(&root, Digest::of(BYTES), BYTES.len() as u64).expect("created");
    running.write(BYTES).expect("written");
    root.write_durable("var/lib/peipkg/cache/packages/dead.part", b"x", 0o644).expect("written");
    assert_eq!(clean(&root, &["kept".to_owned()], false).expect("cleaned"), 2);
    assert_eq!(root.list("var/lib/peipkg/cache/repositories").expect("list"), ["kept"]);
    assert_eq!(clean(&root, &["kept".to_owned()], true).expect("cleaned"), 1);
    running.finish().expect("undisturbed");
    assert_eq!(clean(&root, &["kept".to_owned()], true).expect("cleaned"), 1);
    assert_eq!(names(&root), [""; 0]);
}
