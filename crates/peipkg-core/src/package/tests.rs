//! Every rule of manifest and files list that needs no payload: each broken on its own, each named in the message.

use std::fmt::Write as _;

use super::*;
use crate::error::Coded as _;

const MANIFEST: &str = include_str!("../../tests/vectors/documents/libfoo.manifest.json");
const FILES: &str = include_str!("../../tests/vectors/documents/libfoo.files.json");

fn parse(document: &str) -> Result<Manifest, PackageError> {
    Manifest::parse(document.as_bytes(), &Limits::default())
}

/// The golden manifest with one piece replaced, which must be there.
fn with(piece: &str, replacement: &str) -> String {
    assert!(MANIFEST.contains(piece), "{piece}");
    MANIFEST.replace(piece, replacement)
}

fn field(name: &str, value: &str) -> String {
    let start = MANIFEST.find(&format!("\"{name}\":")).expect(name);
    let end = start + MANIFEST[start..].find(",\"").map_or(MANIFEST.len() - start - 2, |at| at);
    format!("{}\"{name}\":{value}{}", &MANIFEST[..start], &MANIFEST[end..])
}

fn refused(document: &str, rule: &str) {
    let error = parse(document).expect_err(document);
    assert_eq!(error.code(), "PEI_PACKAGE_MANIFEST", "{error}");
    let message = error.to_string();
    assert!(message.contains(rule), "{message}: {rule}");
    assert!(message.starts_with(".peipkg/manifest.json: "), "{message}");
}

#[test]
fn identity_and_texts() {
    for (name, value, rule) in [
        ("schema_version", "2", "schema_version 2"),
        ("schema_version", "0", "schema_version 0"),
        ("schema_version", "\"1\"", "an integer"),
        ("schema_version", "1.0", "fraction"),
        ("schema_version", "1e0", "exponent"),
        ("schema_version", "-1", "negative"),
        ("schema_version", "18446744073709551616", "18446744073709551615"),
        ("schema_version", "null", "null"),
        ("name", "\"Libfoo\"", "package name"),
        ("name", "null", "null"),
        ("version", "\"1.0\"", "version"),
        ("architecture", "\"X86\"", "architecture"),
        ("architecture", "\"a2345678901234567\"", "1 to 16"),
        ("description", "\"two\\nlines\"", "one line"),
        ("description", "\"a\\u001bb\"", "U+001B"),
        ("description", "\"a\\u007fb\"", "U+007F"),
        ("description", "\"a\\u0085b\"", "U+0085"),
        ("description", "\"a\\u202eb\"", "U+202E"),
        ("description", "\"a\\u2066b\"", "U+2066"),
        ("description", "\"a\\u200fb\"", "U+200F"),
        ("description", "\"a\\u2028b\"", "U+2028"),
        ("description", "\"a\\ud800b\"", "surrogate"),
        ("description", "null", "null"),
        ("license", "1", "a string"),
        ("homepage", "\"ftp://example.org\"", "http"),
        ("homepage", "\"example.org\"", "http"),
        ("homepage", "\"https://\"", "host"),
        ("homepage", "\"https://exa mple.org\"", "encode"),
        ("size_installed", "\"1\"", "an integer"),
        ("size_installed", "-0", "negative"),
        ("size_installed", "01", "leading zero"),
    ] {
        refused(&field(name, value), rule);
    }
    for (name, value) in [
        ("description", "\"größe — 日本語\""),
        ("homepage", "\"\""),
        ("homepage", "\"http://example.org\""),
        ("license", "\"anything\""),
        ("architecture", "\"riscv64\""),
    ] {
        parse(&field(name, value)).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_document() {
    refused(MANIFEST.trim_end(), "exactly one newline");
    refused(&format!("{MANIFEST}\n"), "exactly one newline");
    refused(&format!("{MANIFEST}{{}}\n"), "follows the end");
    refused(&format!("\u{feff}{MANIFEST}"), "byte-order mark");
    refused("[]\n", "an object");
    refused("{}\n", "schema_version");
    refused(&with("\"name\":", "\"name\":\"x1\",\"name\":"), "twice");
    refused(&with("\"name\":", "\"n\\u0061me\":\"x1\",\"name\":"), "twice");
    refused(&with("{\"schema_version\"", "{\"extra\":{\"a\":1,\"a\":2},\"schema_version\""), "twice");
    refused(&with("{\"schema_version\"", "{\"extra\":1.5,\"schema_version\""), "fraction");
    refused(
        &with(
            "{\"schema_version\"",
            &format!("{{\"extra\":{}{},\"schema_version\"", "[".repeat(64), "]".repeat(64)),
        ),
        "deeper",
    );
    refused(&format!("{}{MANIFEST}", " ".repeat(16 << 20)), "limit");
    assert!(
        parse(&with("{\"schema_version\"", "{\"extra\":[{}],\"schema_version\"")).is_ok(),
        "unknown fields are ignored"
    );
    assert!(
        parse(&with("\"license\"", "\"LICENSE\"")).is_ok_and(|m| m.license.is_empty()),
        "keys are case-sensitive"
    );
}

#[test]
fn required_and_optional_fields() {
    for name in [
        "schema_version",
        "name",
        "version",
        "architecture",
        "dependencies",
        "conflicts",
        "size_installed",
        "build",
    ] {
        refused(&with(&format!("\"{name}\":"), "\"x\":"), &format!("\"{name}\" is missing"));
    }
    for name in ["timestamp", "farm_id", "source_ref"] {
        refused(&with(&format!("\"{name}\":"), "\"x\":"), &format!("\"{name}\" is missing"));
    }
    for name in [
        "description",
        "license",
        "homepage",
        "optional_dependencies",
        "provides",
        "replaces",
        "side_effects",
        "sd_overrides",
    ] {
        parse(&with(&format!("\"{name}\":"), "\"x\":")).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn relations() {
    let dependencies = r#"[{"name":"libc"},{"name":"zlib","constraint":">= 1.2, < 2"}]"#;
    for (entries, rule) in [
        ("null", "null"),
        ("{}", "an array"),
        (r#"["libc"]"#, "an object"),
        ("[{}]", "\"name\" is missing"),
        (r#"[{"name":"l"}]"#, "package name"),
        (r#"[{"name":"libc","constraint":""}]"#, "constraint"),
        (r#"[{"name":"libc","constraint":">= 1,"}]"#, "constraint"),
        (r#"[{"name":"libc","constraint":null}]"#, "null"),
        (r#"[{"name":"libc","arch":"x86_64"}]"#, "only \"any\""),
        (r#"[{"name":"libc","arch":""}]"#, "only \"any\""),
        (r#"[{"name":"zlib"},{"name":"libc"}]"#, "sorted by name"),
        (r#"[{"name":"libc"},{"name":"libc","constraint":"1"}]"#, "two entries"),
        (r#"[{"name":"libc","name":"libd"}]"#, "twice"),
    ] {
        refused(&with(dependencies, entries), rule);
        refused(&with("\"conflicts\":[]", &format!("\"conflicts\":{entries}")), rule);
        refused(&with("\"optional_dependencies\":[]", &format!("\"optional_dependencies\":{entries}")), rule);
    }
    let any = parse(&with(dependencies, r#"[{"arch":"any","name":"libc","more":1}]"#)).expect("valid");
    assert_eq!(any.dependencies.len(), 1);
    refused(
        &with(r#"[{"name":"foo-abi","version":"1.2.3-1"}]"#, r#"[{"name":"foo-abi","version":"1.2.3"}]"#),
        "version",
    );
    refused(
        &with(r#"[{"name":"foo-abi","version":"1.2.3-1"}]"#, r#"[{"name":"b1"},{"name":"a1"}]"#),
        "sorted by name",
    );
    refused(
        &with(r#"[{"name":"foo-old","constraint":"< 1"}]"#, r#"[{"name":"a1"},{"name":"a1"}]"#),
        "two entries",
    );
}

#[test]
fn numbers_of_relations() {
    let many = |count: usize| {
        let mut entries = String::from("[");
        for number in 0..count {
            let _ = write!(entries, "{}{{\"name\":\"p{number:06}\"}}", if number > 0 { "," } else { "" });
        }
        entries + "]"
    };
    for (field, most) in [("conflicts", 10_000), ("optional_dependencies", 10_000)] {
        let array = |count| with(&format!("\"{field}\":[]"), &format!("\"{field}\":{}", many(count)));
        assert!(parse(&array(most)).is_ok(), "{field}");
        refused(&array(most + 1), "more than 10000 entries");
    }
    let replaces = |count| with(r#"[{"name":"foo-old","constraint":"< 1"}]"#, &many(count));
    assert!(parse(&replaces(1000)).is_ok());
    refused(&replaces(1001), "more than 1000 entries");
    let mut limits = Limits::default();
    limits.raise("replaces", 1001).expect("raised");
    assert!(Manifest::parse(replaces(1001).as_bytes(), &limits).is_ok());
}

#[test]
fn side_effects_and_build() {
    for (effects, rule) in [
        (r#"["ldconfig","ldconfig"]"#, "twice"),
        (r#"["systemd"]"#, "unknown"),
        (r#"["Ldconfig"]"#, "unknown"),
        (r#"[""]"#, "unknown"),
        ("[null]", "null"),
        (r#"["ldconfig","depmod","man-db","ldconfig"]"#, "more than 3"),
    ] {
        refused(&with(r#"["ldconfig"]"#, effects), rule);
    }
    assert!(parse(&with(r#"["ldconfig"]"#, r#"["man-db","depmod","ldconfig"]"#)).is_ok());
    for time in [
        "2026-05-01T12:00:00",
        "2026-05-01T12:00:00+00:00",
        "2026-05-01T12:00:00.5Z",
        "1969-12-31T23:59:59Z",
        "2026-02-30T00:00:00Z",
        "",
    ] {
        refused(&with("2026-05-01T12:00:00Z", time), "timestamp");
    }
    refused(&with("\"golden-farm\"", "7"), "a string");
}

#[test]
fn overrides() {
    let sd = "AQAEgAAAAAAAAAAAAAAAABQAAAACABwAAQAAAAAAFAD/AR8AAQEAAAAAAAEAAAAA";
    let entry = |path: &str, sd: &str| format!("{{\"path\":\"{path}\",\"sd\":\"{sd}\"}}");
    let array = |entries: &[String]| {
        with("\"sd_overrides\":[]", &format!("\"sd_overrides\":[{}]", entries.join(",")))
    };
    let manifest =
        parse(&array(&[entry("etc/a", sd), entry("etc/b", sd)])).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(manifest.sd_overrides[0].sd.to_sddl(), "D:(A;;FA;;;WD)");
    for (entries, rule) in [
        (vec![entry("etc/b", sd), entry("etc/a", sd)], "sorted by path"),
        (vec![entry("etc/a", sd), entry("etc/a", sd)], "two entries"),
        (vec![entry("/etc/a", sd)], "relative"),
        (vec![entry("etc/../a", sd)], "component . or .."),
        (vec![entry("etc/a", "")], "ends too early"),
        (vec![entry("etc/a", &format!("{sd}="))], "base64"),
        (vec![entry("etc/a", "AQAEgA==")], "base64"),
        (vec![entry("etc/a", &sd.replace('A', "-"))], "base64"),
        (vec![entry("etc/a", &sd[..40])], "ends too early"),
        (vec![entry("etc/a", &"A".repeat(90_000))], "above the limit"),
        (vec!["{\"path\":\"etc/a\"}".into()], "\"sd\" is missing"),
        (vec![format!("{{\"sd\":\"{sd}\"}}")], "\"path\" is missing"),
        (vec!["null".into()], "null"),
    ] {
        refused(&array(&entries), rule);
    }
    let kind = |kind: Option<EntryKind>| manifest.check_overrides(|_| kind);
    assert!(kind(Some(EntryKind::File)).is_ok() && kind(Some(EntryKind::Directory)).is_ok());
    for (found, rule) in [(Some(EntryKind::Symlink), "symlink"), (None, "no entry")] {
        let error = kind(found).expect_err(rule);
        assert!(error.to_string().contains(rule) && error.to_string().contains("etc/a"), "{error}");
    }
}

#[test]
fn file_lists() {
    let digest = "7ca5bd879f393d9dd05b14f38add9c0fc6b67928f7f2d261b2e47a32ee8219e3";
    let entry = |path: &str| format!("{{\"path\":\"{path}\",\"size\":1,\"hash\":\"{digest}\"}}");
    let list = |entries: &str| {
        format!("{{\"schema_version\":1,\"algorithm\":\"sha256\",\"entries\":[{entries}]}}\n")
    };
    let parse = |document: &str| FileList::parse(document.as_bytes(), &Limits::default());
    assert!(parse(&list(&[entry("etc/a"), entry("etc/b")].join(","))).is_ok());
    for (document, rule) in [
        (FILES.replace(":1,", ":2,"), "schema_version 2"),
        (FILES.replace("sha256", "sha512"), "only sha256"),
        (FILES.replace("sha256", "SHA256"), "only sha256"),
        (FILES.replace("\"algorithm\"", "\"x\""), "\"algorithm\" is missing"),
        (FILES.replace("\"entries\"", "\"x\""), "\"entries\" is missing"),
        (FILES.replace("\"schema_version\"", "\"x\""), "\"schema_version\" is missing"),
        (FILES.replace("\"path\"", "\"x\""), "\"path\" is missing"),
        (FILES.replace("\"size\"", "\"x\""), "\"size\" is missing"),
        (FILES.replace("\"hash\"", "\"x\""), "\"hash\" is missing"),
        (FILES.replace(digest, &digest.to_uppercase()), "64 lowercase"),
        (FILES.replace(digest, &digest[1..]), "64 lowercase"),
        (FILES.replace(":5000", ":-1"), "negative"),
        (FILES.replace(":5000", ":5e3"), "exponent"),
        (FILES.replace(":5000", ":null"), "null"),
        (list(&[entry("etc/b"), entry("etc/a")].join(",")), "sorted by path"),
        (list(&[entry("usr/lib/a"), entry("usr/lib-x")].join(",")), "sorted by path"),
        (list(&[entry("etc/a"), entry("etc/a")].join(",")), "two entries"),
        (list(&entry("/etc/a")), "relative"),
        (list(&entry("etc/")), "empty component"),
        (list(&entry("etc/o\u{308}")), "NFC"),
        (list(&entry(".peipkg/x")), ".peipkg"),
        (
            list(&[entry("etc/a").replace(":1,", ":18446744073709551615,"), entry("etc/b")].join(",")),
            "64 bits",
        ),
        (format!("{FILES}x"), "follows"),
    ] {
        let error = parse(&document).expect_err(rule);
        assert_eq!(error.code(), "PEI_PACKAGE_FILES");
        let message = error.to_string();
        assert!(message.contains(rule) && message.starts_with(".peipkg/files.json: "), "{message}: {rule}");
    }
}
