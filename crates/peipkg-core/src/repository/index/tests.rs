use super::{Kind, check_superset, read, scan, write};
use crate::repository::RepositoryError;
use crate::repository::fixture::{NOW, index_document, package};

fn document(kind: Kind, packages: &[String]) -> Vec<u8> {
    index_document("test", kind, 7, NOW, &packages.join(","))
}

fn refused(kind: Kind, packages: &[String]) -> String {
    read(&document(kind, packages), kind, |_| {}).expect_err("refused").to_string()
}

#[test]
fn reads_and_writes_the_canonical_form() {
    let full = ",\"architecture\":\"x86_64\",\"dependencies\":[{\"name\":\"libc\"},{\"name\":\"zlib\",\"constraint\":\">= 1.2, < 2\"}],\
                \"optional_dependencies\":[{\"name\":\"doc\"}],\"conflicts\":[{\"name\":\"old\",\"constraint\":\"< 1\"}],\
                \"provides\":[{\"name\":\"abi\",\"version\":\"1-1\"},{\"name\":\"any\"}],\"replaces\":[{\"name\":\"gone\"}],\
                \"side_effects\":[\"ldconfig\"],\"build\":{\"timestamp\":\"2026-05-01T12:00:00Z\",\"farm_id\":\"f\"}";
    let bytes = document(Kind::Active, &[package("aa", "1-1", full), package("bb", "1-1", "")]);
    let mut entries = Vec::new();
    let header = read(&bytes, Kind::Active, |entry| entries.push(entry)).expect("valid");
    assert_eq!((header.index_version, header.repo.as_str(), header.generated_at.seconds()), (7, "test", NOW));
    let written = write(&header, Kind::Active, &entries);
    let mut again = Vec::new();
    read(&written, Kind::Active, |entry| again.push(entry)).expect("what was written is valid");
    assert_eq!(write(&header, Kind::Active, &again), written);
    assert_eq!(entries[0].provides[1].version.as_ref().map(ToString::to_string), None);
    assert_eq!(entries[0].dependencies[1].constraint.as_ref().expect("given").as_str(), ">= 1.2, < 2");
}

#[test]
fn entries_are_held_to_their_rules() {
    let good = package("aa", "1-1", "");
    read(&document(Kind::Active, std::slice::from_ref(&good)), Kind::Active, |_| {})
        .expect("the base of this table is valid");
    let cases = [
        (good.replace("\"aa\"", "\"A\""), "package name"),
        (good.replace("\"1-1\"", "\"1\""), "version"),
        (good.replace("\"noarch\"", "\"X\""), "architecture"),
        (good.replace("\"name\":\"aa\",", ""), "\"name\" is missing"),
        (good.replace(",\"dependencies\":[]", ""), "\"dependencies\" is missing"),
        (good.replace(",\"conflicts\":[]", ""), "\"conflicts\" is missing"),
        (good.replace(",\"size_compressed\":10", ""), "\"size_compressed\" is missing"),
        (good.replace(",\"size_installed\":20", ""), "\"size_installed\" is missing"),
        (good.replace("\"size_installed\":20", "\"size_installed\":-1"), "negative"),
        (good.replace("\"size_installed\":20", "\"size_installed\":1e3"), "fraction or an exponent"),
        (good.replace("sha256", "sha512"), "only sha256"),
        (good.replace("\"algorithm\":\"sha256\",", ""), "\"algorithm\" is missing"),
        (good.replace("\"value\":\"", "\"value\":\"0"), "64 lowercase"),
        (good.replace(",\"url\":\"/p/aa\"", ""), "\"url\" is missing"),
        (good.replace("/p/aa", "/p/ aa"), "is not a URL"),
        (package("aa", "1-1", ",\"dependencies\":[{\"name\":\"b2\"},{\"name\":\"b1\"}]"), "sorted by name"),
        (package("aa", "1-1", ",\"dependencies\":[{\"name\":\"b1\"},{\"name\":\"b1\"}]"), "two entries"),
        (package("aa", "1-1", ",\"dependencies\":[{\"name\":\"b1\",\"constraint\":\"\"}]"), "constraint"),
        (package("aa", "1-1", ",\"dependencies\":[{\"name\":\"b1\",\"arch\":\"x86_64\"}]"), "arch"),
        (package("aa", "1-1", ",\"dependencies\":null"), "found null"),
        (package("aa", "1-1", ",\"provides\":[{\"name\":\"b1\",\"version\":\"x\"}]"), "version"),
        (package("aa", "1-1", ",\"side_effects\":[\"reboot\"]"), "reboot"),
        (package("aa", "1-1", ",\"side_effects\":[\"depmod\",\"depmod\"]"), "twice"),
        (package("aa", "1-1", ",\"build\":{\"timestamp\":\"x\"}"), "timestamp"),
    ];
    for (entry, expected) in cases {
        let error = refused(Kind::Active, std::slice::from_ref(&entry));
        assert!(error.contains(expected), "{error}\nlacks {expected:?} for {entry}");
        assert!(error.contains("packages[0]"), "{error} says where");
    }
}

#[test]
fn the_document_is_held_to_its_rules() {
    let good = String::from_utf8(document(Kind::Active, &[])).expect("UTF-8");
    let cases = [
        (good.replace("\"schema_version\":1", "\"schema_version\":3"), "schema_version 3"),
        (good.replace("\"kind\":\"active\"", "\"kind\":\"archive\""), "the active index was asked for"),
        (good.replace("\"kind\":\"active\",", ""), "\"kind\" is missing"),
        (good.replace("\"index_version\":7", "\"index_version\":0"), "the first is 1"),
        (good.replace("\"index_version\":7", "\"index_version\":\"7\""), "expected an integer"),
        (good.replace("\"repo\":\"test\",", ""), "\"repo\" is missing"),
        (good.replace(",\"packages\":[]", ""), "\"packages\" is missing"),
        (good.replace("Z\"", "+00:00\""), "timestamp"),
        (good.replace("\"packages\":[]", "\"packages\":[],\"packages\":[]"), "appears twice"),
    ];
    for (text, expected) in cases {
        let error = read(text.as_bytes(), Kind::Active, |_| {}).expect_err(&text).to_string();
        assert!(error.contains(expected), "{error}\nlacks {expected:?} for {text}");
    }
}

#[test]
fn order_is_a_rule() {
    let active = |names: &[&str]| names.iter().map(|name| package(name, "1-1", "")).collect::<Vec<_>>();
    assert!(refused(Kind::Active, &active(&["bb", "aa"])).contains("sorted by name"));
    assert!(refused(Kind::Active, &active(&["aa", "aa"])).contains("one entry per name"));
    let machine = |version| package("aa", version, ",\"architecture\":\"x86_64\"");
    let none = |version| package("aa", version, "");
    let good = [none("2-1"), none("1.0~a-1"), none("1.0~alpha-1"), machine("1.0~a-1"), none("0.9-1")];
    read(&document(Kind::Archive, &good), Kind::Archive, |_| {}).expect("in order");
    for pair in [
        [none("1-1"), none("2-1")],
        [none("1-1"), none("1-1")],
        [machine("1-1"), none("1-1")],
        [none("1.0~alpha-1"), none("1.0~a-1")],
    ] {
        assert!(refused(Kind::Archive, &pair).contains("version descending"), "{pair:?}");
    }
}

#[test]
fn a_scan_sees_names_and_places() {
    let bytes = document(
        Kind::Active,
        &[
            package("aa", "1-1", ""),
            package("bb", "2-1", ",\"provides\":[{\"name\":\"vv\"}],\"replaces\":[{\"name\":\"rr\"}]"),
        ],
    );
    let mut seen = Vec::new();
    scan(&bytes, Kind::Active, |entry| {
        let text = std::str::from_utf8(&bytes[entry.bytes.clone()]).expect("UTF-8");
        assert!(text.starts_with(&format!("{{\"name\":\"{}\"", entry.name)) && text.ends_with('}'), "{text}");
        seen.push((entry.name.into_owned(), entry.provides.concat(), entry.replaces.concat()));
    })
    .expect("valid");
    assert_eq!(seen, [("aa".into(), String::new(), String::new()), ("bb".into(), "vv".into(), "rr".into())]);
}

#[test]
fn the_archive_holds_what_is_active() {
    let active = document(Kind::Active, &[package("aa", "1-1", ""), package("bb", "1-1", "")]);
    let archive = document(
        Kind::Archive,
        &[package("aa", "2-1", ""), package("aa", "1-1", ""), package("bb", "1-1", "")],
    );
    check_superset(&active, &archive).expect("all there");
    let lacking = document(Kind::Archive, &[package("aa", "1-1", "")]);
    let error = check_superset(&active, &lacking).expect_err("bb is missing");
    assert!(matches!(error, RepositoryError::NotInArchive { name, .. } if name == "bb"));
    let other = package("bb", "1-1", "").replacen("\"value\":\"", "\"value\":\"0000", 1);
    let end = other.find("\"},\"url\"").expect("the hash ends there");
    let other = format!("{}{}", &other[..end - 4], &other[end..]);
    let changed = document(Kind::Archive, &[package("aa", "1-1", ""), other]);
    check_superset(&active, &changed).expect_err("other bytes");
}
