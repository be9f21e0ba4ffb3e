use super::{CacheWriter, clean, find, find_to_use, trim};
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

const ADDRESS: &str = "https://example.org/p/a.peipkg";

/// A writer that wrote the first four bytes and was given up for now.
fn broken_off(root: &Root, remembered: bool) {
    let mut writer = CacheWriter::create(root, Digest::of(BYTES), BYTES.len() as u64).expect("created");
    if remembered {
        writer.remember(ADDRESS, "\"one\"").expect("remembered");
    }
    writer.write(&BYTES[..4]).expect("written");
    writer.keep();
}

#[test]
fn a_download_that_broke_off_is_gone_on_with() {
    let (_directory, root) = root();
    broken_off(&root, true);
    let mut writer = CacheWriter::create(&root, Digest::of(BYTES), BYTES.len() as u64).expect("created");
    assert_eq!((writer.written(), writer.source()), (4, Some((ADDRESS, "\"one\""))));
    writer.write(&BYTES[4..]).expect("written");
    let path = writer.finish().expect("whole");
    assert_eq!(std::fs::read(path).expect("read"), BYTES);
    assert_eq!(names(&root).len(), 1, "nothing but the package");
}

#[test]
fn what_nobody_vouches_for_is_not_kept_or_begun_anew() {
    let (_directory, root) = root();
    broken_off(&root, false);
    assert_eq!(names(&root), [""; 0]);
    let part = format!("var/lib/peipkg/cache/packages/{}.part", Digest::of(BYTES));
    let from = format!("var/lib/peipkg/cache/packages/{}.from", Digest::of(BYTES));
    for source in [None, Some("no lines"), Some("https://x\n\u{1b}\n"), Some("\n\n")] {
        root.write_durable(&part, b"a pa", 0o644).expect("written");
        if let Some(source) = source {
            root.write_durable(&from, source.as_bytes(), 0o644).expect("written");
        }
        let writer = CacheWriter::create(&root, Digest::of(BYTES), BYTES.len() as u64).expect("created");
        assert_eq!((writer.written(), writer.source()), (0, None), "{source:?}");
        drop(writer);
        assert_eq!(names(&root), [""; 0], "{source:?}");
    }
    broken_off(&root, true);
    let shorter = CacheWriter::create(&root, Digest::of(BYTES), 3).expect("created");
    assert_eq!(shorter.written(), 0, "more than the file will have is not its beginning");
}

#[test]
fn a_damaged_beginning_is_found_out_and_forgotten() {
    let (_directory, root) = root();
    broken_off(&root, true);
    let part = format!("var/lib/peipkg/cache/packages/{}.part", Digest::of(BYTES));
    root.write_durable(&part, b"....", 0o644).expect("damaged");
    let mut writer = CacheWriter::create(&root, Digest::of(BYTES), BYTES.len() as u64).expect("created");
    writer.write(&BYTES[4..]).expect("written");
    assert_eq!(writer.finish().expect_err("damaged").code(), "PEI_DOWNLOAD_DIGEST");
    assert_eq!(names(&root), [""; 0]);
}

#[test]
fn a_file_that_another_writes_or_nobody_may_is_left_alone() {
    let (directory, root) = root();
    let mut first = CacheWriter::create(&root, Digest::of(BYTES), BYTES.len() as u64).expect("created");
    let mut second = CacheWriter::create(&root, Digest::of(BYTES), BYTES.len() as u64).expect("created");
    second.remember(ADDRESS, "\"one\"").expect("nothing to remember");
    first.write(BYTES).expect("written");
    second.write(BYTES).expect("written");
    first.finish().expect("whole");
    second.finish().expect("whole, too");
    assert_eq!(names(&root).len(), 1);
    let packages = directory.path().join("var/lib/peipkg/cache/packages");
    let outside = directory.path().join("outside");
    std::fs::write(&outside, b"mine").expect("written");
    std::os::unix::fs::symlink(&outside, packages.join(format!("{}.part", Digest::of(b"x"))))
        .expect("linked");
    let mut third = CacheWriter::create(&root, Digest::of(b"x"), 1).expect("created");
    third.write(b"x").expect("written");
    third.finish().expect("whole");
    assert_eq!(std::fs::read(outside).expect("read"), b"mine");
}

#[test]
fn beginning_anew_forgets_what_was_there() {
    let (_directory, root) = root();
    broken_off(&root, true);
    let mut writer = CacheWriter::create(&root, Digest::of(BYTES), BYTES.len() as u64).expect("created");
    writer.restart().expect("anew");
    assert_eq!((writer.written(), writer.source()), (0, None));
    writer.write(BYTES).expect("written");
    writer.finish().expect("whole");
}

#[test]
fn what_was_not_used_for_longest_makes_room() {
    let (directory, root) = root();
    let contents: Vec<Vec<u8>> = (0..4_u8).map(|byte| vec![byte; 100]).collect();
    for (age, content) in (1..).zip(&contents) {
        let mut writer = CacheWriter::create(&root, Digest::of(content), 100).expect("created");
        writer.write(content).expect("written");
        let path = writer.finish().expect("whole");
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(1000 * age);
        std::fs::File::open(path).expect("opened").set_modified(time).expect("aged");
    }
    let part = directory.path().join("var/lib/peipkg/cache/packages/dead.part");
    std::fs::write(&part, [0; 50]).expect("written");
    std::fs::write(part.with_extension("from"), "x").expect("written");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(9000);
    std::fs::File::open(&part).expect("opened").set_modified(old).expect("aged");
    assert_eq!(trim(&root, 450).expect("nothing to do").files, 0);
    find_to_use(&root, Digest::of(&contents[3]), 100).expect("look").expect("there");
    let trimmed = trim(&root, 250).expect("trimmed");
    assert_eq!((trimmed.files, trimmed.bytes), (3, 250), "the dead part, then the two oldest");
    let left = |content: &Vec<u8>| find(&root, Digest::of(content), 100).expect("look").is_some();
    assert_eq!(contents.iter().map(left).collect::<Vec<_>>(), [true, false, false, true]);
    assert_eq!(trim(&root, 0).expect("trimmed").files, 2);
    assert_eq!(names(&root), [""; 0]);
}
