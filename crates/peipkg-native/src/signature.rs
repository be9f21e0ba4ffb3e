//! Keys, fingerprints, and the text form of security descriptors.

use std::path::Path;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use peipkg_core::digest::Digest;
use peipkg_core::package::Limits;
use peipkg_core::package::security::SecurityDescriptor;
use peipkg_core::signature::{self, KeyKind, PublicKey, key_file};

use crate::failure::{Result, throwing};

/// What a key file is.
#[napi(object, object_from_js = false)]
pub struct KeyFile {
    /// 64 hexadecimal digits.
    pub fingerprint: String,
    /// Which half it holds.
    #[napi(ts_type = "'private' | 'public'")]
    pub kind: &'static str,
    /// Private, and readable by group or others.
    pub exposed: bool,
}

/// Makes a private key (PKCS#8 PEM, mode 0600) in a file that must not exist; returns its fingerprint.
#[napi]
pub fn generate_key(out: String) -> Result<String> {
    throwing(|| Ok(key_file::create(Path::new(&out))?.to_string()))
}

/// Reads a key file of either kind. 32 raw bytes are taken for a public key.
#[napi]
pub fn read_key_file(path: String) -> Result<KeyFile> {
    throwing(|| {
        let file = signature::KeyFile::read(Path::new(&path))?;
        Ok(KeyFile {
            fingerprint: file.fingerprint.to_string(),
            kind: match file.kind {
                KeyKind::Private => "private",
                KeyKind::Public => "public",
            },
            exposed: file.exposed,
        })
    })
}

/// The public half of a private key file.
#[napi(object, object_from_js = false)]
pub struct PublicHalf {
    /// The raw public key, 64 lower-case hexadecimal digits.
    pub hex: String,
    /// The file can be read by group or others.
    pub exposed: bool,
}

/// Derives the public key of a private key file: 32 raw bytes (a seed), or PKCS#8 PEM.
#[napi]
pub fn public_half_of_key_file(path: String) -> Result<PublicHalf> {
    throwing(|| {
        let (key, exposed) = key_file::public_half(Path::new(&path))?;
        Ok(PublicHalf { hex: Digest(*key.as_raw()).to_string(), exposed })
    })
}

/// The fingerprint of a public key: 32 raw bytes, or PEM.
#[napi]
pub fn fingerprint_of_key(bytes: Buffer) -> Result<String> {
    throwing(|| Ok(PublicKey::parse(&bytes)?.fingerprint().to_string()))
}

/// The binary form of an SDDL text, as base64 without padding.
#[napi]
pub fn sddl_to_descriptor(sddl: String) -> Result<String> {
    throwing(|| Ok(SecurityDescriptor::from_sddl(&sddl)?.to_base64()))
}

/// The SDDL text of a binary descriptor in base64 without padding.
#[napi]
pub fn descriptor_to_sddl(base64: String) -> Result<String> {
    let limit = Limits::default().sd_bytes;
    throwing(|| Ok(SecurityDescriptor::from_base64(&base64, limit)?.to_sddl()))
}
