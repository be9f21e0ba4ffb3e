//! Keys, fingerprints, envelopes, detached signatures (PSD-009 §5).

pub mod detached;
mod envelope;
mod error;
mod key;
pub mod key_file;
mod pem;
mod trust;

pub use envelope::{Envelope, sign_tar_digest};
pub use error::{KeyError, SignatureError};
pub use key::{Fingerprint, PublicKey, SecretKey};
pub use key_file::{KeyFile, KeyKind};
pub use trust::{KeyStatus, TrustSet, TrustedKey};

/// An Ed25519 signature, not verified yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// Reads base64 (RFC 4648 §4) without padding: exactly 86 characters, unused bits zero.
    pub fn from_base64(text: &str) -> Option<Self> {
        use base64::Engine as _;
        let mut bytes = [0u8; 64];
        let length = base64::engine::general_purpose::STANDARD_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == 64 && text.len() == 86).then_some(Self(bytes))
    }

    /// The 86 characters that [`Self::from_base64`] reads.
    pub fn to_base64(self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(self.0)
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signature({})", self.to_base64())
    }
}

#[cfg(test)]
mod tests;
