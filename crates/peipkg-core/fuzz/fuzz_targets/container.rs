//! Whole package files, compressed.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../src/package.rs"]
mod package;

fuzz_target!(|bytes: &[u8]| package::check(bytes));
