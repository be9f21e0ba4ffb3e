//! A small repository made in memory, for the tests of this module.

use super::adopt::{Mode, Update};
use super::descriptor::{DescribedKey, Descriptor, Pointer};
use super::index::{self, Header, IndexEntry, Kind};
use super::trust::{Fetched, Policy};
use crate::json;
use crate::signature::detached::{self, Format};
use crate::signature::{Fingerprint, KeyStatus, SecretKey};
use crate::timestamp::Timestamp;

/// The time of all tests.
pub(super) const NOW: i64 = 1_800_000_000;

pub(super) fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

pub(super) fn fingerprint(seed: u8) -> Fingerprint {
    key(seed).public().fingerprint()
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).expect("in range")
}

/// One state of a repository that a test can fetch.
#[derive(Clone)]
pub(super) struct Publication {
    pub(super) repo: String,
    pub(super) keys: Vec<(u8, KeyStatus)>,
    /// Who signs the descriptor; `None`: nobody.
    pub(super) descriptor_signer: Option<u8>,
    /// Who signs the index; `None`: nobody.
    pub(super) index_signer: Option<u8>,
    pub(super) version: u64,
    pub(super) generated_at: i64,
    pub(super) packages: String,
    pub(super) format: Format,
    /// The key files that a refresh fetches.
    pub(super) fetched: Vec<u8>,
}

impl Publication {
    /// Version 2 of a repository whose only key, number 1, signs everything.
    pub(super) fn new() -> Self {
        Self {
            repo: "test".to_owned(),
            keys: vec![(1, KeyStatus::Active)],
            descriptor_signer: Some(1),
            index_signer: Some(1),
            version: 2,
            generated_at: NOW - 100,
            packages: package("hello", "1.0-1", ""),
            format: Format::Envelope,
            fetched: vec![1],
        }
    }

    pub(super) fn fetch(&self) -> Documents {
        let mut keys: Vec<DescribedKey> = self
            .keys
            .iter()
            .map(|(seed, status)| DescribedKey {
                fingerprint: fingerprint(*seed),
                url: format!("/keys/{}.pub", fingerprint(*seed)),
                status: *status,
            })
            .collect();
        keys.sort_by_key(|key| key.fingerprint);
        let pointer = |kind| Pointer {
            url: format!("/index/{kind}.json"),
            signature_url: format!("/index/{kind}.json.sig"),
        };
        let descriptor = Descriptor {
            name: self.repo.clone(),
            description: String::new(),
            keys,
            active: pointer("active"),
            archive: pointer("archive"),
        }
        .to_json();
        let index = self.index(Kind::Active);
        let sign = |document: &[u8], signer: Option<u8>| {
            signer.map(|seed| detached::sign(document, &key(seed), self.format))
        };
        Documents {
            descriptor_signature: sign(&descriptor, self.descriptor_signer),
            index_signature: sign(&index, self.index_signer),
            keys: self.fetched.iter().map(|seed| key(*seed).public().to_pem().into_bytes()).collect(),
            descriptor: Some(descriptor),
            index,
        }
    }

    pub(super) fn index(&self, kind: Kind) -> Vec<u8> {
        index_document(&self.repo, kind, self.version, self.generated_at, &self.packages)
    }
}

pub(super) fn index_document(
    repo: &str,
    kind: Kind,
    version: u64,
    generated_at: i64,
    packages: &str,
) -> Vec<u8> {
    let header = Header { repo: repo.to_owned(), index_version: version, generated_at: at(generated_at) };
    let empty = String::from_utf8(index::write(&header, kind, [])).expect("UTF-8");
    empty.replace("\"packages\":[]", &format!("\"packages\":[{packages}]")).into_bytes()
}

/// A published state as it was fetched.
#[derive(Clone)]
pub(super) struct Documents {
    pub(super) descriptor: Option<Vec<u8>>,
    pub(super) descriptor_signature: Option<Vec<u8>>,
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) index: Vec<u8>,
    pub(super) index_signature: Option<Vec<u8>>,
}

impl Documents {
    pub(super) fn update(&self, mode: Mode) -> Update<'_> {
        self.update_of("test", mode)
    }

    pub(super) fn update_of<'a>(&'a self, name: &'a str, mode: Mode) -> Update<'a> {
        Update {
            name,
            mode,
            fetched: Fetched {
                descriptor: self.descriptor.as_deref(),
                signature: self.descriptor_signature.as_deref(),
                keys: &self.keys,
            },
            index: &self.index,
            index_signature: self.index_signature.as_deref(),
            validators: None,
            insecure: false,
            configuration: (mode == Mode::Add).then_some("base_url = \"https://example.org\"\n"),
        }
    }
}

/// Policy `required` with key 1 as the anchor.
pub(super) fn required() -> Policy {
    Policy { required: true, anchors: vec![fingerprint(1)], min_index_version: 0, now: NOW }
}

/// The JSON of an entry; `more` holds further fields, each with a comma before it.
pub(super) fn package(name: &str, version: &str, more: &str) -> String {
    let given = |field: &str| more.contains(&format!("\"{field}\":"));
    let defaults: String = [
        ("architecture", "\"noarch\""),
        ("dependencies", "[]"),
        ("conflicts", "[]"),
        ("size_compressed", "10"),
        ("size_installed", "20"),
    ]
    .iter()
    .filter(|(field, _)| !given(field))
    .flat_map(|(field, default)| [",\"", field, "\":", default])
    .collect();
    let text = format!("{{\"name\":\"{name}\",\"version\":\"{version}\"{defaults}");
    let digest = crate::digest::Digest::of(format!("{name} {version} {more}").as_bytes());
    format!(
        "{text},\"hash\":{{\"algorithm\":\"sha256\",\"value\":\"{digest}\"}},\"url\":\"/p/{name}\"{more}}}"
    )
}

/// A parsed entry.
pub(super) fn entry(name: &str, version: &str, more: &str) -> IndexEntry {
    let text = package(name, version, more);
    json::read(text.as_bytes(), 1 << 20, IndexEntry::read).expect("a valid entry")
}
