//! SHA-256 digests, written as 64 lowercase hexadecimal digits (PSD-009 §1.3).

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

pub use hasher::Hasher;

use crate::error::Coded;
use crate::text;

mod both;
mod hasher;

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }
}

/// Bytes and their digest, which is computed once: an index has millions of them.
#[derive(Debug, Clone, Copy)]
pub struct Hashed<'a> {
    bytes: &'a [u8],
    digest: Digest,
}

impl<'a> Hashed<'a> {
    /// Hashes `bytes`.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, digest: Digest::of(bytes) }
    }

    /// `digest` was computed from these very `bytes`.
    pub(crate) fn known(bytes: &'a [u8], digest: Digest) -> Self {
        Self { bytes, digest }
    }

    /// Bytes that are read and hashed later: their digest must turn out to be this one. Only for what asks for no more than
    /// the digest, as an envelope does; a signature over the bytes themselves cannot verify so.
    pub(crate) fn announced(digest: Digest) -> Hashed<'static> {
        Hashed { bytes: &[], digest }
    }

    /// The bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Their digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0u8; 64];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&hex).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// A text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a SHA-256 digest: 64 lowercase hexadecimal digits are needed", text::quote(.0))]
pub struct DigestError(pub String);

impl Coded for DigestError {
    fn code(&self) -> &'static str {
        "PEI_DIGEST_INVALID"
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(hex: &str) -> Result<Self, DigestError> {
        let invalid = || DigestError(hex.to_owned());
        if hex.len() != 64 {
            return Err(invalid());
        }
        let mut digest = [0u8; 32];
        // What is no digit shows in the upper half of any value: one look at the end.
        let mut all = 0;
        for (byte, pair) in digest.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let [high, low] = [NIBBLES[usize::from(pair[0])], NIBBLES[usize::from(pair[1])]];
            all |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        if all > 0xf { Err(invalid()) } else { Ok(Self(digest)) }
    }
}

/// The value of each hexadecimal digit in lower case; 255 for every other byte.
const NIBBLES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn hashes_and_prints() {
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(Digest::of(b"abc")));
    }

    #[test]
    fn refuses_what_is_not_64_lowercase_digits() {
        for hex in [
            "",
            &ABC[1..],
            &ABC.to_uppercase(),
            &format!("{ABC}0"),
            &format!("{}g", &ABC[1..]),
            &"é".repeat(32),
        ] {
            assert!(hex.parse::<Digest>().is_err(), "{hex}");
        }
    }
}
