//! Kill -9 at every mutating step of a publish and of a refresh: readers meet the old state or the new one, whole, and the
//! next run leaves nothing of the killed one behind.
//!
//! The test starts itself again as the process that is killed. Needs the feature `faults`.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use peipkg_core::archive::Observer;
use peipkg_core::digest::Digest;
use peipkg_core::fsx::Root;
use peipkg_core::repository::adopt::Mode;
use peipkg_core::repository::cache::{self, CacheWriter};
use peipkg_core::repository::index::Kind;
use peipkg_core::repository::produce::{
    Change, ChangeRequest, Check, RepositoryDirectory, prepare_change, verify,
};
use peipkg_core::repository::validators;
use peipkg_core::signature::SecretKey;
use peipkg_core::signature::detached::Format;

#[path = "support/again.rs"]
mod again;
#[path = "support/golden.rs"]
mod golden;

use golden::{FIRST, PAGES, SECOND, cached, copy_tree, now, publish_hello, refresh, vectors};

/// What the killed process does.
#[test]
fn child() {
    let (Ok(what), Ok(directory)) = (std::env::var("CRASH_CHILD"), std::env::var("CRASH_DIRECTORY")) else {
        return;
    };
    let directory = PathBuf::from(directory);
    match &*what {
        "publish" => publish_hello(&directory.join("repository"), FIRST),
        "rotate" => rotate(&directory),
        "download" => download(&directory),
        _ => refresh(&directory, Mode::Refresh),
    }
}

/// Runs the child so that it is killed at its `step`-th step; false when it had no such step.
fn killed(what: &str, directory: &Path, step: u32) -> bool {
    let mut command = again::this_program();
    command.args(["child", "--exact", "--quiet"]).env("CRASH_CHILD", what).env("CRASH_DIRECTORY", directory);
    command.env("PEIPKG_FAULT", format!("kill:{step}"));
    let status = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .expect("run");
    assert!(status.success() || status.signal() == Some(9), "step {step}: {status}");
    !status.success()
}

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

/// The index version of a repository in which everything verifies.
fn whole(repository: &Path) -> u64 {
    for check in [Check::Metadata, Check::Hashes] {
        let checked =
            verify(repository, check, None, now(), &|_, _, _| {}, &Observer::default()).expect("checked");
        assert_eq!(checked.issues, [""; 0], "{check:?}");
    }
    RepositoryDirectory::open(repository, now()).expect("opens").active.index_version
}

/// The pages of the publish before, one of a package that is there no more among them.
fn browse_before(repository: &Path) {
    std::fs::create_dir(repository.join("browse")).expect("made");
    for page in PAGES.iter().copied().chain(["browse/hello.html"]) {
        std::fs::write(repository.join(page), "before").expect("written");
    }
}

/// Every page is the old one or the new one; the first page says "new" only when all others are.
fn browses_whole(repository: &Path, version: u64) {
    let texts = PAGES.map(|page| std::fs::read_to_string(repository.join(page)).expect(page));
    assert!(texts.iter().all(|text| text == "before" || text == FIRST), "{texts:?}");
    if version == 2 {
        assert!(texts.iter().all(|text| text == "before"), "no page is ahead of the index: {texts:?}");
    }
    if texts[PAGES.len() - 1] == FIRST {
        assert!(texts.iter().all(|text| text == FIRST), "the first page comes last: {texts:?}");
    }
}

#[test]
fn a_killed_publish_leaves_the_old_index_or_the_new_one() {
    let expected = {
        let directory = golden::quick_place();
        let repository = directory.path().join("repository");
        copy_tree(&vectors().join("repository"), &repository);
        publish_hello(&repository, SECOND);
        files(&repository).into_keys().collect::<Vec<_>>()
    };
    let mut seen = [0, 0];
    for step in 1.. {
        let directory = golden::quick_place();
        let repository = directory.path().join("repository");
        copy_tree(&vectors().join("repository"), &repository);
        browse_before(&repository);
        if !killed("publish", directory.path(), step) {
            break;
        }
        let version = whole(&repository);
        assert!(version == 2 || version == 3, "step {step}: {version}");
        seen[version as usize - 2] += 1;
        browses_whole(&repository, version);
        publish_hello(&repository, SECOND);
        assert_eq!(
            files(&repository).into_keys().collect::<Vec<_>>(),
            expected,
            "step {step}: nothing is left behind"
        );
        assert_eq!(whole(&repository), version + 1);
    }
    assert!(seen[0] > 10 && seen[1] > 6, "killed before and after the swap: {seen:?}");
    println!("counts: kills of publish: {} passed, 0 failed", seen[0] + seen[1]);
}

/// The golden key is replaced.
fn rotate(directory: &Path) {
    let new = directory.join("new.pem");
    if !new.exists() {
        std::fs::write(&new, SecretKey::from_seed(&[9; 32]).to_pem()).expect("written");
    }
    let request = ChangeRequest {
        directory: directory.join("repository"),
        sign_key: vectors().join("packages/test-signing-key.pem"),
        timestamp: FIRST.to_owned(),
        format: Format::Envelope,
        change: Change::Rotate { new, until: "2026-07-01T12:00:00Z".to_owned() },
    };
    let prepared = prepare_change(&request, &|_, _, _| {}, &Observer::default()).expect("prepared");
    prepared.write(None, &Observer::default()).expect("written");
}

#[test]
fn a_killed_rotation_has_not_happened_or_is_finished_by_whoever_comes_next() {
    let mut seen = [0, 0];
    for step in 1.. {
        let directory = golden::quick_place();
        let repository = directory.path().join("repository");
        copy_tree(&vectors().join("repository"), &repository);
        if !killed("rotate", directory.path(), step) {
            break;
        }
        // `verify` takes the writer's lock, as every command does that changes something.
        let version = whole(&repository);
        let opened = RepositoryDirectory::open(&repository, now()).expect("opens");
        let keys = opened.descriptor.keys.len();
        assert!(
            (version, keys) == (2, 1) || (version, keys) == (3, 2),
            "step {step}: {version}, {keys} keys"
        );
        seen[keys - 1] += 1;
        if keys == 1 {
            rotate(directory.path());
            assert_eq!(whole(&repository), 3, "step {step}");
        }
        let names = files(&repository).into_keys().filter(|path| path.starts_with(".publish/change"));
        assert_eq!(names.count(), 0, "step {step}: nothing is left to be done");
    }
    assert!(seen[0] > 10 && seen[1] > 6, "killed before and after the decision: {seen:?}");
    println!("counts: kills of a rotation: {} passed, 0 failed", seen[0] + seen[1]);
}

/// What is known for the next conditional request is known of the very index that is trusted.
fn hint_fits(directory: &Path) {
    let root = Root::open(&directory.join("root")).expect("root");
    let Some(known) = validators::known(&root, "golden", Kind::Active).expect("looked") else { return };
    assert_eq!(known.validators.etag, Some(format!("\"{}\"", known.digest)));
    let bytes = validators::cached(&root, "golden", Kind::Active, known.digest).expect("cached");
    assert_eq!(Digest::of(&bytes), known.digest);
}

const PACKAGE: &[u8] = b"what a server sends of a package, in two parts";

/// Fetches a package into the cache in two attempts, as after a transfer that broke off.
fn download(directory: &Path) {
    let root = Root::open(directory).expect("root");
    let (digest, size) = (Digest::of(PACKAGE), PACKAGE.len() as u64);
    for _ in 0..2 {
        let mut writer = CacheWriter::create(&root, digest, size).expect("created");
        let from = usize::try_from(writer.written()).expect("small");
        writer.remember("https://example.org/p", "\"one\"").expect("remembered");
        let to = if from < 10 { 10 } else { PACKAGE.len() };
        writer.write(&PACKAGE[from..to]).expect("written");
        if to == PACKAGE.len() {
            writer.finish().expect("whole");
            return;
        }
        writer.keep();
    }
}

#[test]
fn a_killed_download_leaves_nothing_or_a_beginning() {
    let digest = Digest::of(PACKAGE);
    for step in 1.. {
        let directory = golden::quick_place();
        if !killed("download", directory.path(), step) {
            assert!(step > 6, "steps that were killed: {step}");
            println!("counts: kills of a download: {} passed, 0 failed", step - 1);
            break;
        }
        let root = Root::open(directory.path()).expect("root");
        download(directory.path());
        let path = cache::find(&root, digest, PACKAGE.len() as u64).expect("looked").expect("there");
        assert_eq!(std::fs::read(path).expect("read"), PACKAGE, "step {step}");
        let names = root.list("var/lib/peipkg/cache/packages").expect("listed");
        assert_eq!(names, [format!("{digest}.peipkg")], "step {step}: nothing is left behind");
    }
}

#[test]
fn a_killed_refresh_leaves_the_old_state_or_the_new_one() {
    let documents = |directory: &Path| {
        files(&directory.join("root/var/lib/peipkg/cache")).into_keys().collect::<Vec<_>>()
    };
    let prepare = || {
        let directory = golden::quick_place();
        copy_tree(&vectors().join("repository"), &directory.path().join("repository"));
        std::fs::create_dir(directory.path().join("root")).expect("made");
        refresh(directory.path(), Mode::Add);
        publish_hello(&directory.path().join("repository"), FIRST);
        directory
    };
    let expected = {
        let directory = prepare();
        refresh(directory.path(), Mode::Refresh);
        documents(directory.path())
    };
    let mut seen = [0, 0];
    for step in 1.. {
        let directory = prepare();
        if !killed("refresh", directory.path(), step) {
            break;
        }
        let version = cached(directory.path());
        hint_fits(directory.path());
        seen[version as usize - 2] += 1;
        refresh(directory.path(), Mode::Refresh);
        assert_eq!(cached(directory.path()), 3, "step {step}");
        if version == 2 {
            assert_eq!(documents(directory.path()), expected, "step {step}: nothing is left behind");
        }
    }
    assert!(seen[0] > 5, "killed before the commit: {seen:?}");
    println!("counts: kills of refresh: {} passed, 0 failed", seen[0] + seen[1]);
}
