//! Every package of the reference is accepted, and every payload byte comes out (PSD-009 §3).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::File;
use std::path::{Path, PathBuf};

use peipkg_core::archive::{FileSink, Observer, PayloadKind, Spool, VerifiedPackage, VerifyRules, verify};
use peipkg_core::digest::Digest;
use peipkg_core::signature::{PublicKey, TrustSet};

/// Package file, SHA-256 of its tar stream (vectors/README.md), payload entries.
const PACKAGES: &[(&str, &str, usize)] = &[
    ("hello_0.1-1_noarch", "f6ccbeda319b34d2d402cd98881383890b7b04873a96e3bf20bb87b8262f3a04", 4),
    ("unsigned-hello_0.1-1_noarch", "0e3db4a2cea3effcbbc96be76aaf985b7f47159400e040f7e166d4ee348d50b8", 4),
    ("libfoo_1:1.2.3~rc1-2_x86_64", "aaa9d5108cb143c81ac640c38b7e3b824dddec38282c6ad249d55b9402ba7579", 5),
    (
        "libfoo-dev_1:1.2.3~rc1-2_x86_64",
        "70a75377cf619f79040914f0c22e7761d4c666acf87813a01620badb2fe0c590",
        9,
    ),
    (
        "libfoo-doc_1:1.2.3~rc1-2_noarch",
        "edd887dfc51b296a9c9e5cf639ab326a5702d74149a0aa91770a1ad2c8b2509f",
        5,
    ),
    ("basefs_1-1_noarch", "266e153969fc03524d1b8ba06b37371dcdf57f4bb0f19de2a05e8a01b88b273a", 5),
    ("edge-empty_2.0+git.5-1_noarch", "065b3669483199fbcd4e9dc218c18776b0859355ee39bd069cb9698a8a438e15", 0),
    (
        "edge.case+x_2.0+git.5-1_noarch",
        "74fbf519a88b3c9219fc4fbb04db4d5ac24127688569b230afddad2973cd68fe",
        24,
    ),
];

#[test]
fn every_golden_package_verifies_with_its_key() {
    let trust: TrustSet = [golden_key()].into_iter().collect();
    let rules = VerifyRules { trust: Some(&trust), ..VerifyRules::default() };
    for (name, tar_digest, entries) in PACKAGES {
        let package = open(name, &rules);
        assert_eq!(package.tar_digest.to_string(), *tar_digest, "{name}");
        assert_eq!(package.entries.len(), *entries, "{name}");
        assert_eq!(package.frames, 1, "{name}");
        assert_eq!(package.signed_by.is_none(), name.starts_with("unsigned"), "{name}");
        assert_eq!(package.manifest.to_json(), package.manifest_bytes, "{name}");
    }
}

#[test]
fn every_payload_byte_comes_out() {
    for (name, _, _) in PACKAGES {
        for memory in [0, 1 << 20] {
            let spool = Spool::new(memory, None);
            let package = verify(file(name), &VerifyRules::default(), &spool, &Observer::default()).unwrap();
            let mut sink = Collect::default();
            package.unpack(&|_| true, &mut sink, &Observer::default()).unwrap();
            let listed: Vec<_> = package
                .entries
                .iter()
                .enumerate()
                .filter_map(|(index, entry)| match entry.kind {
                    PayloadKind::File { size, digest } => Some((index, size, digest)),
                    _ => None,
                })
                .collect();
            assert_eq!(sink.files, listed, "{name}");
        }
    }
}

#[test]
fn a_required_signature_must_be_there() {
    let rules = VerifyRules { require_signature: true, ..VerifyRules::default() };
    let error = verify(file("unsigned-hello_0.1-1_noarch"), &rules, &Spool::default(), &Observer::default())
        .unwrap_err();
    assert_eq!(error.to_string(), "no signature, though one is required");
}

fn open(name: &str, rules: &VerifyRules<'_>) -> VerifiedPackage {
    let spool = Spool::default();
    verify(file(name), rules, &spool, &Observer::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn file(name: &str) -> File {
    File::open(packages().join(format!("{name}.peipkg"))).unwrap()
}

fn golden_key() -> PublicKey {
    PublicKey::parse(&std::fs::read(packages().join("test-signing-key.pub.pem")).unwrap()).unwrap()
}

fn packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/packages")
}

/// What the sink was given: entry, size, digest.
#[derive(Default)]
struct Collect {
    files: Vec<(usize, u64, Digest)>,
    bytes: Vec<u8>,
    current: (usize, u64),
}

impl FileSink for Collect {
    type Error = std::convert::Infallible;

    fn adopt(&mut self, _entry: usize, _file: &File) -> Result<bool, Self::Error> {
        Ok(false)
    }

    fn begin(&mut self, entry: usize, size: u64) -> Result<(), Self::Error> {
        self.bytes.clear();
        self.current = (entry, size);
        Ok(())
    }

    fn write(&mut self, chunk: &[u8]) -> Result<(), Self::Error> {
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Self::Error> {
        self.files.push((self.current.0, self.bytes.len() as u64, Digest::of(&self.bytes)));
        Ok(())
    }
}
