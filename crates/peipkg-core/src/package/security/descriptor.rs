//! The descriptor itself: its bytes, which are known to be valid.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{Parts, SecurityError};

/// A self-relative security descriptor that parsed in full. Only its bytes are kept: a package may have 100,000 of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityDescriptor {
    bytes: Box<[u8]>,
}

impl SecurityDescriptor {
    /// Reads the binary form: every SID, list and entry must lie within bounds.
    pub fn parse(bytes: &[u8]) -> Result<Self, SecurityError> {
        Parts::read(bytes).map(|_| Self { bytes: bytes.into() })
    }

    /// Owner, group and lists.
    pub fn parts(&self) -> Parts {
        // Cannot fail: `parse` has read the same bytes.
        Parts::read(&self.bytes).unwrap_or_default()
    }

    /// Reads base64 without padding of at most `limit` bytes.
    pub fn from_base64(text: &str, limit: u64) -> Result<Self, SecurityError> {
        let found = text.len() as u64 * 3 / 4;
        if found > limit {
            return Err(SecurityError::TooLarge { limit, found });
        }
        Self::parse(&STANDARD_NO_PAD.decode(text).map_err(|_| SecurityError::Base64)?)
    }

    /// What [`Self::from_base64`] reads.
    pub fn to_base64(&self) -> String {
        STANDARD_NO_PAD.encode(&self.bytes)
    }

    /// The binary form, as it was given.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
