//! Ed25519 keys and their fingerprints (PSD-009 §5.2, RFC 8032, RFC 8410).

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use super::{KeyError, Signature, pem};
use crate::digest::{Digest, DigestError};
use crate::text;

/// SHA-256 of a raw public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub Digest);

impl Fingerprint {
    /// In groups of four digits, for people.
    pub fn grouped(&self) -> String {
        text::group_fingerprint(&self.to_string())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Fingerprint {
    type Err = DigestError;

    /// Reads 64 lowercase hexadecimal digits.
    fn from_str(hex: &str) -> Result<Self, DigestError> {
        hex.parse().map(Self)
    }
}

const PUBLIC: &str = "PUBLIC KEY";
const PRIVATE: &str = "PRIVATE KEY";
/// `SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }` up to the 32 bytes.
const PUBLIC_DER: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
/// PKCS#8 version 0 up to the 32 bytes of the seed, which end the file.
const PRIVATE_DER: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// PKCS#8 version 1 (RFC 5958), whose seed is followed by the public key.
const PRIVATE_DER_V2: [u8; 16] = [0x30, 0x51, 2, 1, 1, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PRIVATE_DER_V2_PUBLIC: [u8; 3] = [0x81, 0x21, 0];

/// A public key: canonically encoded and not of small order.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    fingerprint: Fingerprint,
}

impl PublicKey {
    /// Reads 32 raw bytes, or PEM `PUBLIC KEY` (`SubjectPublicKeyInfo`).
    pub fn parse(file: &[u8]) -> Result<Self, KeyError> {
        let form = |reason| KeyError::Form { expected: "public", label: PUBLIC, reason };
        if let Ok(raw) = file.try_into() {
            return Self::from_raw(raw);
        }
        let der = pem::decode(file, PUBLIC).map_err(form)?;
        let raw = der.strip_prefix(&PUBLIC_DER).and_then(|raw| raw.try_into().ok());
        Self::from_raw(raw.ok_or(form("it holds no Ed25519 SubjectPublicKeyInfo"))?)
    }

    /// Checks 32 raw bytes.
    pub fn from_raw(raw: &[u8; 32]) -> Result<Self, KeyError> {
        let fingerprint = Fingerprint(Digest::of(raw));
        if !is_reduced(raw) {
            return Err(KeyError::NotCanonical(fingerprint));
        }
        let key = VerifyingKey::from_bytes(raw).map_err(|_| KeyError::NotAPoint(fingerprint))?;
        if key.is_weak() {
            return Err(KeyError::SmallOrder(fingerprint));
        }
        Ok(Self { key, fingerprint })
    }

    /// SHA-256 of the raw bytes.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The 32 raw bytes.
    pub fn as_raw(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// PEM `PUBLIC KEY`.
    pub fn to_pem(&self) -> String {
        pem::encode(&[&PUBLIC_DER[..], self.as_raw()].concat(), PUBLIC)
    }

    /// Verifies strictly: neither small order nor a second encoding anywhere.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint)
    }
}

/// Whether the y coordinate is below 2^255 - 19. (The only other non-canonical encodings, x = 0 with a sign, are of small order.)
fn is_reduced(raw: &[u8; 32]) -> bool {
    raw[0] < 0xed || raw[1..31].iter().any(|&byte| byte != 0xff) || raw[31] & 0x7f != 0x7f
}

/// A private key. Its memory is cleared when it is dropped.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Reads a 32-byte raw seed, or PEM `PRIVATE KEY` (PKCS#8).
    pub fn parse(file: &[u8]) -> Result<Self, KeyError> {
        let form = |reason| KeyError::Form { expected: "private", label: PRIVATE, reason };
        if let Ok(seed) = file.try_into() {
            return Ok(Self::from_seed(seed));
        }
        let der = pem::decode(file, PRIVATE).map_err(form)?;
        if let Some(seed) = der.strip_prefix(&PRIVATE_DER).and_then(|seed| seed.try_into().ok()) {
            return Ok(Self::from_seed(seed));
        }
        let no_key = form("it holds no Ed25519 PKCS#8 key");
        let (seed, rest) = der
            .strip_prefix(&PRIVATE_DER_V2)
            .and_then(|rest| rest.split_first_chunk())
            .ok_or(no_key.clone())?;
        let key = Self::from_seed(seed);
        let public =
            rest.strip_prefix(&PRIVATE_DER_V2_PUBLIC).filter(|public| public.len() == 32).ok_or(no_key)?;
        if public == key.0.verifying_key().as_bytes() { Ok(key) } else { Err(KeyError::Mismatch) }
    }

    /// The key of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// A new key from the kernel's random source.
    pub fn generate() -> std::io::Result<Self> {
        let mut seed = [0u8; 32];
        let mut filled = 0;
        while filled < seed.len() {
            filled += rustix::rand::getrandom(&mut seed[filled..], rustix::rand::GetRandomFlags::empty())?;
        }
        Ok(Self::from_seed(&seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        let key = self.0.verifying_key();
        PublicKey { key, fingerprint: Fingerprint(Digest::of(key.as_bytes())) }
    }

    /// PEM `PRIVATE KEY` (PKCS#8 version 0), as OpenSSL writes it.
    pub fn to_pem(&self) -> String {
        pem::encode(&[&PRIVATE_DER[..], self.0.as_bytes()].concat(), PRIVATE)
    }

    /// The signature over `message`; the same bytes each time (RFC 8032).
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey of {}", self.public().fingerprint())
    }
}
