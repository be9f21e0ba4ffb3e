//! The JSON signature envelope (PSD-009 §5.1.3): strict, canonical, over a SHA-256 digest.

use super::{Fingerprint, SecretKey, Signature, SignatureError, TrustSet};
use crate::digest::Digest;
use crate::json::{self, JsonError, Reader};

/// The most that an envelope may weigh (PSD-009 §3.2, `signature`).
const MOST: u64 = 64 * 1024;

/// An envelope that parsed; nothing is verified yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// Which key is said to have signed.
    pub key_fingerprint: Fingerprint,
    /// The signature over a 32-byte digest.
    pub signature: Signature,
}

impl From<JsonError> for SignatureError {
    fn from(error: JsonError) -> Self {
        Self::Envelope(error)
    }
}

impl Envelope {
    /// Reads an envelope; every deviation from the schema is an error, unknown fields included.
    pub fn parse(document: &[u8]) -> Result<Self, SignatureError> {
        json::read(document, MOST, |reader| {
            let mut fields = Fields::default();
            reader.object(|reader, key| fields.read(reader, key))?;
            reader.require(fields.schema_version, "schema_version")?;
            reader.require(fields.algorithm, "algorithm")?;
            Ok(Self {
                key_fingerprint: reader.require(fields.key_fingerprint, "key_fingerprint")?,
                signature: reader.require(fields.signature, "signature")?,
            })
        })
    }

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

#[derive(Default)]
struct Fields {
    schema_version: Option<()>,
    algorithm: Option<()>,
    key_fingerprint: Option<Fingerprint>,
    signature: Option<Signature>,
}

impl Fields {
    fn read(&mut self, reader: &mut Reader<'_>, key: &str) -> Result<(), SignatureError> {
        match key {
            "schema_version" => match reader.u64()? {
                1 => self.schema_version = Some(()),
                other => return Err(SignatureError::SchemaVersion(other)),
            },
            "algorithm" => match &*reader.string()? {
                "ed25519" => self.algorithm = Some(()),
                other => return Err(SignatureError::Algorithm(other.to_owned())),
            },
            "key_fingerprint" => {
                let hex = reader.string()?;
                let rule = "must be 64 lowercase hexadecimal digits";
                self.key_fingerprint = Some(hex.parse().map_err(|_| field("key_fingerprint", rule, &hex))?);
            }
            "signature" => {
                let text = reader.string()?;
                let rule = "must be 86 characters of base64 without padding, unused bits zero";
                self.signature =
                    Some(Signature::from_base64(&text).ok_or_else(|| field("signature", rule, &text))?);
            }
            other => return Err(SignatureError::UnknownField(other.to_owned())),
        }
        Ok(())
    }
}

fn field(field: &'static str, rule: &'static str, value: &str) -> SignatureError {
    SignatureError::Field { field, rule, value: value.to_owned() }
}
