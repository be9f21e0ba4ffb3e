//! The golden repository, published anew and adopted.
#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::path::{Path, PathBuf};

use peipkg_core::archive::Observer;
use peipkg_core::digest::Digest;
use peipkg_core::fsx::Root;
use peipkg_core::repository::adopt::{Mode, Update, adopt};
use peipkg_core::repository::index::Kind;
use peipkg_core::repository::open::open;
use peipkg_core::repository::produce::{Page, PublishRequest, prepare};
use peipkg_core::repository::trust::{Fetched, Policy};
use peipkg_core::repository::validators::Validators;
use peipkg_core::signature::detached::Format;
use peipkg_core::signature::key_file;
use peipkg_core::store::Store;
use peipkg_core::timestamp::Timestamp;

/// A directory on a disk that is quick, where there is one: a killed process loses nothing there either.
pub fn quick_place() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary directory")
}

pub const FIRST: &str = "2026-06-01T12:00:00Z";
pub const SECOND: &str = "2026-06-02T12:00:00Z";

pub fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

pub fn now() -> i64 {
    Timestamp::parse(SECOND).expect("valid").seconds()
}

/// The pages that each publish writes anew; the last one is the first page, which says what the others show.
pub const PAGES: [&str; 3] = ["browse/libfoo.html", "browse/site.css", "index.html"];

pub fn publish_hello(repository: &Path, timestamp: &str) {
    let request = PublishRequest {
        base: repository.to_owned(),
        out: repository.to_owned(),
        packages: vec![vectors().join("packages/libfoo_1:1.2.3~rc1-2_x86_64.peipkg")],
        rebuild: true,
        sign_key: vectors().join("packages/test-signing-key.pem"),
        timestamp: timestamp.to_owned(),
        format: Format::Envelope,
        url_template: "/q/{name}/{filename}".to_owned(),
        allow_unsigned: false,
    };
    let publication = prepare(&request, &|_, _, _| {}, &Observer::default()).expect("prepared");
    let page = |path: &str| Page { path: path.to_owned(), content: timestamp.as_bytes().to_vec() };
    let pages = PAGES.map(page).into();
    publication.write(Some(pages), &Observer::default()).expect("published");
}

pub fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("listed") {
        let entry = entry.expect("entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("copied");
        }
    }
}

/// Takes the repository in `directory/repository` into the root `directory/root`.
pub fn refresh(directory: &Path, mode: Mode) {
    let repository = directory.join("repository");
    let read = |path: &str| std::fs::read(repository.join(path)).expect(path);
    let key = std::fs::read(vectors().join("packages/test-signing-key.pub.pem")).expect("key");
    let (descriptor, signature) = (read("repo.json"), read("repo.json.sig"));
    let (index, index_signature) = (read("index/active.json"), read("index/active.json.sig"));
    let validators = Validators {
        address: "https://example.org/index/active.json".to_owned(),
        etag: Some(format!("\"{}\"", Digest::of(&index))),
        last_modified: None,
    };
    let update = Update {
        name: "golden",
        mode,
        fetched: Fetched { descriptor: Some(&descriptor), signature: Some(&signature), keys: &[key] },
        index: &index,
        index_signature: Some(&index_signature),
        validators: Some(&validators),
        // Recorded in the same commit.
        insecure: mode == Mode::Refresh,
        configuration: (mode == Mode::Add).then_some("base_url = \"file:///\"\n"),
    };
    let root = Root::open(&directory.join("root")).expect("root");
    adopt(&root, &update, &policy()).expect("adopted");
}

pub fn policy() -> Policy {
    let (key, _) = key_file::read_secret(&vectors().join("packages/test-signing-key.pem")).expect("key");
    Policy { required: true, anchors: vec![key.public().fingerprint()], min_index_version: 0, now: now() }
}

/// The version of the cached index, which verifies.
pub fn cached(directory: &Path) -> u64 {
    let root = Root::open(&directory.join("root")).expect("root");
    let store = Store::read(&root).expect("store").expect("a database");
    open(&root, &store, "golden", Kind::Active, &policy()).expect("verifies").state.active.index_version
}
