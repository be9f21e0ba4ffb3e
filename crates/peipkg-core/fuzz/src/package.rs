//! Verifies the bytes of a package and checks what is promised of an accepted one.

use std::fs::File;
use std::io::Write as _;

use peipkg_core::archive::{Observer, PayloadKind, Spool, VerifyRules, verify};
use peipkg_core::package::EntryKind;
use peipkg_core::package::payload::{check_destination, check_path, check_symlink};

pub fn check(package: &[u8]) {
    let mut file =
        File::from(rustix::fs::memfd_create("package", rustix::fs::MemfdFlags::CLOEXEC).expect("a file"));
    file.write_all(package).expect("written");
    let Ok(package) = verify(file, &VerifyRules::default(), &Spool::new(1 << 20, None), &Observer::default())
    else {
        return;
    };
    let architecture = &package.manifest.architecture;
    let mut total = 0;
    for entry in &package.entries {
        check_path(&entry.path).expect("an accepted path");
        let kind = match &entry.kind {
            PayloadKind::Directory => EntryKind::Directory,
            PayloadKind::Symlink { target } => {
                check_symlink(&entry.path, target, architecture).expect("an accepted link");
                EntryKind::Symlink
            }
            PayloadKind::File { size, .. } => {
                total += size;
                EntryKind::File
            }
        };
        check_destination(kind, &entry.path, architecture).expect("an accepted destination");
    }
    assert_eq!(total, package.manifest.size_installed);
    let mut paths: Vec<_> = package.entries.iter().map(|entry| &entry.path).collect();
    paths.sort();
    assert!(paths.is_sorted_by(|one, next| one < next), "no path twice");
}
