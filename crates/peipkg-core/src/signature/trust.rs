//! Which keys are accepted for one repository (PSD-009 §5.2, §6.5).

use super::{Fingerprint, PublicKey, SignatureError};
use crate::timestamp::Timestamp;

/// What a descriptor says of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    /// Accepted.
    Active,
    /// Accepted up to and including a point in time.
    Transitioning {
        /// The last second at which it is accepted.
        until: Timestamp,
    },
    /// Never accepted.
    Revoked,
}

/// A key of a trust set.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// The key's fingerprint.
    pub fingerprint: Fingerprint,
    /// The key itself; `None` when it is listed but not held (revoked ones are never fetched).
    pub key: Option<PublicKey>,
    /// Whether it is accepted.
    pub status: KeyStatus,
}

impl TrustedKey {
    /// An active key.
    pub fn active(key: PublicKey) -> Self {
        Self { fingerprint: key.fingerprint(), key: Some(key), status: KeyStatus::Active }
    }

    /// The key, if it is accepted at `now` (seconds since 1970).
    pub fn usable(&self, now: i64) -> Result<&PublicKey, SignatureError> {
        let fingerprint = self.fingerprint;
        match self.status {
            KeyStatus::Revoked => return Err(SignatureError::KeyRevoked(fingerprint)),
            KeyStatus::Transitioning { until } if now > until.seconds() => {
                return Err(SignatureError::KeyExpired { fingerprint, until });
            }
            KeyStatus::Active | KeyStatus::Transitioning { .. } => {}
        }
        self.key.as_ref().ok_or(SignatureError::KeyNotHeld(fingerprint))
    }
}

/// The keys of one repository; trust is never shared between repositories.
#[derive(Debug, Clone, Default)]
pub struct TrustSet {
    /// One entry per fingerprint.
    pub keys: Vec<TrustedKey>,
}

impl TrustSet {
    /// The key of that fingerprint, if it is accepted at `now` (seconds since 1970); else the reason why not.
    pub fn check(&self, fingerprint: &Fingerprint, now: i64) -> Result<&PublicKey, SignatureError> {
        self.keys
            .iter()
            .find(|key| key.fingerprint == *fingerprint)
            .ok_or(SignatureError::KeyUnknown(*fingerprint))?
            .usable(now)
    }
}

impl FromIterator<PublicKey> for TrustSet {
    /// A set in which every key is active.
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self { keys: keys.into_iter().map(TrustedKey::active).collect() }
    }
}
