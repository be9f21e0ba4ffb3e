//! Real binaries, binaries made by hand, and binaries that lie.

use std::fs;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use tempfile::TempDir;

use super::header::{u32_at, u64_at};
use super::layout::Layout;
use super::sign::write;
use super::{ElfError, SECTION_SIZE, sign};
use crate::archive::Observer;
use crate::digest::Digest;
use crate::error::Coded;
use crate::signature::{SecretKey, Signature};

fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

fn signed(path: &Path) -> Result<(), ElfError> {
    sign(path, &key(), &Observer::default()).map(drop)
}

/// The section's place by its own reading of the file, and whether the signature is right.
fn verify(bytes: &[u8]) -> usize {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let table = u64_at(bytes, 40) as usize;
    let section = |index: usize| &bytes[table + index * 64..][..64];
    let count = match u16_at(60) {
        0 => u64_at(section(0), 32) as usize,
        count => count,
    };
    let names = match u16_at(62) {
        0xffff => u32_at(section(0), 40) as usize,
        index => index,
    };
    let last = section(count - 1);
    let name = u64_at(section(names), 24) as usize + u32_at(last, 0) as usize;
    assert_eq!(&bytes[name..name + 11], b".peios.sig\0");
    assert_eq!((u32_at(last, 4), u64_at(last, 8), u64_at(last, 32)), (1, 0, 65));
    let at = u64_at(last, 24) as usize;
    assert_eq!(bytes[at], 1);
    let mut zeroed = bytes.to_vec();
    zeroed[at..at + SECTION_SIZE].fill(0);
    let signature = Signature(bytes[at + 1..at + SECTION_SIZE].try_into().unwrap());
    assert!(key().public().verifies(&Digest::of(&zeroed).0, &signature));
    assert_eq!(table + count * 64, bytes.len());
    at
}

/// A little program, compiled; `options` for the compiler.
fn compiled(directory: &TempDir, options: &[&str]) -> PathBuf {
    let (source, out) = (directory.path().join("a.c"), directory.path().join("a"));
    fs::write(&source, "#include <stdio.h>\nint main(void) { puts(\"still here\"); return 3; }\n").unwrap();
    let done = Command::new("cc").args(options).arg("-o").args([&out, &source]).status().unwrap();
    assert!(done.success());
    out
}

#[test]
fn a_signed_program_runs_as_before_and_readelf_reads_it() {
    for options in [&["-g"][..], &["-static-pie", "-s"], &["-no-pie", "-O2"]] {
        let directory = TempDir::new().unwrap();
        let path = compiled(&directory, options);
        let before = fs::read(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o751)).unwrap();
        signed(&path).unwrap();
        let after = fs::read(&path).unwrap();
        verify(&after);
        // Only the place and the numbers of the section table are others.
        let differ: Vec<_> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
        assert!(differ.iter().all(|at| matches!(at, 40..48 | 60..62)), "{differ:?}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o751);
        let ran = Command::new(&path).output().unwrap();
        assert_eq!((ran.status.code(), &ran.stdout[..]), (Some(3), &b"still here\n"[..]));
        let read = Command::new("readelf").args(["-aW"]).arg(&path).output().unwrap();
        assert_eq!((read.status.code(), String::from_utf8_lossy(&read.stderr)), (Some(0), "".into()));
        assert!(String::from_utf8_lossy(&read.stdout).contains(".peios.sig        PROGBITS"));
        let error = signed(&path).unwrap_err();
        assert_eq!(error.code(), "PEI_ELF_SIGNED");
        assert_eq!(fs::read(&path).unwrap(), after);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}

#[test]
fn signing_is_deterministic_and_objects_can_be_signed() {
    let directory = TempDir::new().unwrap();
    let object = compiled(&directory, &["-c"]);
    let copy = directory.path().join("copy");
    fs::copy(&object, &copy).unwrap();
    signed(&object).unwrap();
    signed(&copy).unwrap();
    let bytes = fs::read(&object).unwrap();
    assert_eq!(bytes, fs::read(&copy).unwrap());
    verify(&bytes);
}

/// A header and nothing else.
fn bare() -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    bytes[20] = 1;
    bytes[52] = 64;
    bytes
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a");
    fs::write(&path, bytes).unwrap();
    (directory, path)
}

#[test]
fn a_file_without_section_table_gets_one() {
    let (_directory, path) = written(&bare());
    signed(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    verify(&bytes);
    assert_eq!((bytes[60], bytes[62]), (3, 1));
    assert_eq!(signed(&path).unwrap_err().code(), "PEI_ELF_SIGNED");
}

#[test]
fn section_numbers_that_do_not_fit_the_header_stand_in_section_0() {
    for count in [0xfefe_usize, 0xfeff, 0xff00, 70_000] {
        let mut bytes = bare();
        bytes.resize(64 + count * 64, 0);
        let names = bytes.len() as u64;
        bytes.extend_from_slice(b"\0");
        put(&mut bytes, 40, &64u64.to_le_bytes());
        bytes[58] = 64;
        // The names are in the last section.
        let last = 64 + (count - 1) * 64;
        bytes[last + 4] = 3;
        put(&mut bytes, last + 24, &names.to_le_bytes());
        bytes[last + 32] = 1;
        if count < 0xff00 {
            put(&mut bytes, 60, &(count as u16).to_le_bytes());
            put(&mut bytes, 62, &(count as u16 - 1).to_le_bytes());
        } else {
            put(&mut bytes, 62, &[0xff, 0xff]);
            put(&mut bytes, 64 + 32, &(count as u64).to_le_bytes());
            put(&mut bytes, 64 + 40, &(count as u32 - 1).to_le_bytes());
        }
        let (_directory, path) = written(&bytes);
        signed(&path).unwrap();
        verify(&fs::read(&path).unwrap());
        assert_eq!(signed(&path).unwrap_err().code(), "PEI_ELF_SIGNED", "{count}");
    }
}

#[test]
fn what_is_no_sound_elf64_file_is_refused_and_left_alone() {
    type Change = fn(&mut Vec<u8>);
    let cases: &[(&str, Change)] = &[
        ("does not start", |bytes| bytes[0] = 0),
        ("not for 64 bits", |bytes| bytes[4] = 1),
        ("not little-endian", |bytes| bytes[5] = 2),
        ("version", |bytes| bytes[6] = 0),
        ("must say that it has 64 bytes", |bytes| bytes[52] = 52),
        ("too short", |bytes| bytes.truncate(63)),
        ("no section table", |bytes| bytes[60] = 1),
        ("a section header must have 64 bytes", |bytes| bytes[40] = 64),
        ("must be in section 0", |bytes| put(bytes, 40, &[64, 0, 0, 0, 0, 0, 0, 0])),
        ("section table must be within", |bytes| put(bytes, 40, &[0xff; 8])),
        ("program headers must be within", |bytes| put(bytes, 54, &[56, 0, 2, 0])),
        ("a program header must have 56 bytes", |bytes| put(bytes, 54, &[55, 0, 1, 0])),
    ];
    for (text, change) in cases {
        let mut bytes = bare();
        change(&mut bytes);
        if text.contains("section table must") || text.contains("in section 0") {
            put(&mut bytes, 58, &[64, 0]);
            put(&mut bytes, 60, if text.contains("in section 0") { &[0, 0xff] } else { &[1, 0] });
        }
        let (directory, path) = written(&bytes);
        let error = signed(&path).unwrap_err();
        assert!(error.to_string().contains(text), "{text}: {error}");
        assert_eq!(error.code(), "PEI_ELF_INVALID");
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

#[test]
fn links_and_devices_are_not_followed() {
    let (directory, path) = written(&bare());
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(signed(&link).unwrap_err().code(), "PEI_IO");
    assert_eq!(fs::read(&path).unwrap(), bare());
    assert_eq!(signed(Path::new("/dev/null")).unwrap_err().code(), "PEI_ELF_INVALID");
}

/// Values that lie at the borders of something.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0u64..0x2_0000,
        Just(u64::MAX),
        Just(u64::MAX - 63),
        Just(0xffff),
        Just(0xff00),
        Just(1 << 63),
        Just(1 << 20),
        Just((1 << 20) + 1),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the headers say: an error, or a file that carries a right signature and has changed nowhere else.
    #[test]
    fn headers_that_lie_are_refused_or_signed_correctly(
        changes in proptest::collection::vec((0usize..64 + 5 * 64, 1usize..9, word()), 1..8),
        cut in prop_oneof![4 => Just(usize::MAX), 1 => 0usize..500],
    ) {
        let mut bytes = sample();
        for (at, width, value) in changes {
            let end = (at + width).min(bytes.len());
            bytes[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
        }
        bytes.truncate(cut.max(1));
        if let Some(after) = signed_bytes(&bytes).unwrap() {
            verify(&after);
            prop_assert_eq!(&after[64..bytes.len()], &bytes[64..]);
            prop_assert!(signed_bytes(&after).unwrap().is_none());
        }
    }
}

/// The signed bytes; nothing when they are refused. (`sign` makes files durable, which is too slow for thousands.)
fn signed_bytes(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let (mut file, mut out) = (tempfile::tempfile()?, tempfile::tempfile()?);
    file.write_all(bytes)?;
    let Ok(layout) = Layout::read(&file, bytes.len() as u64) else { return Ok(None) };
    write(&file, &layout, &out, &key(), &Observer::default()).map_err(io::Error::other)?;
    let mut after = Vec::new();
    out.rewind()?;
    out.read_to_end(&mut after)?;
    Ok(Some(after))
}

/// A header, five sections (one of names), a program header, names.
fn sample() -> Vec<u8> {
    let mut bytes = bare();
    put(&mut bytes, 40, &64u64.to_le_bytes());
    bytes.resize(64 + 5 * 64, 0);
    let programs = bytes.len() as u64;
    put(&mut bytes, 32, &programs.to_le_bytes());
    put(&mut bytes, 54, &[56, 0, 1, 0, 64, 0, 5, 0, 2, 0]);
    bytes.resize(bytes.len() + 56, 0);
    put(&mut bytes, programs as usize, &[1]);
    put(&mut bytes, programs as usize + 32, &[120]);
    let names = bytes.len() as u64;
    bytes.extend_from_slice(b"\0.text\0.shstrtab\0");
    let section = 64 + 2 * 64;
    put(&mut bytes, section, &[7, 0, 0, 0, 3]);
    put(&mut bytes, section + 24, &names.to_le_bytes());
    put(&mut bytes, section + 32, &17u64.to_le_bytes());
    put(&mut bytes, 64 + 64, &[1, 0, 0, 0, 1]);
    put(&mut bytes, 64 + 64 + 24, &64u64.to_le_bytes());
    bytes
}
