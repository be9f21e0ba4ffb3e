//! What each operation does to a real root (file 5 of the specification, "What each operation does").

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../support/mod.rs"]
mod support;

mod files;
mod state;

use peipkg_core::error::Coded;
use support::Sample;

/// A package with a program, data, a link and a configuration file.
pub(crate) fn hello(version: &str) -> Sample {
    Sample::new("hello", version)
        .file("usr/bin/hello", "say hello")
        .file("usr/share/hello/text", &format!("version {version}"))
        .file("usr/share/hello/same", "same")
        .link("usr/bin/hi", "hello")
        .file("etc/hello.conf", "default 1")
}

/// The code of what must be refused.
pub(crate) fn code(
    result: Result<support::Report, peipkg_core::transaction::TransactionError>,
) -> &'static str {
    result.expect_err("must be refused").code()
}
