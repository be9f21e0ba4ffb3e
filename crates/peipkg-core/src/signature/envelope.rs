//! The JSON signature envelope (PSD-009 §5.1.3): strict, canonical, over a SHA-256 digest.

use super::{Fingerprint, SecretKey, Signature, SignatureError, TrustSet};
use crate::digest::Digest;

/// An envelope that parsed; nothing is verified yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// Which key is said to have signed.
    pub key_fingerprint: Fingerprint,
    /// The signature over a 32-byte digest.
    pub signature: Signature,
}

impl Envelope {
    /// Signs a digest.
    pub fn sign(key: &SecretKey, digest: &Digest) -> Self {
        Self { key_fingerprint: key.public().fingerprint(), signature: key.sign(&digest.0) }
    }

    /// The canonical bytes: compact, one trailing newline.
    pub fn to_json(&self) -> Vec<u8> {
        format!(
            "{{\"schema_version\":1,\"algorithm\":\"ed25519\",\"key_fingerprint\":\"{}\",\"signature\":\"{}\"}}\n",
            self.key_fingerprint,
            self.signature.to_base64()
        )
        .into_bytes()
    }

    /// Checks the signature over `digest` with the key that `trust` accepts at `now` (seconds since 1970).
    pub fn verify(&self, digest: &Digest, trust: &TrustSet, now: i64) -> Result<Fingerprint, SignatureError> {
        let key = trust.check(&self.key_fingerprint, now)?;
        if key.verifies(&digest.0, &self.signature) {
            Ok(self.key_fingerprint)
        } else {
            Err(SignatureError::Invalid(self.key_fingerprint))
        }
    }
}

/// The envelope of a package whose tar stream, up to the signature's header, has that digest (PSD-009 §5.1).
pub fn sign_tar_digest(key: &SecretKey, digest: &Digest) -> Vec<u8> {
    Envelope::sign(key, digest).to_json()
}
