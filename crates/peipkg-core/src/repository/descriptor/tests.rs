use super::Descriptor;
use crate::signature::KeyStatus;

const F1: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const F2: &str = "0000000000000000000000000000000000000000000000000000000000000002";

fn descriptor(keys: &str) -> String {
    format!(
        "{{\"schema_version\":1,\"repo\":{{\"name\":\"golden\",\"description\":\"d\",\"signing\":{{\"algorithm\":\"ed25519\",\
         \"keys\":[{keys}]}}}},\"indexes\":{{\"active\":{{\"url\":\"/a\",\"signature_url\":\"/a.sig\"}},\
         \"archive\":{{\"url\":\"/b\",\"signature_url\":\"/b.sig\"}}}}}}\n"
    )
}

fn key(fingerprint: &str, rest: &str) -> String {
    format!("{{\"fingerprint\":\"{fingerprint}\",\"url\":\"/k\",{rest}}}")
}

#[test]
fn reads_and_writes_the_canonical_form() {
    let text = descriptor(&format!(
        "{},{}",
        key(F1, "\"status\":\"transitioning\",\"valid_until\":\"2026-05-01T12:00:00Z\""),
        key(F2, "\"status\":\"active\"")
    ));
    let parsed = Descriptor::parse(text.as_bytes()).expect("valid");
    assert_eq!(parsed.name, "golden");
    assert!(
        matches!(parsed.keys[0].status, KeyStatus::Transitioning { until } if until.seconds() == 1_777_636_800)
    );
    assert_eq!(parsed.archive.signature_url, "/b.sig");
    assert_eq!(String::from_utf8(parsed.to_json()).expect("UTF-8"), text);
}

#[test]
fn every_broken_rule_is_refused_by_name() {
    let good = descriptor(&key(F1, "\"status\":\"active\""));
    Descriptor::parse(good.as_bytes()).expect("the base of this table is valid");
    let two = |first: &str, second: &str| {
        descriptor(&format!(
            "{},{}",
            key(first, "\"status\":\"active\""),
            key(second, "\"status\":\"active\"")
        ))
    };
    let cases = [
        (good.replace("\"schema_version\":1", "\"schema_version\":2"), "schema_version 2"),
        (good.replace("\"schema_version\":1,", ""), "\"schema_version\" is missing"),
        (good.replace("\"name\":\"golden\"", "\"name\":\"\""), "repository name"),
        (good.replace("\"name\":\"golden\"", "\"name\":\"a\\nb\""), "repository name"),
        (good.replace("\"name\":\"golden\",", ""), "\"name\" is missing"),
        (good.replace("\"name\":\"golden\"", "\"name\":null"), "found null"),
        (good.replace("ed25519", "rsa"), "only ed25519"),
        (good.replace("\"algorithm\":\"ed25519\",", ""), "\"algorithm\" is missing"),
        (good.replace("\"status\":\"active\"", "\"status\":\"revoked\""), "no key is active"),
        (good.replace("\"status\":\"active\"", "\"status\":\"Active\""), "key status"),
        (good.replace("\"status\":\"active\"", "\"status\":\"transitioning\""), "\"valid_until\" is missing"),
        (
            good.replace("\"status\":\"active\"", "\"status\":\"active\",\"valid_until\":\"soon\""),
            "timestamp",
        ),
        (descriptor(""), "no key is active"),
        (two(F2, F1), "out of order"),
        (two(F1, F1), "listed twice"),
        (good.replace(F1, &F1.replace('1', "A")), "64 lowercase"),
        (good.replace(F1, "01"), "64 lowercase"),
        (good.replace("\"url\":\"/k\",", ""), "\"url\" is missing"),
        (good.replace("\"url\":\"/k\"", "\"url\":\"\""), "is not a URL"),
        (good.replace("\"url\":\"/a\"", "\"url\":\"/a b\""), "is not a URL"),
        (good.replace(",\"archive\"", ",\"other\""), "\"archive\" is missing"),
        (good.replace("\"signature_url\":\"/b.sig\"", "\"x\":1"), "\"signature_url\" is missing"),
        (good.replace("\"repo\":", "\"repo\":{},\"repo\":"), "missing"),
        (good.replace("\"description\":\"d\"", "\"name\":\"x\""), "appears twice"),
        (format!("{good}x"), "follows the end"),
    ];
    for (document, expected) in cases {
        let error = Descriptor::parse(document.as_bytes()).expect_err(&document).to_string();
        assert!(error.contains(expected), "{error}\nlacks {expected:?} for {document}");
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let text = descriptor(&key(F1, "\"status\":\"active\",\"note\":[1,{\"a\":null}]"));
    Descriptor::parse(text.as_bytes()).expect("valid");
}
