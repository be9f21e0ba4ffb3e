//! Passes the linker what a Node add-on needs, and what keeps it small.

use std::env::var;

fn main() {
    napi_build::setup();
    println!("cargo:rerun-if-changed=no-unwind-tables.ld");
    if var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    // Linkers for musl come with zig, which passes no scripts on.
    if var("CARGO_CFG_TARGET_ENV").as_deref() != Ok("gnu") {
        return;
    }
    let here = var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-cdylib-link-arg=-Wl,-T,{here}/no-unwind-tables.ld");
    // Rust's own linker for this target; others do not fold functions that are the same.
    if var("TARGET").as_deref() == Ok("x86_64-unknown-linux-gnu") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,--icf=all");
    }
}
