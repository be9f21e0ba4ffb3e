//! The reference's documents: all are accepted, and writing them again gives the same bytes.

use std::path::{Path, PathBuf};

use peipkg_core::identity::{Constraint, Version};
use peipkg_core::package::{FileList, Limits, Manifest};

fn documents(suffix: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/documents");
    let paths = std::fs::read_dir(directory).expect("vectors").map(|entry| entry.expect("an entry").path());
    let wanted = paths.filter(|path| path.to_string_lossy().ends_with(suffix));
    wanted.map(|path| (path.clone(), std::fs::read(path).expect("readable"))).collect()
}

#[test]
fn manifests() {
    let documents = documents(".manifest.json");
    assert_eq!(documents.len(), 7);
    for (path, bytes) in documents {
        let manifest = Manifest::parse(&bytes, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(String::from_utf8(manifest.to_json()), String::from_utf8(bytes), "{}", path.display());
    }
}

#[test]
fn file_lists() {
    let documents = documents(".files.json");
    assert_eq!(documents.len(), 7);
    for (path, bytes) in documents {
        let list = FileList::parse(&bytes, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(String::from_utf8(list.to_json()), String::from_utf8(bytes), "{}", path.display());
        let manifest =
            std::fs::read(path.with_extension("").with_extension("manifest.json")).expect("its manifest");
        let manifest = Manifest::parse(&manifest, &Limits::default()).expect("valid");
        assert_eq!(list.total_size(), manifest.size_installed, "{}", path.display());
    }
}

#[test]
fn what_a_manifest_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/documents/libfoo.manifest.json");
    let manifest =
        Manifest::parse(&std::fs::read(path).expect("readable"), &Limits::default()).expect("valid");
    assert_eq!(manifest.name.as_str(), "libfoo");
    assert_eq!(manifest.version.as_str(), "1:1.2.3~rc1-2");
    assert_eq!(manifest.dependencies.len(), 2);
    assert!(manifest.dependencies[0].constraint.is_none());
    assert_eq!(manifest.dependencies[1].constraint.as_ref().map(Constraint::as_str), Some(">= 1.2, < 2"));
    assert_eq!(manifest.provides[0].version.as_ref().map(Version::as_str), Some("1.2.3-1"));
    assert_eq!(manifest.side_effects[0].as_str(), "ldconfig");
    assert_eq!(manifest.build.timestamp.seconds(), 1_777_636_800);
}
