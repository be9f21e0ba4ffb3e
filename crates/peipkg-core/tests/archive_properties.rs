//! Whatever the bytes: no panic, and what is written is what is read (PSD-009 §3.1).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use peipkg_core::archive::pack::{PackRequest, pack};
use peipkg_core::archive::tar::{Entry, HeaderWriter, Reader, TarError, Visitor, padding_of};
use peipkg_core::archive::{
    ArchiveError, Observer, PayloadKind, Spool, VerifiedPackage, VerifyRules, open, verify,
};
use peipkg_core::digest::Digest;
use peipkg_core::package::EntryKind;
use peipkg_core::signature::PublicKey;
use proptest::prelude::*;
use tempfile::TempDir;

const MTIME: u64 = 1_777_636_800;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert!(verify_bytes(&bytes).is_err());
    }

    #[test]
    fn arbitrary_frames_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert!(verify_bytes(&[&[0x28, 0xB5, 0x2F, 0xFD][..], &bytes].concat()).is_err());
    }

    #[test]
    fn arbitrary_tar_streams_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert!(verify_bytes(&compress(&bytes)).is_err());
    }

    #[test]
    fn a_changed_tar_never_yields_other_content(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let golden = decompress(&golden());
        let mut changed = golden.clone();
        let at = at.index(changed.len());
        changed[at] = byte;
        // Only header fields that say the same in other words may differ in what is accepted.
        if let Ok(package) = verify_bytes(&compress(&changed)) {
            let original = verify_bytes(&compress(&golden)).unwrap();
            prop_assert_eq!(package.entries, original.entries);
            prop_assert_eq!(package.manifest_bytes, original.manifest_bytes);
        }
    }

    #[test]
    fn a_changed_file_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut changed = golden();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        let original = golden();
        // Bits that mean nothing, in the container or within the signature's header, may differ in what is accepted.
        if let Ok(package) = verify_bytes(&changed) {
            let original = verify_bytes(&original).unwrap();
            prop_assert_eq!(package.entries, original.entries);
            prop_assert_eq!(package.manifest_bytes, original.manifest_bytes);
        }
    }

    #[test]
    fn a_shortened_file_is_refused(at in any::<prop::sample::Index>()) {
        let golden = golden();
        prop_assert!(verify_bytes(&golden[..at.index(golden.len())]).is_err());
    }

    #[test]
    fn what_the_tar_writer_writes_the_reader_reads(
        entries in prop::collection::vec(entry(), 0..12),
        pieces in prop::collection::vec(1..2000_usize, 1..20),
    ) {
        let mut tar = Vec::new();
        let headers = HeaderWriter::new(MTIME);
        for (kind, name, link, body) in &entries {
            headers.append(&mut tar, *kind, name, link, body.len() as u64);
            tar.extend(body);
            tar.resize(tar.len() + padding_of(body.len() as u64), 0);
        }
        headers.append_end(&mut tar);
        let mut reader = Reader::default();
        let mut collected = Collect::default();
        let (mut rest, mut lengths) = (&tar[..], pieces.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((*lengths.next().unwrap()).min(rest.len()));
            reader.feed(piece, &mut collected).unwrap();
            rest = after;
        }
        prop_assert_eq!(reader.finish().unwrap(), tar.len() as u64);
        prop_assert_eq!(collected.0, entries);
    }

    #[test]
    fn any_bytes_are_tar_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let mut reader = Reader::default();
        let fed = reader.feed(&bytes, &mut Collect::default());
        prop_assert!(fed.is_err() || reader.finish().is_err() || bytes.iter().all(|byte| *byte == 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_packed_verifies(files in prop::collection::btree_map("[a-zä.+ -]{1,120}", prop::collection::vec(any::<u8>(), 0..3000), 0..12)) {
        let staged = TempDir::new().unwrap();
        let files: Vec<_> = files.into_iter().filter(|(name, _)| name != "." && name != "..").collect();
        for (index, (name, body)) in files.iter().enumerate() {
            let directory = staged.path().join("opt").join("x".repeat(index + 1));
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join(name), body).unwrap();
        }
        let package = pack_and_verify(staged.path());
        let mut sizes: Vec<_> = package.entries.iter().filter_map(|entry| match entry.kind {
            PayloadKind::File { size, digest } => Some((size, digest)),
            _ => None,
        }).collect();
        let mut expected: Vec<_> = files.iter().map(|(_, body)| (body.len() as u64, Digest::of(body))).collect();
        sizes.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(sizes, expected);
    }
}

type Written = (EntryKind, String, String, Vec<u8>);

/// An entry with names on both sides of what a header holds.
fn entry() -> impl Strategy<Value = Written> {
    let name = prop_oneof!["[a-z/é]{1,20}x", "[a-z]{95,105}", "[a-z/]{150,300}z"];
    let body = prop::collection::vec(any::<u8>(), 0..1500);
    (0..3_u8, name.clone(), name, body).prop_map(|(kind, name, link, body)| match kind {
        0 => (EntryKind::File, name, String::new(), body),
        1 => (EntryKind::Directory, format!("{name}/"), String::new(), Vec::new()),
        _ => (EntryKind::Symlink, name, link, Vec::new()),
    })
}

#[derive(Default)]
struct Collect(Vec<Written>);

impl Visitor for Collect {
    type Error = TarError;

    fn begin(&mut self, entry: &Entry<'_>) -> Result<(), TarError> {
        assert_eq!(entry.mtime, MTIME);
        self.0.push((entry.kind, entry.name.to_owned(), entry.link.to_owned(), Vec::new()));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), TarError> {
        self.0.last_mut().unwrap().3.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), TarError> {
        Ok(())
    }
}

fn pack_and_verify(staged: &Path) -> VerifiedPackage {
    let out = TempDir::new().unwrap();
    let request = PackRequest {
        manifest: r#"{"name":"any","version":"1-1","architecture":"noarch",
            "build":{"timestamp":"2026-05-01T12:00:00Z","farm_id":"f","source_ref":"s"}}"#
            .to_owned(),
        staged: staged.to_owned(),
        out: out.path().join("p"),
        ..PackRequest::default()
    };
    pack(&request, None, &Observer::default()).unwrap();
    let (file, _) = open(&request.out).unwrap();
    verify(file, &VerifyRules::default(), &Spool::default(), &Observer::default()).unwrap()
}

fn verify_bytes(bytes: &[u8]) -> Result<VerifiedPackage, ArchiveError> {
    let mut file: File = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let key = fs::read(vectors().join("test-signing-key.pub.pem")).unwrap();
    let trust = [PublicKey::parse(&key).unwrap()].into_iter().collect();
    let rules = VerifyRules { trust: Some(&trust), ..VerifyRules::default() };
    verify(file, &rules, &Spool::default(), &Observer::default())
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/packages")
}

fn golden() -> Vec<u8> {
    fs::read(vectors().join("libfoo-dev_1:1.2.3~rc1-2_x86_64.peipkg")).unwrap()
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    zstd_safe::compress(&mut out, bytes, 1).unwrap();
    out
}

fn decompress(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 << 20);
    zstd_safe::decompress(&mut out, bytes).unwrap();
    out
}
