//! What a failing call throws or rejects with: an `Error` with a stable `code` and a whole message.

use napi_derive::napi;
use peipkg_core::error::{CODES, Coded};

/// What every exported function that can fail returns.
pub type Result<T> = napi::Result<T, &'static str>;

/// A failure on its way to JavaScript. Every error of the core becomes one with `?`.
#[derive(Debug)]
pub struct Failure {
    /// One of the core's codes.
    pub code: &'static str,
    /// What failed, on which thing, what to do.
    pub message: String,
}

impl<E: Coded> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl From<Failure> for napi::Error<&'static str> {
    fn from(failure: Failure) -> Self {
        Self::new(failure.code, failure.message)
    }
}

/// The body of every synchronous call: an `Err` becomes a thrown `Error` with a code.
pub fn throwing<T>(work: impl FnOnce() -> std::result::Result<T, Failure>) -> Result<T> {
    work().map_err(Into::into)
}

/// Every code that the native side can give, by bytes.
#[napi]
pub fn error_codes() -> Vec<&'static str> {
    CODES.to_vec()
}

/// The version of the Rust core.
#[napi]
pub const fn core_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
