//! Packing: the reference's tar streams, byte for byte, and the same bytes whatever the circumstances (PSD-009 §3.1).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use peipkg_core::archive::pack::{PackRequest, PackedPackage, check, pack};
use peipkg_core::archive::{ArchiveError, Observer, Spool, VerifyRules, open, verify};
use peipkg_core::error::Coded;
use peipkg_core::signature::SecretKey;
use tempfile::TempDir;

const BUILD: &str = r#""timestamp":"2026-05-01T12:00:00Z","farm_id":"golden-farm""#;

/// Recipe, draft without `build`, claimed paths, tar SHA-256 (vectors/README.md).
const GOLDEN: &[(&str, &str, &[&str], &str)] = &[
    (
        "hello",
        r#""name":"hello","version":"0.1-1","architecture":"noarch","description":"Smallest useful package.",
           "license":"CC0-1.0","homepage":"https://example.org/hello""#,
        &["usr/share/hello/MESSAGE"],
        "f6ccbeda319b34d2d402cd98881383890b7b04873a96e3bf20bb87b8262f3a04",
    ),
    (
        "libfoo",
        r#""name":"libfoo","version":"1:1.2.3~rc1-2","architecture":"x86_64","description":"libfoo runtime",
           "license":"MIT","homepage":"https://example.org/libfoo",
           "dependencies":[{"name":"zlib","constraint":">= 1.2, < 2"},{"name":"libc"}],
           "provides":[{"version":"1.2.3-1","name":"foo-abi"}],
           "replaces":[{"name":"foo-old","constraint":"< 1"}],"side_effects":["ldconfig"]"#,
        &["usr/lib/x86_64-linux-peios/libfoo.so.1", "usr/lib/x86_64-linux-peios/libfoo.so.1.2.3"],
        "aaa9d5108cb143c81ac640c38b7e3b824dddec38282c6ad249d55b9402ba7579",
    ),
    (
        "libfoo",
        r#""name":"libfoo-dev","version":"1:1.2.3~rc1-2","architecture":"x86_64",
           "license":"MIT","homepage":"https://example.org/libfoo",
           "dependencies":[{"name":"libfoo","constraint":"= 1:1.2.3~rc1-2"}],
           "optional_dependencies":[{"name":"gcc","constraint":""}],
           "conflicts":[{"name":"foo-old","constraint":"<1"}]"#,
        &[
            "usr/include/foo.h",
            "usr/lib/x86_64-linux-peios/libfoo.so",
            "usr/lib/x86_64-linux-peios/libfoo.a",
            "usr/lib/x86_64-linux-peios/pkgconfig/foo.pc",
        ],
        "70a75377cf619f79040914f0c22e7761d4c666acf87813a01620badb2fe0c590",
    ),
    (
        "libfoo",
        r#""name":"libfoo-doc","version":"1:1.2.3~rc1-2","architecture":"noarch",
           "license":"MIT","homepage":"https://example.org/libfoo","side_effects":["man-db"]"#,
        &["usr/share/man/man3/foo.3"],
        "edd887dfc51b296a9c9e5cf639ab326a5702d74149a0aa91770a1ad2c8b2509f",
    ),
    (
        "base",
        r#""name":"basefs","version":"1-1","architecture":"noarch","license":"MIT""#,
        &["dev", "tmp", "var/log/svc"],
        "266e153969fc03524d1b8ba06b37371dcdf57f4bb0f19de2a05e8a01b88b273a",
    ),
    (
        "edge",
        r#""name":"edge-empty","version":"2.0+git.5-1","architecture":"noarch","description":"dependencies only",
           "dependencies":[{"name":"hello"}]"#,
        &[],
        "065b3669483199fbcd4e9dc218c18776b0859355ee39bd069cb9698a8a438e15",
    ),
];

#[test]
fn tar_streams_equal_those_of_the_reference() {
    let base = TempDir::new().unwrap();
    for directory in ["dev", "tmp", "var/log/svc"] {
        fs::create_dir_all(base.path().join(directory)).unwrap();
    }
    for (recipe, fields, paths, tar_digest) in GOLDEN {
        let source =
            if *recipe == "base" { base.path().to_owned() } else { recipes().join(recipe).join("source") };
        let draft = format!(r#"{{{fields},"build":{{{BUILD},"source_ref":"test://{recipe}"}}}}"#);
        let packed = pack_to_temporary(&source, &draft, Some(paths));
        assert_eq!(packed.tar_digest.to_string(), *tar_digest, "{fields}");
    }
}

#[test]
fn an_unsigned_package_has_the_reference_bytes_too() {
    let (_, fields, paths, _) = GOLDEN[0];
    let draft = format!(r#"{{{fields},"build":{{{BUILD},"source_ref":"test://hello"}}}}"#);
    let out = TempDir::new().unwrap();
    let request = request(&recipes().join("hello/source"), &draft, Some(paths), &out.path().join("p"));
    let packed = pack(&request, None, &Observer::default()).unwrap();
    let expected = "0e3db4a2cea3effcbbc96be76aaf985b7f47159400e040f7e166d4ee348d50b8";
    assert_eq!(packed.tar_digest.to_string(), expected);
}

#[test]
fn threads_and_modes_do_not_change_the_bytes() {
    let staged = many_frames();
    let out = TempDir::new().unwrap();
    let mut digests = Vec::new();
    for (threads, mode) in [(1, 0o600), (2, 0o777), (5, 0o644)] {
        fs::set_permissions(staged.path().join("opt/big/noise"), fs::Permissions::from_mode(mode)).unwrap();
        let path = out.path().join("p.peipkg");
        let request =
            PackRequest { threads: Some(threads), ..request(staged.path(), &plain("big"), None, &path) };
        digests.push(pack(&request, Some(&key()), &Observer::default()).unwrap().digest);
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn what_is_packed_verifies_with_several_frames_and_long_names() {
    let staged = many_frames();
    let out = TempDir::new().unwrap();
    let path = out.path().join("p.peipkg");
    let packed =
        pack(&request(staged.path(), &plain("big"), None, &path), Some(&key()), &Observer::default())
            .unwrap();
    let trust = [key().public()].into_iter().collect();
    let rules = VerifyRules { trust: Some(&trust), require_signature: true, ..VerifyRules::default() };
    let (file, size) = open(&path).unwrap();
    let verified = verify(file, &rules, &Spool::default(), &Observer::default()).unwrap();
    assert_eq!(
        (verified.digest, verified.size, verified.tar_digest),
        (packed.digest, size, packed.tar_digest)
    );
    assert_eq!(verified.frames, 3);
    assert!(verified.entries.iter().any(|entry| entry.path.len() > 200));
}

#[test]
fn a_failing_pack_leaves_nothing_behind() {
    let staged = TempDir::new().unwrap();
    write(staged.path(), "usr/lib/loose", b"x");
    write(staged.path(), "elsewhere/file", b"x");
    symlink("/etc/passwd", staged.path().join("usr/link")).unwrap();
    let out = TempDir::new().unwrap();
    let request = request(staged.path(), &plain("bad"), None, &out.path().join("p"));
    let error = pack(&request, None, &Observer::default()).unwrap_err();
    let ArchiveError::Refused(errors) = &error else { panic!("{error}") };
    assert_eq!(error.code(), "PEI_STAGED_INVALID");
    for path in ["elsewhere", "elsewhere/file", "usr/lib/loose", "usr/link"] {
        assert!(errors.iter().any(|error| error.contains(&format!("\"{path}\""))), "{path}: {errors:?}");
    }
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}

#[test]
fn every_broken_field_of_a_draft_is_reported() {
    let draft = r#"{"name":"Bad Name","version":"1","architecture":"noarch","homepage":"ftp://x",
        "dependencies":[{"name":"a"},{"name":"a"}],"build":{}}"#;
    let staged = TempDir::new().unwrap();
    let findings = check(&request(staged.path(), draft, None, Path::new("unused"))).unwrap();
    for field in ["name", "version", "homepage", "dependencies", "build"] {
        let start = format!("manifest: {field}");
        assert!(
            findings.errors.iter().any(|error| error.starts_with(&start)),
            "{field}: {:?}",
            findings.errors
        );
    }
    assert_eq!(findings.errors.len(), 5, "{:?}", findings.errors);
    let unknown = check(&request(staged.path(), r#"{"nmae":"x"}"#, None, Path::new("unused"))).unwrap();
    assert!(unknown.errors[0].contains("nmae"), "{:?}", unknown.errors);
}

#[test]
fn producers_are_held_to_the_side_effects_and_advised() {
    let staged = TempDir::new().unwrap();
    write(staged.path(), "opt/a/lib.so.1", b"x");
    write(staged.path(), "usr/bin/tool", b"\x7fELF....");
    write(staged.path(), "boot/kernel", b"x");
    write(staged.path(), "usr/share/man/man1/a.1", b"x");
    let findings = check(&request(staged.path(), &plain("producer"), None, Path::new("unused"))).unwrap();
    assert_eq!(
        findings.errors,
        [
            "\"usr/bin/tool\": an ELF file cannot be in a noarch package",
            "side_effects must declare ldconfig: there is \"opt/a/lib.so.1\"",
        ]
    );
    assert_eq!(
        findings.warnings,
        [
            "\"boot/kernel\": a regular file in boot/; a symlink is preferred",
            "\"opt/a/lib.so.1\": a library outside usr/lib/<triplet>/",
            "side_effects should declare man-db: there is \"usr/share/man/man1/a.1\"",
        ]
    );
}

fn pack_to_temporary(source: &Path, draft: &str, paths: Option<&[&str]>) -> PackedPackage {
    let out = TempDir::new().unwrap();
    let request = request(source, draft, paths, &out.path().join("p.peipkg"));
    pack(&request, Some(&golden_key()), &Observer::default())
        .unwrap_or_else(|error| panic!("{draft}: {error}"))
}

fn request(staged: &Path, draft: &str, paths: Option<&[&str]>, out: &Path) -> PackRequest {
    PackRequest {
        manifest: draft.to_owned(),
        staged: staged.to_owned(),
        paths: paths.map(|paths| paths.iter().copied().map(str::to_owned).collect()),
        out: out.to_owned(),
        ..PackRequest::default()
    }
}

fn plain(name: &str) -> String {
    format!(
        r#"{{"name":"{name}","version":"1-1","architecture":"noarch","build":{{{BUILD},"source_ref":"test"}}}}"#
    )
}

/// Some 17 MB that hardly compress, and a name that needs a pax header.
fn many_frames() -> TempDir {
    let staged = TempDir::new().unwrap();
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    let noise: Vec<u8> = noise.take(17 << 20).collect();
    write(staged.path(), "opt/big/noise", &noise);
    write(staged.path(), &format!("opt/big/{}/{}", "d".repeat(150), "f".repeat(150)), b"deep");
    staged
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn key() -> SecretKey {
    SecretKey::parse(&[7; 32]).unwrap()
}

fn golden_key() -> SecretKey {
    SecretKey::parse(&fs::read(vectors().join("packages/test-signing-key.pem")).unwrap()).unwrap()
}

fn recipes() -> PathBuf {
    vectors().join("recipes")
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}
