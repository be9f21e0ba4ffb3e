//! What can be wrong with a tar stream.

use crate::error::Coded;

/// A tar stream that breaks a rule of PSD-009 §3.1. `byte` counts from the start of the uncompressed stream.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// A header field, a pax record or an entry type that the format does not allow.
    #[error("tar entry {entry} (at byte {byte}): {rule}; found {value}")]
    Entry {
        /// The entry's name, escaped, as far as it is known.
        entry: String,
        /// Where its header starts.
        byte: u64,
        /// The rule that is broken.
        rule: &'static str,
        /// The offending value, escaped.
        value: String,
    },
    /// The stream ends before its end marker.
    #[error("the tar stream is truncated: it ends at byte {byte}, {within}")]
    Truncated {
        /// Length of the stream.
        byte: u64,
        /// What was being read.
        within: &'static str,
    },
    /// Bytes where only zeros may stand, or more of them than a record holds.
    #[error("tar stream at byte {byte}: {rule}")]
    Padding {
        /// Where the padding starts.
        byte: u64,
        /// The rule that is broken.
        rule: &'static str,
    },
}

impl Coded for TarError {
    fn code(&self) -> &'static str {
        "PEI_PACKAGE_TAR"
    }
}
