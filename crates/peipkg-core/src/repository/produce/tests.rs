use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{
    Check, InitRequest, ProduceError, PublishReport, PublishRequest, RepositoryDirectory, init, prepare,
    verify,
};
use crate::archive::Observer;
use crate::digest::{Digest, Hashed};
use crate::error::Coded;
use crate::fsx::Root;
use crate::repository::index::{self, Kind};
use crate::signature::SecretKey;
use crate::signature::detached::Format;
use crate::timestamp::Timestamp;

const TEMPLATE: &str = "/p/{name}/{version}/{filename}";
const LATER: &str = "2026-06-01T12:00:00Z";

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn golden_package(name: &str) -> PathBuf {
    vectors().join("packages").join(name)
}

fn now() -> i64 {
    Timestamp::parse(LATER).expect("valid").seconds()
}

struct Site {
    directory: tempfile::TempDir,
}

impl Site {
    fn empty() -> Self {
        Self { directory: tempfile::tempdir().expect("temporary directory") }
    }

    /// A repository made by `init` with the golden key.
    fn made() -> Self {
        let site = Self::empty();
        init(&site.init_request()).expect("initialised");
        site
    }

    /// The reference's repository.
    fn golden() -> Self {
        let site = Self::empty();
        copy_tree(&vectors().join("repository"), &site.repository());
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    fn init_request(&self) -> InitRequest {
        InitRequest {
            out: self.repository(),
            name: "golden".into(),
            description: "Golden repository".into(),
            sign_key: golden_package("test-signing-key.pem"),
            timestamp: "2026-05-01T12:00:00Z".into(),
            format: Format::Envelope,
        }
    }

    fn request(&self, packages: &[&str]) -> PublishRequest {
        PublishRequest {
            base: self.repository(),
            out: self.repository(),
            packages: packages.iter().map(|name| golden_package(name)).collect(),
            rebuild: false,
            sign_key: golden_package("test-signing-key.pem"),
            timestamp: LATER.into(),
            format: Format::Envelope,
            url_template: TEMPLATE.into(),
            allow_unsigned: false,
        }
    }

    fn publish(&self, packages: &[&str]) -> PublishReport {
        run(&self.request(packages)).expect("published")
    }

    /// The refusal of a request, which changes nothing.
    fn refuses(&self, request: &PublishRequest, code: &str) -> String {
        let before = files(&self.repository());
        let error = run(request).expect_err(code);
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(files(&self.repository()), before, "a refused publish changes nothing");
        error.to_string()
    }

    fn verify(&self, check: Check, packages: Option<&Path>) -> (Vec<String>, Vec<String>) {
        let checked = verify(&self.repository(), check, packages, now(), &|_, _, _| {}, &Observer::default());
        let checked = checked.expect("checked");
        (checked.issues, checked.not_checked)
    }

    fn is_whole(&self) {
        for check in [Check::Metadata, Check::Hashes] {
            assert_eq!(self.verify(check, None), (vec![], vec![]), "{check:?}");
        }
    }
}

fn run(request: &PublishRequest) -> Result<PublishReport, ProduceError> {
    prepare(request, &|_, _, _| {}, &Observer::default())?.write(None, &Observer::default())
}

fn copy_tree(from: &Path, to: &Path) {
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

/// Every file with the digest of its bytes.
fn files(directory: &Path) -> BTreeMap<String, Digest> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).expect("listed") {
        let entry = entry.expect("entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        if entry.path().is_dir() {
            found.extend(
                files(&entry.path()).into_iter().map(|(path, digest)| (format!("{name}/{path}"), digest)),
            );
        } else {
            found.insert(name, Digest::of(&std::fs::read(entry.path()).expect("read")));
        }
    }
    found
}

#[test]
fn the_golden_repository_verifies() {
    let site = Site::golden();
    site.is_whole();
    let opened = RepositoryDirectory::open(&site.repository(), now()).expect("opens");
    assert_eq!((opened.active.index_version, opened.active_count, opened.entries.len()), (2, 7, 7));
}

#[test]
fn what_the_reference_made_is_made_byte_for_byte() {
    let site = Site::made();
    let request = PublishRequest {
        timestamp: "2026-05-02T12:00:00Z".into(),
        ..site.request(&[
            "basefs_1-1_noarch.peipkg",
            "edge-empty_2.0+git.5-1_noarch.peipkg",
            "edge.case+x_2.0+git.5-1_noarch.peipkg",
            "hello_0.1-1_noarch.peipkg",
            "libfoo-dev_1:1.2.3~rc1-2_x86_64.peipkg",
            "libfoo-doc_1:1.2.3~rc1-2_noarch.peipkg",
            "libfoo_1:1.2.3~rc1-2_x86_64.peipkg",
        ])
    };
    let report = run(&request).expect("published");
    assert_eq!((report.index_version, report.added.len(), report.warnings), (2, 7, vec![]));
    assert_eq!(files(&site.repository()), files(&vectors().join("repository")));
    site.is_whole();
}

#[test]
fn publishing_into_the_references_repository_keeps_its_files() {
    let site = Site::golden();
    let before = files(&site.repository());
    let report = site.publish(&[]);
    assert_eq!((report.index_version, report.added), (3, vec![]));
    let after = files(&site.repository());
    let changed: Vec<_> = after.iter().filter(|(path, digest)| before.get(*path) != Some(digest)).collect();
    assert_eq!(changed.len(), 4, "the indexes and their signatures only: {changed:?}");
    assert!(changed.iter().all(|(path, _)| path.starts_with("index/")));
    assert_eq!(before.len(), after.len());
    site.is_whole();
}

#[test]
fn init_refuses_a_directory_that_holds_anything() {
    let site = Site::made();
    site.is_whole();
    assert_eq!(init(&site.init_request()).expect_err("not empty").code(), "PEI_REPO_NOT_EMPTY");
    let bad = |change: fn(&mut InitRequest)| {
        let site = Site::empty();
        let mut request = site.init_request();
        change(&mut request);
        let error = init(&request).expect_err("refused").code();
        assert!(!request.out.exists(), "nothing is made");
        error
    };
    assert_eq!(bad(|request| request.name = String::new()), "PEI_REPO_NAME");
    assert_eq!(bad(|request| request.description = "a\nb".into()), "PEI_REPO_NAME");
    assert_eq!(bad(|request| request.timestamp = "now".into()), "PEI_TIMESTAMP_INVALID");
    assert_eq!(bad(|request| request.sign_key = "/none".into()), "PEI_IO");
}

#[test]
fn packages_are_verified_before_anything_is_written() {
    let site = Site::made();
    let hello = "hello_0.1-1_noarch.peipkg";
    let unsigned = "unsigned-hello_0.1-1_noarch.peipkg";
    site.refuses(&site.request(&[unsigned]), "PEI_SIGNATURE_MISSING");
    site.refuses(&site.request(&["test-signing-key.pem", hello]), "PEI_PACKAGE_ZSTD");
    site.refuses(&site.request(&["absent.peipkg"]), "PEI_IO");
    site.refuses(&site.request(&[hello, hello]), "PEI_REPO_PUBLISHED");
    let allowed = PublishRequest { allow_unsigned: true, ..site.request(&[unsigned]) };
    let report = run(&allowed).expect("allowed");
    assert!(report.added[0].unsigned && report.warnings[0].contains("is not signed"), "{report:?}");
    assert!(
        site.repository().join("p/hello/0.1-1/hello_0.1-1_noarch.peipkg").exists(),
        "named by its manifest"
    );
    site.refuses(&site.request(&[hello]), "PEI_REPO_PUBLISHED");
    site.refuses(&allowed, "PEI_REPO_PUBLISHED");
    site.is_whole();
}

#[test]
fn foreign_keys_sign_neither_packages_nor_indexes() {
    let site = Site::empty();
    let key = site.path("other.pem");
    std::fs::write(&key, SecretKey::from_seed(&[7; 32]).to_pem()).expect("written");
    init(&InitRequest { sign_key: key.clone(), ..site.init_request() }).expect("initialised");
    site.refuses(&site.request(&[]), "PEI_REPO_KEY");
    let request = PublishRequest { sign_key: key, ..site.request(&["hello_0.1-1_noarch.peipkg"]) };
    site.refuses(&request, "PEI_SIGNATURE_KEY_UNKNOWN");
    site.refuses(&PublishRequest { allow_unsigned: true, ..request }, "PEI_SIGNATURE_KEY_UNKNOWN");
}

#[test]
fn out_of_place_makes_a_complete_copy_and_leaves_the_base() {
    let site = Site::golden();
    let before = files(&site.repository());
    let out = site.path("out");
    let request = PublishRequest { out: out.clone(), ..site.request(&[]) };
    run(&request).expect("published");
    assert_eq!(files(&site.repository()), before);
    let copy = files(&out);
    assert_eq!(copy.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert_eq!(copy["repo.json.sig"], before["repo.json.sig"]);
    assert_ne!(copy["index/active.json"], before["index/active.json"]);
    assert_eq!(run(&request).expect_err("not empty").code(), "PEI_REPO_NOT_EMPTY");
}

#[test]
fn a_rebuild_takes_only_what_it_is_given() {
    let site = Site::golden();
    let request = PublishRequest { rebuild: true, ..site.request(&["hello_0.1-1_noarch.peipkg"]) };
    assert_eq!(run(&request).expect("published").index_version, 3);
    let opened = RepositoryDirectory::open(&site.repository(), now()).expect("opens");
    assert_eq!((opened.active_count, opened.entries.len()), (1, 1));
    site.is_whole();
}

#[test]
fn packages_that_lie_in_their_place_are_left() {
    let site = Site::golden();
    let place = site.repository().join("p/hello/0.1-1/hello_0.1-1_noarch.peipkg");
    let inode = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&place).expect("there"));
    let before = inode();
    let request = PublishRequest { rebuild: true, packages: vec![place.clone()], ..site.request(&[]) };
    run(&request).expect("published");
    assert_eq!(inode(), before);
}

#[test]
fn url_templates() {
    let site = Site::made();
    let hello = |template: &str| PublishRequest {
        url_template: template.into(),
        ..site.request(&["hello_0.1-1_noarch.peipkg", "basefs_1-1_noarch.peipkg"])
    };
    for (template, expected) in [
        ("/p/{nam}", "unknown placeholder"),
        ("/p/{name", "unknown placeholder"),
        ("/p/}", "unknown placeholder"),
        ("/p/ {filename}", "white space"),
        ("/p/fixed", "is there"),
        ("/repo.json", "the repository's own"),
        ("/index/{filename}", "the repository's own"),
        ("/.publish/{filename}", "the repository's own"),
        ("/../{filename}", "names no file"),
        ("", "the repository's own"),
    ] {
        let text = site.refuses(&hello(template), "PEI_REPO_TEMPLATE");
        assert!(text.contains(expected), "{template}: {text}");
    }
    run(&hello("https://cdn.example.org/{name}/{version}/{arch}/{filename}")).expect("published");
    assert!(!site.repository().join("p").exists(), "the bytes live elsewhere");
    let opened = RepositoryDirectory::open(&site.repository(), now()).expect("opens");
    assert_eq!(opened.entries[1].url, "https://cdn.example.org/hello/0.1-1/noarch/hello_0.1-1_noarch.peipkg");
    assert_eq!(site.verify(Check::Hashes, None).1.len(), 2, "not checked");
    assert_eq!(site.verify(Check::Hashes, Some(&vectors())), (vec![], vec![]), "found by name, at any depth");
}

#[test]
fn what_another_tool_put_beside_the_indexes_stays() {
    let site = Site::golden();
    std::fs::write(site.repository().join("index/.htaccess"), "x").expect("written");
    std::fs::create_dir(site.repository().join(".publish")).expect("left by a killed publish");
    std::fs::write(site.repository().join(".publish/package"), "half").expect("written");
    site.publish(&[]);
    assert_eq!(std::fs::read(site.repository().join("index/.htaccess")).expect("kept"), b"x");
    assert!(!site.repository().join(".publish").exists());
}

#[test]
fn one_writer_at_a_time() {
    let site = Site::made();
    let lock = RepositoryDirectory::lock(&site.repository()).expect("locked");
    assert_eq!(run(&site.request(&[])).expect_err("busy").code(), "PEI_REPO_BUSY");
    drop(lock);
    site.publish(&[]);
}

/// What a reader finds who opens the index directory once; `None` when the generation went away meanwhile.
fn generation(index: &Path, keys: &crate::signature::TrustSet) -> Option<u64> {
    let directory = Root::open(index).ok()?.open_directory("").ok()?;
    let read = |name: &str| {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut directory.open_file(name).ok()??, &mut bytes).ok()?;
        Some(bytes)
    };
    let mut versions = ["active", "archive"].into_iter().map(|kind| {
        let (document, signature) = (read(&format!("{kind}.json"))?, read(&format!("{kind}.json.sig"))?);
        crate::signature::detached::verify(Hashed::of(&document), &signature, keys, now())
            .expect("of one publish");
        let kind = if kind == "active" { Kind::Active } else { Kind::Archive };
        Some(index::read(&document, kind, |_| {}).expect("whole").index_version)
    });
    let (active, archive) = (versions.next()??, versions.next()??);
    assert_eq!(active, archive);
    Some(active)
}

#[test]
fn who_opens_the_index_once_sees_one_generation_during_200_publishes() {
    let site = Site::made();
    let directory = site.repository().join("index");
    let keys = RepositoryDirectory::open(&site.repository(), now()).expect("opens").keys;
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..200 {
                site.publish(&[]);
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let (mut seen, mut reads) = (1, 0);
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            let Some(version) = generation(&directory, &keys) else { continue };
            assert!(version >= seen, "never back: {version} after {seen}");
            (seen, reads) = (version, reads + 1);
        }
        assert!(reads > 20, "{reads} reads");
    });
    assert_eq!(generation(&directory, &keys), Some(201));
    site.is_whole();
}

#[test]
fn verify_names_each_issue() {
    let site = Site::golden();
    let package = site.repository().join("p/hello/0.1-1/hello_0.1-1_noarch.peipkg");
    let good = std::fs::read(&package).expect("read");
    std::fs::write(&package, b"damaged").expect("written");
    let (issues, _) = site.verify(Check::Hashes, None);
    assert_eq!(issues.len(), 1);
    assert!(issues[0].starts_with("hash mismatch: hello_0.1-1_noarch.peipkg computed "), "{issues:?}");
    assert!(issues[0].ends_with(&format!(" index claims {}", Digest::of(&good))), "{issues:?}");
    std::fs::remove_file(&package).expect("removed");
    assert!(site.verify(Check::Hashes, None).0[0].starts_with("missing: hello"), "{issues:?}");
    let signature = site.repository().join("index/active.json.sig");
    std::fs::copy(site.repository().join("repo.json.sig"), &signature).expect("damaged");
    let (issues, _) = site.verify(Check::Metadata, None);
    assert!(issues[0].contains("signature of active index is not accepted"), "{issues:?}");
    std::fs::remove_file(site.repository().join("repo.json")).expect("removed");
    assert!(site.verify(Check::Metadata, None).0[0].contains("repo.json is missing"));
}

#[test]
fn an_earlier_timestamp_is_remarked() {
    let site = Site::golden();
    let request = PublishRequest { timestamp: "2026-05-01T12:00:00Z".into(), ..site.request(&[]) };
    let report = run(&request).expect("published");
    assert!(report.warnings[0].contains("consumers that saw that one refuse"), "{report:?}");
}
