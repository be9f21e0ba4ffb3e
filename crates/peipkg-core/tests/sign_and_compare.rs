//! Signing packages afterwards, and telling where two packages differ (PSD-009 §5.1).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use peipkg_core::archive::compare::{FileDifference, TarDifference, compare};
use peipkg_core::archive::pack::{PackRequest, pack};
use peipkg_core::archive::sign::{Compression, Signer, sign};
use peipkg_core::archive::{Observer, Spool, VerifiedPackage, VerifyRules, open, verify};
use peipkg_core::error::Coded;
use peipkg_core::signature::{SecretKey, TrustSet};
use tempfile::TempDir;

#[test]
fn what_is_signed_afterwards_is_what_a_signed_build_gives() {
    let scratch = Scratch::new();
    // More than a frame, and a pax header just before the signature.
    let large: Vec<u8> =
        (0..9_000_000u32).flat_map(|number| (number ^ number >> 9).to_le_bytes()).take(9 << 20).collect();
    let deep = format!("usr/share/{}/x", "d".repeat(200));
    let unsigned = scratch.pack("unsigned", &[("opt/large", &large), (&deep, b"deep")], None);
    let signed = scratch.pack("signed", &[("opt/large", &large), (&deep, b"deep")], Some(&key()));
    let afterwards = scratch.path("afterwards");
    for threads in [1, 3] {
        let compression = Compression { threads: Some(threads), ..Compression::default() };
        let made =
            sign(&unsigned, Signer::Key(&key()), &afterwards, compression, &Observer::default()).unwrap();
        assert_eq!(fs::read(&afterwards).unwrap(), fs::read(scratch.path("signed")).unwrap());
        assert_eq!((made.digest, made.size), (signed.digest, signed.size));
    }
    let envelope = signed.envelope.unwrap();
    sign(&unsigned, Signer::Envelope(&envelope), &afterwards, Compression::default(), &Observer::default())
        .unwrap();
    assert_eq!(fs::read(&afterwards).unwrap(), fs::read(scratch.path("signed")).unwrap());
    let again = sign(&signed, Signer::Key(&key()), &afterwards, Compression::default(), &Observer::default());
    assert_eq!(again.unwrap_err().code(), "PEI_SIGNATURE_PRESENT");
}

#[test]
fn the_reference_s_unsigned_package_gets_the_signature_of_its_signed_one() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/packages");
    let key = SecretKey::parse(&fs::read(vectors.join("test-signing-key.pem")).unwrap()).unwrap();
    let scratch = Scratch::new();
    let unsigned = verified(&vectors.join("unsigned-hello_0.1-1_noarch.peipkg"));
    let out = scratch.path("out");
    sign(&unsigned, Signer::Key(&key), &out, Compression::default(), &Observer::default()).unwrap();
    let signed = verified(&vectors.join("hello_0.1-1_noarch.peipkg"));
    assert_eq!(verified(&out).tar_digest, signed.tar_digest);
}

#[test]
fn the_first_difference_is_found_in_each_file_and_in_the_stream() {
    let scratch = Scratch::new();
    let text: (&str, &[u8]) = ("usr/share/text", b"one\ntwo\nthree\n");
    let left = scratch.pack(
        "left",
        &[text, ("usr/share/bytes", b"\0same"), ("usr/share/longer", b"abc"), ("usr/share/x", b"")],
        None,
    );
    let right = scratch.pack(
        "right",
        &[
            ("usr/share/text", b"one\ntwo\nThree\n"),
            ("usr/share/bytes", b"\0sAme"),
            ("usr/share/longer", b"abcdef"),
        ],
        None,
    );
    let found = compare(&left, &right, &Observer::default()).unwrap();
    let file = |path: &str, byte, line, left: &[u8], right: &[u8]| FileDifference {
        path: path.to_owned(),
        byte,
        line,
        left: left.to_vec(),
        right: right.to_vec(),
    };
    assert_eq!(
        found.files,
        [
            file("usr/share/bytes", 2, None, b"ame", b"Ame"),
            file("usr/share/longer", 3, Some(1), b"", b"def"),
            file("usr/share/text", 8, Some(3), b"three\n", b"Three\n"),
        ]
    );
    // The sum of the sizes in the manifest.
    let manifest = Some(".peipkg/manifest.json".to_owned());
    let tar = found.tar.unwrap();
    assert_eq!((tar.left, tar.right), (manifest.clone(), manifest));
    assert_eq!(compare(&left, &left, &Observer::default()).unwrap().tar, None);
}

#[test]
fn packages_that_differ_in_their_signature_only_part_there() {
    let scratch = Scratch::new();
    let files: &[(&str, &[u8])] = &[("usr/share/x", b"x")];
    let unsigned = scratch.pack("unsigned", files, None);
    let one = scratch.pack("one", files, Some(&key()));
    let other = scratch.pack("other", files, Some(&SecretKey::from_seed(&[8; 32])));
    let signature = Some(".peipkg/signature".to_owned());
    let at = unsigned.content_size;
    let found = compare(&unsigned, &one, &Observer::default()).unwrap();
    assert_eq!(found.tar, Some(TarDifference { byte: at, left: None, right: signature.clone() }));
    let tar = compare(&one, &other, &Observer::default()).unwrap().tar.unwrap();
    assert!(tar.byte > at + 512);
    assert_eq!((tar.left, tar.right), (signature.clone(), signature));
}

struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn pack(&self, name: &str, files: &[(&str, &[u8])], key: Option<&SecretKey>) -> VerifiedPackage {
        let staged = TempDir::new().unwrap();
        for (path, bytes) in files {
            let path = staged.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let build = r#""build":{"timestamp":"2026-05-01T12:00:00Z","farm_id":"","source_ref":""}"#;
        let request = PackRequest {
            manifest: format!(r#"{{"name":"some","version":"1-1","architecture":"noarch",{build}}}"#),
            staged: staged.path().to_owned(),
            out: self.path(name),
            ..PackRequest::default()
        };
        pack(&request, key, &Observer::default()).unwrap();
        verified(&self.path(name))
    }
}

fn verified(path: &Path) -> VerifiedPackage {
    let trust: TrustSet = [key().public()].into_iter().collect();
    let rules = VerifyRules::default();
    let (file, _) = open(path).unwrap();
    let package = verify(file, &rules, &Spool::default(), &Observer::default()).unwrap();
    if package.envelope.is_some_and(|envelope| envelope.key_fingerprint == key().public().fingerprint()) {
        let (file, _) = open(path).unwrap();
        let rules = VerifyRules { trust: Some(&trust), ..VerifyRules::default() };
        verify(file, &rules, &Spool::default(), &Observer::default()).unwrap();
    }
    package
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}
