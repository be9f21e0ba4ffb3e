//! Security descriptors: the text form of an accepted one reads to a descriptor of the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peipkg_core::package::security::SecurityDescriptor;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(descriptor) = SecurityDescriptor::parse(bytes) {
        same(&descriptor.to_sddl());
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(descriptor) = SecurityDescriptor::from_sddl(text)
    {
        same(&descriptor.to_sddl());
    }
});

fn same(text: &str) {
    let read = SecurityDescriptor::from_sddl(text).expect("what we write, we accept");
    assert_eq!(read.to_sddl(), text);
    assert_eq!(SecurityDescriptor::parse(read.as_bytes()).expect("what we write, we accept"), read);
}
