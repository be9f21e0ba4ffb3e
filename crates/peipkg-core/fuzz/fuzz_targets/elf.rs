//! Binaries that lie: what is signed keeps every byte but where its section table is found, and is never signed twice;
//! what is refused is left as it was.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use peipkg_core::archive::Observer;
use peipkg_core::digest::Digest;
use peipkg_core::elf::{SECTION_SIZE, sign};
use peipkg_core::error::Coded as _;
use peipkg_core::signature::{SecretKey, Signature};

/// One file for each fuzzing process.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = std::env::temp_dir().join(format!("peipkg-fuzz-elf-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory for temporary files");
    directory.join("binary")
});

fuzz_target!(|bytes: &[u8]| {
    let path = &*FILE;
    let key = SecretKey::from_seed(&[7; 32]);
    fs::write(path, bytes).expect("written");
    let outcome = sign(path, &key, &Observer::default());
    let after = fs::read(path).expect("still there");
    if outcome.is_err() {
        assert_eq!(after, bytes, "a refused file is left alone");
        return;
    }
    let same = |at: &usize| bytes[*at] == after[*at];
    let table = |at: &usize| (40..48).contains(at) || (58..64).contains(at);
    assert!((0..bytes.len()).all(|at| same(&at) || table(&at)));
    assert!(verifies(&after, bytes.len(), &key), "the signature is over the whole file");
    let again = sign(path, &key, &Observer::default()).expect_err("signed once");
    assert_eq!(again.code(), "PEI_ELF_SIGNED");
    assert_eq!(fs::read(path).expect("still there"), after);
});

/// The section is somewhere behind what was there.
fn verifies(after: &[u8], before: usize, key: &SecretKey) -> bool {
    let mut begins = (before..after.len().saturating_sub(SECTION_SIZE)).filter(|at| after[*at] == 1);
    begins.any(|at| {
        let mut zeroed = after.to_vec();
        zeroed[at..at + SECTION_SIZE].fill(0);
        let signature = Signature(after[at + 1..at + SECTION_SIZE].try_into().expect("64 bytes"));
        key.public().verifies(&Digest::of(&zeroed).0, &signature)
    })
}
