//! The table of stable error codes. `ts/native/codes.ts` holds the same table; a test compares both.

/// An error with a stable code (`PEI_<AREA>_<WHAT>`) that programs may rely on. Its `Display` is a whole message:
/// what failed, on which thing, and what to do about it.
pub trait Coded: std::error::Error {
    /// The stable code, one of [`CODES`].
    fn code(&self) -> &'static str;
}

/// Every code that the core can give, by bytes.
pub const CODES: &[&str] = &[
    "PEI_ARCHITECTURE_INVALID",
    "PEI_CANCELLED",
    "PEI_COLLISION",
    "PEI_COMMIT_DOUBTFUL",
    "PEI_CONSTRAINT_INVALID",
    "PEI_CRITICAL",
    "PEI_DIGEST_INVALID",
    "PEI_DISK_SPACE",
    "PEI_FILE_NAME_INVALID",
    "PEI_INDETERMINATE",
    "PEI_INTERNAL",
    "PEI_IO",
    "PEI_JSON_INVALID",
    "PEI_KEY_INVALID",
    "PEI_LIMIT",
    "PEI_LIMIT_INVALID",
    "PEI_LOCKED",
    "PEI_NAME_INVALID",
    "PEI_PACKAGE_DESTINATION",
    "PEI_PACKAGE_DROP_IN",
    "PEI_PACKAGE_FILES",
    "PEI_PACKAGE_LIMIT",
    "PEI_PACKAGE_MANIFEST",
    "PEI_PACKAGE_MISMATCH",
    "PEI_PACKAGE_PATH",
    "PEI_PACKAGE_REFUSED",
    "PEI_PACKAGE_SYMLINK",
    "PEI_PATH_REFUSED",
    "PEI_RACED",
    "PEI_SD_INVALID",
    "PEI_SIGNATURE_ALGORITHM",
    "PEI_SIGNATURE_ENVELOPE",
    "PEI_SIGNATURE_INVALID",
    "PEI_SIGNATURE_KEY_EXPIRED",
    "PEI_SIGNATURE_KEY_REVOKED",
    "PEI_SIGNATURE_KEY_UNKNOWN",
    "PEI_SIGNATURE_MISSING",
    "PEI_SIGNATURE_NOT_LAST",
    "PEI_SIGNATURE_SCHEMA",
    "PEI_STATE_CHANGED",
    "PEI_STORE_BUSY",
    "PEI_STORE_FAILED",
    "PEI_STORE_FOREIGN",
    "PEI_STORE_NO_WAL",
    "PEI_STORE_TOO_NEW",
    "PEI_TIMESTAMP_INVALID",
    "PEI_UNOWNED",
    "PEI_USAGE",
    "PEI_VERSION_INVALID",
];
