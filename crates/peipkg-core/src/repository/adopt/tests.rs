use super::super::fixture::{
    Documents, NOW, Publication, at, fingerprint, index_document, key, package, required,
};
use super::super::index::Kind;
use super::super::open::open;
use super::super::remove::remove;
use super::super::trust::{Freshness, Policy};
use super::super::validators::{self, Validators};
use super::super::{RepositoryError, documents};
use super::{Adoption, Mode, Update, adopt, adopt_archive};
use crate::digest::Digest;
use crate::error::Coded;
use crate::fsx::Root;
use crate::signature::KeyStatus;
use crate::signature::detached::{Format, sign};
use crate::store::Store;
use crate::store::repositories::{self, RepositoryState};

mod keys;

struct System {
    root: Root,
    _directory: tempfile::TempDir,
}

impl System {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("temporary directory");
        Self { root: Root::open(directory.path()).expect("root"), _directory: directory }
    }

    /// A system that has added version 2 of the plain publication.
    fn with_repository() -> Self {
        let system = Self::new();
        system.add(&Publication::new()).expect("added");
        system
    }

    fn take(
        &self,
        publication: &Publication,
        mode: Mode,
        policy: &Policy,
    ) -> Result<Adoption, RepositoryError> {
        adopt(&self.root, &publication.fetch().update(mode), policy)
    }

    fn add(&self, publication: &Publication) -> Result<Adoption, RepositoryError> {
        self.take(publication, Mode::Add, &required())
    }

    fn refresh(&self, publication: &Publication) -> Result<Adoption, RepositoryError> {
        self.take(publication, Mode::Refresh, &required())
    }

    fn state(&self) -> Option<RepositoryState> {
        let store = Store::read(&self.root).expect("store")?;
        repositories::find(store.connection(), "test").expect("state")
    }

    fn open(&self, policy: &Policy) -> Result<(), RepositoryError> {
        let store = Store::read(&self.root).expect("store").expect("a database");
        open(&self.root, &store, "test", Kind::Active, policy).map(drop)
    }

    fn files(&self) -> Vec<String> {
        self.root.list(&documents::directory("test")).expect("list")
    }

    /// The refresh is refused with that code, and nothing changed.
    fn refuses(&self, publication: &Publication, policy: &Policy, code: &str) -> String {
        let before = (self.state(), self.files());
        let error = self.take(publication, Mode::Refresh, policy).expect_err(code);
        assert_eq!(error.code(), code, "{error}");
        assert_eq!((self.state(), self.files()), before, "a refused refresh changes nothing");
        error.to_string()
    }
}

fn next() -> Publication {
    Publication { version: 3, generated_at: NOW - 50, ..Publication::new() }
}

fn keys(keys: &[(u8, KeyStatus)]) -> Vec<(u8, KeyStatus)> {
    keys.to_vec()
}

const ACTIVE: KeyStatus = KeyStatus::Active;
const REVOKED: KeyStatus = KeyStatus::Revoked;

fn until(seconds: i64) -> KeyStatus {
    KeyStatus::Transitioning { until: at(seconds) }
}

#[test]
fn adding_writes_state_configuration_and_documents_together() {
    let system = System::new();
    let adoption = system.add(&Publication::new()).expect("added");
    assert_eq!((adoption.freshness, adoption.index_version, adoption.packages), (Freshness::Progress, 2, 1));
    assert_eq!(adoption.warnings, [""; 0]);
    let state = system.state().expect("state");
    assert_eq!((state.repo_name.as_str(), state.last_refresh_at), ("test", NOW));
    // Descriptor, index, their signatures, and the index's catalog.
    assert_eq!(system.files().len(), 5);
    let text = system.root.read("conf/peipkg/test.repo", 1 << 20).expect("read").expect("there");
    assert!(text.starts_with(b"base_url"));
    system.open(&required()).expect("opens");
    assert_eq!(system.add(&Publication::new()).expect_err("twice").code(), "PEI_REPO_EXISTS");
}

#[test]
fn bare_signatures_are_read_too() {
    let system = System::new();
    system.add(&Publication { format: Format::Bare, ..Publication::new() }).expect("added");
    system.refresh(&Publication { format: Format::Bare, ..next() }).expect("refreshed");
    system.open(&required()).expect("opens");
}

#[test]
fn a_failed_addition_leaves_nothing() {
    let bad = |change: fn(&mut Publication)| {
        let mut publication = Publication::new();
        change(&mut publication);
        publication
    };
    let cases: [(Publication, &str); 10] = [
        (bad(|p| p.descriptor_signer = Some(2)), "PEI_SIGNATURE_KEY_UNKNOWN"),
        (bad(|p| p.descriptor_signer = None), "PEI_REPO_UNSIGNED"),
        (bad(|p| p.index_signer = Some(2)), "PEI_SIGNATURE_KEY_UNKNOWN"),
        (bad(|p| p.index_signer = None), "PEI_REPO_UNSIGNED"),
        (bad(|p| p.fetched = vec![]), "PEI_REPO_ANCHOR"),
        (bad(|p| p.fetched = vec![1, 9]), "PEI_REPO_KEY"),
        (bad(|p| p.keys = vec![(2, ACTIVE)]), "PEI_REPO_ANCHOR"),
        (bad(|p| p.keys = vec![(1, REVOKED), (2, ACTIVE)]), "PEI_SIGNATURE_KEY_REVOKED"),
        (bad(|p| p.keys = vec![(1, until(NOW - 1)), (2, ACTIVE)]), "PEI_SIGNATURE_KEY_EXPIRED"),
        (bad(|p| p.generated_at = NOW + 90_000), "PEI_REPO_FUTURE"),
    ];
    for (publication, code) in cases {
        let system = System::new();
        let error = system.add(&publication).expect_err(code);
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(system.root.list("").expect("list"), [""; 0], "{code}: nothing is left behind");
    }
}

#[test]
fn policy_required_needs_an_anchor() {
    let system = System::new();
    let policy = Policy { anchors: Vec::new(), ..required() };
    let error = system.take(&Publication::new(), Mode::Add, &policy).expect_err("no anchor");
    assert_eq!(error.code(), "PEI_REPO_ANCHOR");
}

#[test]
fn a_transitioning_anchor_vouches_until_its_last_second() {
    let publication =
        Publication { keys: vec![(1, until(NOW)), (2, ACTIVE)], fetched: vec![1, 2], ..Publication::new() };
    System::new().add(&publication).expect("inclusive");
}

#[test]
fn a_refresh_moves_forward_and_keeps_one_generation() {
    let system = System::with_repository();
    let first = system.files();
    system.refresh(&next()).expect("refreshed");
    assert!(
        first.iter().all(|file| system.files().contains(file)),
        "readers may still hold the old generation"
    );
    system.refresh(&Publication { version: 4, ..next() }).expect("refreshed again");
    let descriptor =
        documents::document_file(system.state().expect("state").descriptor.expect("signed").digest);
    let left: Vec<_> = first.iter().filter(|file| system.files().contains(file)).collect();
    assert!(left.contains(&&descriptor), "the descriptor did not change");
    assert_eq!(left.len(), 2, "the index of two generations ago is gone, and its signature");
    system.open(&required()).expect("opens");
}

#[test]
fn nothing_new_is_no_progress() {
    let system = System::with_repository();
    let before = system.state();
    let policy = Policy { now: NOW + 1000, ..required() };
    let adoption = system.take(&Publication::new(), Mode::Refresh, &policy).expect("already current");
    assert_eq!(adoption.freshness, Freshness::AlreadyCurrent);
    assert_eq!(system.state(), before, "the time of the last refresh did not advance");
}

#[test]
fn an_index_that_is_already_current_is_put_back_when_its_file_is_lost() {
    let system = System::with_repository();
    system.root.remove_tree(&documents::directory("test")).expect("removed");
    assert_eq!(system.open(&required()).expect_err("missing").code(), "PEI_REPO_CACHE");
    system.refresh(&Publication::new()).expect("already current");
    system.open(&required()).expect("opens");
}

#[test]
fn refreshes_that_are_refused() {
    let system = System::new();
    let start = Publication {
        version: 5,
        keys: keys(&[(1, ACTIVE), (2, ACTIVE)]),
        fetched: vec![1, 2],
        ..Publication::new()
    };
    system.add(&start).expect("added");
    let base = Publication { version: 6, generated_at: NOW, ..start };
    let with = |change: &dyn Fn(&mut Publication)| {
        let mut publication = base.clone();
        change(&mut publication);
        publication
    };
    let cases: [(Publication, &str); 14] = [
        (with(&|p| p.descriptor_signer = Some(3)), "PEI_SIGNATURE_KEY_UNKNOWN"),
        (with(&|p| p.descriptor_signer = None), "PEI_REPO_UNSIGNED"),
        (with(&|p| p.index_signer = Some(3)), "PEI_SIGNATURE_KEY_UNKNOWN"),
        (with(&|p| p.index_signer = None), "PEI_REPO_UNSIGNED"),
        (with(&|p| p.keys = vec![(1, REVOKED), (2, ACTIVE)]), "PEI_REPO_KEY"),
        (
            with(&|p| p.keys = vec![(1, ACTIVE), (2, until(NOW - 1))]).signed_index_by(2),
            "PEI_SIGNATURE_KEY_EXPIRED",
        ),
        (with(&|p| p.keys = vec![(1, ACTIVE), (2, REVOKED)]).signed_index_by(2), "PEI_SIGNATURE_KEY_REVOKED"),
        (with(&|p| p.fetched = vec![1, 2, 3]), "PEI_REPO_KEY"),
        (with(&|p| p.repo = "other".into()), "PEI_REPO_RENAMED"),
        (with(&|p| p.version = 4), "PEI_REPO_ROLLBACK"),
        (with(&|p| p.generated_at = NOW - 101), "PEI_REPO_ROLLBACK"),
        (with(&|p| p.version = 5), "PEI_REPO_EQUIVOCATION"),
        (with(&|p| p.generated_at = NOW + 86_401), "PEI_REPO_FUTURE"),
        (with(&|p| p.packages = package("Bad", "1-1", "")), "PEI_REPO_INDEX"),
    ];
    for (publication, code) in cases {
        system.refuses(&publication, &required(), code);
    }
    system.refresh(&base).expect("the base of this table is accepted");
}

impl Publication {
    fn signed_index_by(mut self, seed: u8) -> Self {
        self.index_signer = Some(seed);
        self
    }
}

#[test]
fn documents_must_belong_together() {
    let system = System::with_repository();
    let other = Publication { repo: "other".into(), ..next() };
    let mixed = Documents {
        index: other.fetch().index,
        index_signature: other.fetch().index_signature,
        ..next().fetch()
    };
    let error = adopt(&system.root, &mixed.update(Mode::Refresh), &required())
        .expect_err("another repository's index");
    assert_eq!(error.code(), "PEI_REPO_INDEX");
    let torn = Documents { index_signature: Publication::new().fetch().index_signature, ..next().fetch() };
    let error = adopt(&system.root, &torn.update(Mode::Refresh), &required())
        .expect_err("signature of another publish");
    assert_eq!(error.code(), "PEI_SIGNATURE_INVALID");
}

#[test]
fn a_hand_written_repository_begins_with_the_ceremony() {
    let system = System::new();
    system.refuses(
        &Publication { descriptor_signer: Some(2), ..Publication::new() },
        &required(),
        "PEI_SIGNATURE_KEY_UNKNOWN",
    );
    system.refresh(&Publication::new()).expect("its anchor vouches");
    system.refuses(
        &Publication { keys: keys(&[(2, ACTIVE)]), fetched: vec![2], descriptor_signer: Some(2), ..next() },
        &Policy { anchors: vec![fingerprint(2)], ..required() },
        "PEI_SIGNATURE_KEY_UNKNOWN",
    );
}

#[test]
fn optional_accepts_what_is_unsigned_and_no_bad_signature() {
    let system = System::new();
    let policy = Policy { required: false, ..required() };
    let unsigned = Publication { descriptor_signer: None, index_signer: None, ..Publication::new() };
    let adoption = system.take(&unsigned, Mode::Add, &policy).expect("added");
    assert_eq!(adoption.warnings.len(), 2, "{:?}", adoption.warnings);
    system.open(&policy).expect("opens");
    assert_eq!(system.open(&required()).expect_err("policy was tightened").code(), "PEI_REPO_UNSIGNED");
    system.refuses(&Publication { index_signer: Some(2), ..next() }, &policy, "PEI_SIGNATURE_KEY_UNKNOWN");
    let injected = Publication {
        keys: keys(&[(1, ACTIVE), (2, ACTIVE)]),
        fetched: vec![2],
        descriptor_signer: None,
        index_signer: Some(2),
        ..next()
    };
    system.refuses(&injected, &policy, "PEI_SIGNATURE_KEY_UNKNOWN");
    system.take(&next(), Mode::Refresh, &policy).expect("signed by the anchor");
}

#[test]
fn unsigned_mode_takes_an_index_alone() {
    let system = System::new();
    let policy = Policy { required: false, anchors: Vec::new(), ..required() };
    let unsigned =
        Publication { descriptor_signer: None, index_signer: None, fetched: vec![], ..Publication::new() };
    let bare = Documents { descriptor: None, ..unsigned.fetch() };
    adopt(&system.root, &bare.update(Mode::Add), &policy).expect("added");
    system.open(&policy).expect("opens");
    assert_eq!(system.state().expect("state").keys, []);
    system.refuses(&Publication { version: 1, ..unsigned.clone() }, &policy, "PEI_REPO_ROLLBACK");
    system
        .take(&Publication { version: 3, generated_at: NOW, ..unsigned }, Mode::Refresh, &policy)
        .expect("floors hold here too");
    assert_eq!(system.open(&required()).expect_err("policy was tightened").code(), "PEI_REPO_UNSIGNED");
}

#[test]
fn a_damaged_signature_is_fatal_even_in_unsigned_mode() {
    let system = System::new();
    let policy = Policy { required: false, anchors: Vec::new(), ..required() };
    let mut documents = Publication::new().fetch();
    documents.descriptor_signature = Some(sign(b"something else", &key(1), Format::Envelope));
    let error = adopt(&system.root, &documents.update(Mode::Add), &policy).expect_err("does not fit");
    assert_eq!(error.code(), "PEI_SIGNATURE_INVALID");
}

#[test]
fn cached_bytes_are_verified_every_time() {
    let system = System::with_repository();
    let path = |file: &String| system.root.absolute(&format!("{}/{file}", documents::directory("test")));
    // The catalog is made from the document again: catalog/tests.rs.
    for file in system.files().into_iter().filter(|file| !file.ends_with(".catalog")) {
        let good = std::fs::read(path(&file)).expect("read");
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        std::fs::write(path(&file), &bad).expect("write");
        assert_eq!(system.open(&required()).expect_err(&file).code(), "PEI_REPO_CACHE");
        std::fs::remove_file(path(&file)).expect("remove");
        assert_eq!(system.open(&required()).expect_err(&file).code(), "PEI_REPO_CACHE");
        std::fs::write(path(&file), &good).expect("write");
        system.open(&required()).expect("whole again");
    }
}

#[test]
fn two_refreshes_at_once_never_lower_a_floor() {
    for _ in 0..8 {
        let system = System::with_repository();
        let publications: Vec<_> =
            (3..9).map(|version| Publication { version, generated_at: NOW, ..Publication::new() }).collect();
        std::thread::scope(|scope| {
            for publication in &publications {
                scope.spawn(|| {
                    if let Err(error) = system.refresh(publication) {
                        assert_eq!(error.code(), "PEI_REPO_ROLLBACK", "{error}");
                    }
                });
            }
        });
        assert_eq!(system.state().expect("state").active.index_version, 8);
        system.open(&required()).expect("what the database points to is there");
    }
}

#[test]
fn the_archive_has_floors_of_its_own() {
    let system = System::with_repository();
    let archive = |version, generated_at| {
        index_document("test", Kind::Archive, version, generated_at, &package("hello", "1.0-1", ""))
    };
    let take = |document: &[u8], signer| {
        adopt_archive(
            &system.root,
            "test",
            document,
            Some(&sign(document, &key(signer), Format::Envelope)),
            None,
            &required(),
        )
    };
    assert_eq!(take(&archive(2, NOW), 2).expect_err("unknown key").code(), "PEI_SIGNATURE_KEY_UNKNOWN");
    let lacking = index_document("test", Kind::Archive, 2, NOW, "");
    assert_eq!(take(&lacking, 1).expect_err("no superset").code(), "PEI_REPO_INDEX");
    take(&archive(2, NOW), 1).expect("adopted");
    take(&archive(3, NOW), 1).expect("moves on its own");
    assert_eq!(take(&archive(2, NOW), 1).expect_err("back").code(), "PEI_REPO_ROLLBACK");
    assert_eq!(system.state().expect("state").active.index_version, 2);
    system.refresh(&next()).expect("the active index moves on its own, too");
    assert_eq!(system.state().expect("state").archive.expect("kept").index_version, 3);
    assert_eq!(
        adopt_archive(&system.root, "other", &archive(3, NOW), None, None, &required())
            .expect_err("unknown")
            .code(),
        "PEI_REPO_UNKNOWN"
    );
}

#[test]
fn removing_leaves_nothing_and_can_be_repeated() {
    let system = System::with_repository();
    assert!(remove(&system.root, "test", 0).expect("removed"));
    assert_eq!(system.state(), None);
    assert_eq!(system.root.list("conf/peipkg").expect("list"), [""; 0]);
    assert_eq!(system.root.list("var/lib/peipkg/cache/repositories").expect("list"), [""; 0]);
    assert!(!remove(&system.root, "test", 0).expect("nothing is left"));
    assert_eq!(remove(&system.root, "../x", 0).expect_err("no name").code(), "PEI_REPO_NAME");
}

#[test]
fn validators_are_kept_with_the_document_and_go_with_it() {
    let system = System::with_repository();
    let given = Validators {
        address: "https://example.org/index/active.json".to_owned(),
        etag: Some("\"3\"".to_owned()),
        last_modified: None,
    };
    assert_eq!(validators::known(&system.root, "test", Kind::Active).expect("looked"), None);
    let documents = next().fetch();
    let update = Update { validators: Some(&given), ..documents.update(Mode::Refresh) };
    adopt(&system.root, &update, &required()).expect("adopted");
    let known = validators::known(&system.root, "test", Kind::Active).expect("looked").expect("known");
    assert_eq!((known.digest, &known.validators), (Digest::of(&documents.index), &given));
    let cached = validators::cached(&system.root, "test", Kind::Active, known.digest).expect("read");
    assert_eq!(cached, documents.index);
    for version in [4, 5] {
        system.refresh(&Publication { version, ..next() }).expect("refreshed");
    }
    assert_eq!(validators::known(&system.root, "test", Kind::Active).expect("looked"), None);
    assert!(system.files().iter().all(|file| !file.contains(".http")), "gone with its document");
    assert_eq!(validators::known(&system.root, "other", Kind::Active).expect("looked"), None);
}

#[test]
fn unencrypted_transport_is_recorded_as_it_was_allowed() {
    let system = System::with_repository();
    let insecure = || system.state().expect("state").insecure;
    assert!(!insecure());
    let documents = Publication::new().fetch();
    let allowed = Update { insecure: true, ..documents.update(Mode::Refresh) };
    let adoption = adopt(&system.root, &allowed, &required()).expect("adopted");
    assert_eq!((adoption.freshness, insecure()), (Freshness::AlreadyCurrent, true));
    adopt(&system.root, &documents.update(Mode::Refresh), &required()).expect("adopted");
    assert!(!insecure());
    adopt(&system.root, &allowed, &required()).expect("adopted");
    assert!(remove(&system.root, "test", 0).expect("removed"));
    system.add(&Publication::new()).expect("added anew");
    assert!(!insecure());
}
