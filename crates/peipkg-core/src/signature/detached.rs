//! Signatures beside a document, `.sig`, in both of their forms (PSD-009 §6.1).

use super::{Envelope, Fingerprint, SecretKey, Signature, SignatureError, TrustSet};
use crate::digest::{Digest, Hashed};

/// The form of a `.sig` file; readers accept both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The JSON envelope, its signature over the document's SHA-256.
    Envelope,
    /// Base64 of the signature over the document's bytes.
    Bare,
}

/// Signs `document`: the bytes of its `.sig` file, with a trailing newline.
pub fn sign(document: &[u8], key: &SecretKey, format: Format) -> Vec<u8> {
    match format {
        Format::Envelope => Envelope::sign(key, &Digest::of(document)).to_json(),
        Format::Bare => format!("{}\n", key.sign(document).to_base64()).into_bytes(),
    }
}

/// Verifies `document` against its `.sig` file with a key that `trust` accepts at `now` (seconds since 1970).
/// Returns which key signed.
pub fn verify(
    document: Hashed<'_>,
    signature: &[u8],
    trust: &TrustSet,
    now: i64,
) -> Result<Fingerprint, SignatureError> {
    let signature = signature.trim_ascii_end();
    if signature.first() == Some(&b'{') {
        return Envelope::parse(signature)?.verify(&document.digest(), trust, now);
    }
    let signature =
        std::str::from_utf8(signature).ok().and_then(Signature::from_base64).ok_or(SignatureError::Bare)?;
    verify_bare(document.bytes(), &signature, trust, now)
}

/// A bare signature names no key: each one is tried. One that is no longer accepted is named, if it signed.
fn verify_bare(
    document: &[u8],
    signature: &Signature,
    trust: &TrustSet,
    now: i64,
) -> Result<Fingerprint, SignatureError> {
    let mut usable = 0;
    let mut refused = None;
    for trusted in &trust.keys {
        let state = trusted.usable(now);
        usable += usize::from(state.is_ok());
        let verifies = trusted.key.as_ref().is_some_and(|key| key.verifies(document, signature));
        match (verifies, state) {
            (true, Ok(key)) => return Ok(key.fingerprint()),
            (true, Err(reason)) => refused = Some(reason),
            (false, _) => {}
        }
    }
    Err(refused.unwrap_or(SignatureError::NoKeyVerifies(usable)))
}
