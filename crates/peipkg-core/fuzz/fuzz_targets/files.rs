//! Files lists: an accepted one is sorted, adds up, and is written canonically.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peipkg_core::package::payload::check_path;
use peipkg_core::package::{FileList, Limits};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(list) = FileList::parse(bytes, &limits) {
        assert!(list.entries.is_sorted_by(|one, next| one.path < next.path));
        assert!(list.entries.iter().all(|entry| check_path(&entry.path).is_ok()));
        let sum: u128 = list.entries.iter().map(|entry| u128::from(entry.size)).sum();
        assert_eq!(sum, u128::from(list.total_size()));
        assert_eq!(FileList::parse(&list.to_json(), &limits).expect("what we write, we accept"), list);
    }
});
