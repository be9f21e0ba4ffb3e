//! What can be wrong with the compressed stream.

use crate::error::Coded;

/// A container that is not one or several whole Zstandard frames within the bounds of PSD-009 §3.1.
/// `byte` counts from the start of the file.
#[derive(Debug, thiserror::Error)]
pub enum ZstdError {
    /// A frame header or block header that the format or our bounds do not allow.
    #[error("zstd frame at byte {byte}: {rule}; found {value}")]
    Frame {
        /// Where the frame starts.
        byte: u64,
        /// The rule that is broken.
        rule: &'static str,
        /// The offending value.
        value: String,
    },
    /// The file ends inside a frame.
    #[error("the compressed file is truncated: it ends at byte {byte}, within a zstd frame")]
    Truncated {
        /// Length of the file.
        byte: u64,
    },
    /// Bytes after a frame that start no frame.
    #[error("only zstd frames may follow each other: trailing bytes start at byte {byte}")]
    Trailing {
        /// Where they start.
        byte: u64,
    },
    /// No frame at all.
    #[error("not a zstd file: it starts with {found}")]
    NotZstd {
        /// Its first bytes.
        found: String,
    },
    /// The compressed data itself is damaged.
    #[error("zstd frame at byte {byte} does not decompress: {reason}")]
    Damaged {
        /// Where the frame starts.
        byte: u64,
        /// What the decoder says.
        reason: &'static str,
    },
}

impl Coded for ZstdError {
    fn code(&self) -> &'static str {
        "PEI_PACKAGE_ZSTD"
    }
}
