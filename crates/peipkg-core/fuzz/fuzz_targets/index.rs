//! Indexes: an accepted one is written canonically, and the quick pass sees the same entries as the whole reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peipkg_core::repository::index::{Kind, read, scan, write};

fuzz_target!(|bytes: &[u8]| {
    for kind in [Kind::Active, Kind::Archive] {
        let mut entries = Vec::new();
        let Ok(header) = read(bytes, kind, |entry| entries.push(entry)) else { continue };
        let mut scanned = Vec::new();
        scan(bytes, kind, |entry| scanned.push((entry.name.into_owned(), entry.version.into_owned())))
            .expect("checked");
        let names = entries.iter().map(|entry| (entry.name.to_string(), entry.version.to_string()));
        assert!(names.eq(scanned));
        let canonical = write(&header, kind, &entries);
        let mut again = Vec::new();
        let header = read(&canonical, kind, |entry| again.push(entry)).expect("what we write, we accept");
        assert_eq!(write(&header, kind, &again), canonical);
    }
});
