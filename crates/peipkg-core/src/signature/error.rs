//! Why a key, or a signature, is not accepted.

use super::Fingerprint;
use crate::error::Coded;
use crate::json::JsonError;
use crate::text::quote;
use crate::timestamp::Timestamp;

/// Why bytes are not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither 32 raw bytes nor the PEM form of one.
    #[error("not an Ed25519 {expected} key: {reason} (32 raw bytes, or PEM \"{label}\")")]
    Form {
        /// `public` or `private`.
        expected: &'static str,
        /// The label that the PEM form must have.
        label: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The bytes do not name a point of the curve.
    #[error("the public key {0} is not the encoding of a point of the curve")]
    NotAPoint(Fingerprint),
    /// The same point has a shorter encoding: two fingerprints for one key.
    #[error("the public key {0} is not canonically encoded")]
    NotCanonical(Fingerprint),
    /// Signatures of such a key verify for nearly any message.
    #[error("the public key {0} is of small order, which makes its signatures meaningless")]
    SmallOrder(Fingerprint),
    /// A PKCS#8 file carries a public key that is not the private key's.
    #[error("the public key inside the private key file is not the one that belongs to it")]
    Mismatch,
}

impl Coded for KeyError {
    fn code(&self) -> &'static str {
        "PEI_KEY_INVALID"
    }
}

/// Why a signature is not accepted. The reasons of PSD-009 §5.3, each with its own code.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// There is none, though policy requires one.
    #[error("no signature, though one is required")]
    Missing,
    /// There is one, though one was to be added.
    #[error("signed already, by {} (build it again to sign it with another key)", .0.grouped())]
    Present(Fingerprint),
    /// Something follows the signature entry.
    #[error("the signature is not the last entry: {} follows it", quote(.0))]
    NotLast(String),
    /// The envelope is not strict JSON, or lacks a field.
    #[error("the signature envelope does not parse: {0}")]
    Envelope(#[source] JsonError),
    /// A field of the envelope is not what it must be.
    #[error("the signature envelope does not parse: {field} {}: {rule}", quote(.value))]
    Field {
        /// The field's name.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
        /// What it is.
        value: String,
    },
    /// A bare signature is not 86 characters of base64.
    #[error(
        "the signature does not parse: it must be a JSON envelope, or 86 characters of base64 without padding, unused bits zero"
    )]
    Bare,
    /// `schema_version` is not 1.
    #[error("the signature envelope has schema_version {0}; only 1 is known")]
    SchemaVersion(u64),
    /// A field that schema 1 does not have.
    #[error("schema mismatch: the signature envelope has a field {} that schema_version 1 does not know", quote(.0))]
    UnknownField(String),
    /// `algorithm` is not `ed25519`.
    #[error("the signature algorithm is {}; only ed25519 is accepted", quote(.0))]
    Algorithm(String),
    /// The key is in nobody's trust set here.
    #[error("the signing key is not in the trust set: {}", .0.grouped())]
    KeyUnknown(Fingerprint),
    /// The key is listed, but its file could not be fetched.
    #[error("the signing key is listed but not held: {} (refresh the repository)", .0.grouped())]
    KeyNotHeld(Fingerprint),
    /// The key was revoked.
    #[error("the signing key is revoked: {}", .0.grouped())]
    KeyRevoked(Fingerprint),
    /// The key's transition window is over.
    #[error("the signing key expired at {until}: {}", .fingerprint.grouped())]
    KeyExpired {
        /// The key.
        fingerprint: Fingerprint,
        /// Until when it was accepted.
        until: Timestamp,
    },
    /// A bare signature names no key, and none of those trusted made it.
    #[error("the signature does not verify with any of the {0} trusted keys")]
    NoKeyVerifies(usize),
    /// The key is trusted, but did not sign these bytes.
    #[error("the signature does not verify with key {}", .0.grouped())]
    Invalid(Fingerprint),
}

impl Coded for SignatureError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "PEI_SIGNATURE_MISSING",
            Self::Present(_) => "PEI_SIGNATURE_PRESENT",
            Self::NotLast(_) => "PEI_SIGNATURE_NOT_LAST",
            Self::Envelope(_) | Self::Field { .. } | Self::Bare => "PEI_SIGNATURE_ENVELOPE",
            Self::SchemaVersion(_) | Self::UnknownField(_) => "PEI_SIGNATURE_SCHEMA",
            Self::Algorithm(_) => "PEI_SIGNATURE_ALGORITHM",
            Self::KeyUnknown(_) | Self::KeyNotHeld(_) => "PEI_SIGNATURE_KEY_UNKNOWN",
            Self::KeyRevoked(_) => "PEI_SIGNATURE_KEY_REVOKED",
            Self::KeyExpired { .. } => "PEI_SIGNATURE_KEY_EXPIRED",
            Self::NoKeyVerifies(_) | Self::Invalid(_) => "PEI_SIGNATURE_INVALID",
        }
    }
}
