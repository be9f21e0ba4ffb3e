//! The table of stable error codes. `ts/native/codes.ts` holds the same table; a test compares both.

/// An error with a stable code (`PEI_<AREA>_<WHAT>`) that programs may rely on. Its `Display` is a whole message:
/// what failed, on which thing, and what to do about it.
pub trait Coded: std::error::Error {
    /// The stable code, one of [`CODES`].
    fn code(&self) -> &'static str;
}

/// Every code that the core can give, by bytes.
pub const CODES: &[&str] = &[
    "PEI_CANCELLED",
    "PEI_CONSTRAINT_INVALID",
    "PEI_INTERNAL",
    "PEI_IO",
    "PEI_JSON_INVALID",
    "PEI_NAME_INVALID",
    "PEI_VERSION_INVALID",
];
