//! What a failing call throws or rejects with: an `Error` with a stable `code` and a whole message.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

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

impl Failure {
    /// A panic is a bug of ours, never a reason to take Node down.
    fn from_panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Self { code: "PEI_INTERNAL", message: format!("internal error, please report it: {text}") }
    }
}

impl From<Failure> for napi::Error<&'static str> {
    fn from(failure: Failure) -> Self {
        Self::new(failure.code, failure.message)
    }
}

/// Runs `work` and turns a panic into `PEI_INTERNAL`.
pub fn caught<T>(work: impl FnOnce() -> std::result::Result<T, Failure>) -> std::result::Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(Failure::from_panic(&*payload)))
}

/// The body of every synchronous call: an `Err` or a panic becomes a thrown `Error` with a code.
pub fn throwing<T>(work: impl FnOnce() -> std::result::Result<T, Failure>) -> Result<T> {
    caught(work).map_err(Into::into)
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
