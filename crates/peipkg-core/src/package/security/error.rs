//! Why bytes or a text are not a security descriptor.

use crate::error::Coded;
use crate::text::quote;

/// The part that is wrong, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecurityError {
    /// Not base64 as PSD-009 §1.3 wants it.
    #[error("a security descriptor must be base64 without padding, unused bits zero")]
    Base64,
    /// More bytes than the limit.
    #[error("a security descriptor of {found} bytes is above the limit of {limit}")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A part of the binary form.
    #[error("invalid security descriptor: {part} at byte {offset}: {rule}")]
    Binary {
        /// Which part.
        part: &'static str,
        /// Where it starts.
        offset: usize,
        /// What it must be.
        rule: &'static str,
    },
    /// A part of the text form.
    #[error("invalid SDDL: {rule}: {}", quote(.text))]
    Sddl {
        /// What that part must be.
        rule: &'static str,
        /// The part.
        text: String,
    },
}

impl Coded for SecurityError {
    fn code(&self) -> &'static str {
        "PEI_SD_INVALID"
    }
}
