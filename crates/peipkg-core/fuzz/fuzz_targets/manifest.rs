//! Manifests: an accepted one is written canonically, and that reads to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peipkg_core::package::{Limits, Manifest};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(manifest) = Manifest::parse(bytes, &limits) {
        let canonical = manifest.to_json();
        let again = Manifest::parse(&canonical, &limits).expect("what we write, we accept");
        assert_eq!(again.to_json(), canonical);
    }
});
