use super::file::{read_tables, read_texts};
use super::tables::Draft;
use super::*;
use crate::repository::{documents, index};

fn document() -> Vec<u8> {
    let entry = |name: &str, description: &str, provides: &str, replaces: &str| {
        format!(
            r#"{{"name":"{name}","version":"1-1","architecture":"noarch","description":"{description}","dependencies":[],"conflicts":[],"provides":[{provides}],"replaces":[{replaces}],"size_compressed":1,"size_installed":1,"hash":{{"algorithm":"sha256","value":"{}"}},"url":"/p/{name}"}}"#,
            "0".repeat(64)
        )
    };
    let entries = [
        entry("alpha", "Die Übersicht", r#"{"name":"first"},{"name":"letter"}"#, ""),
        entry("beta", "alphabetic", r#"{"name":"letter"}"#, r#"{"name":"old-beta"}"#),
        entry("gamma", "", "", ""),
    ];
    format!(
        r#"{{"schema_version":1,"repo":"r","kind":"active","index_version":1,"generated_at":"2026-05-01T12:00:00Z","packages":[{}]}}"#,
        entries.join(",")
    )
    .into_bytes()
}

/// A root in whose cache a catalog of `document` lies.
fn kept(document: &[u8]) -> (tempfile::TempDir, Root, Digest, String) {
    let place = tempfile::tempdir().unwrap();
    let root = Root::open(place.path()).unwrap();
    let digest = Digest::of(document);
    let mut encoder = Encoder::new(&root);
    index::read_placed(document, Kind::Active, |entry, place| encoder.add(&entry, place)).unwrap();
    let path = format!("{}/{}", documents::directory("r"), file_name(digest));
    let mut bytes = Vec::new();
    encoder.finish(digest, document.len() as u64).unwrap().write_to(&mut bytes).unwrap();
    root.write_durable(&path, &bytes, 0o644).unwrap();
    (place, root, digest, path)
}

fn names(catalog: &Catalog, found: impl Iterator<Item = u32>) -> Vec<String> {
    found.map(|id| catalog.entry(id).unwrap().name.as_str().to_owned()).collect()
}

#[test]
fn what_was_kept_and_what_is_made_from_the_document_answer_alike() {
    let document = document();
    let (_place, root, digest, path) = kept(&document);
    for with_file in [true, false] {
        if !with_file {
            root.remove(&path).unwrap();
        }
        assert_eq!(read_tables(&root, "r", digest, document.len() as u64).is_some(), with_file);
        let catalog = Catalog::of(&root, "r", document.clone(), digest, Kind::Active).unwrap();
        assert_eq!(names(&catalog, catalog.named("letter")), ["alpha", "beta"]);
        assert_eq!(names(&catalog, catalog.named("beta")), ["beta"]);
        assert_eq!(names(&catalog, catalog.named("first")), ["alpha"]);
        assert_eq!(names(&catalog, catalog.replacing("old-beta")), ["beta"]);
        assert_eq!(names(&catalog, catalog.all()), ["alpha", "beta", "gamma"]);
        for nothing in ["", "a", "alph", "alphabet", "zeta"] {
            assert_eq!(catalog.named(nothing).count() + catalog.replacing(nothing).count(), 0, "{nothing}");
        }
    }
}

#[test]
fn texts_are_found_whatever_their_case_and_never_across_fields() {
    let document = document();
    let (_place, root, digest, _) = kept(&document);
    let texts = read_texts(&root, "r", digest).unwrap();
    let find = |term: &str| texts.find(term).map(|shown| shown.name.to_owned()).collect::<Vec<_>>();
    assert_eq!(find("übersicht"), ["alpha"]);
    assert_eq!(find("alpha"), ["alpha", "beta"]);
    assert_eq!(find("m"), ["gamma"]);
    assert_eq!(find("alphadie"), [""; 0]);
    assert_eq!(find("betaalphabetic"), [""; 0]);
    let shown = texts.find("gam").next().unwrap();
    assert_eq!((shown.version, shown.architecture, shown.description), ("1-1", "noarch", ""));
}

#[test]
fn a_damaged_or_foreign_catalog_is_not_used() {
    let document = document();
    let (place, root, digest, path) = kept(&document);
    let file = place.path().join(&path);
    let whole = std::fs::read(&file).unwrap();
    assert!(read_tables(&root, "r", digest, document.len() as u64 + 1).is_none(), "of another length");
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&file, &bytes).unwrap();
        let tables = read_tables(&root, "r", digest, document.len() as u64);
        assert!(tables.is_none() || read_texts(&root, "r", digest).is_none(), "byte {at}");
        // Whatever the damage, packages are found.
        let catalog = Catalog::of(&root, "r", document.clone(), digest, Kind::Active).unwrap();
        assert_eq!(names(&catalog, catalog.named("letter")), ["alpha", "beta"], "byte {at}");
    }
    for length in 0..whole.len() {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert!(read_texts(&root, "r", digest).is_none(), "cut at {length}");
    }
}

#[test]
fn an_empty_index_has_an_empty_catalog() {
    let draft = Draft::default();
    let tables = draft.tables().unwrap();
    assert_eq!(tables.len(), 0);
    assert_eq!(tables.named("x").count(), 0);
}
