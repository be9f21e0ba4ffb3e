//! Repository descriptors: an accepted one is written canonically, and that reads to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peipkg_core::repository::descriptor::Descriptor;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(descriptor) = Descriptor::parse(bytes) {
        let canonical = descriptor.to_json();
        assert_eq!(Descriptor::parse(&canonical).expect("what we write, we accept").to_json(), canonical);
    }
});
