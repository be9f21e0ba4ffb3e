//! A signature for a package that has none: the tar bytes before it stay the same (PSD-009 §5.1).

use std::path::Path;

use super::decoded::decode;
use super::tar::{BLOCK, HeaderWriter, padding_of};
use super::zstd::{Encoded, Settings, encode};
use super::{ArchiveError, Observer, VerifiedPackage};
use crate::digest::{Digest, Hasher};
use crate::fsx::Temporary;
use crate::package::{EntryKind, SIGNATURE};
use crate::signature::{Envelope, SecretKey, SignatureError, sign_tar_digest};

/// Where the signature comes from.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'a> {
    /// It is made with this key.
    Key(&'a SecretKey),
    /// It was made before, for the same tar bytes.
    Envelope(&'a Envelope),
}

/// How the signed package is compressed; `None`: as [`super::pack`] does it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compression {
    /// Of zstd.
    pub level: Option<i32>,
    /// Never changes the bytes.
    pub threads: Option<usize>,
}

/// A package that was written.
#[derive(Clone, Copy, Debug)]
pub struct SignedPackage {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Bytes of the file.
    pub size: u64,
}

/// Writes `package`, which must be unsigned, with a signature to `out`, durable; whatever is there is replaced. What a
/// build of today with that key gives is the same file.
pub fn sign(
    package: &VerifiedPackage,
    signer: Signer<'_>,
    out: &Path,
    compression: Compression,
    observer: &Observer,
) -> Result<SignedPackage, ArchiveError> {
    if let Some(envelope) = &package.envelope {
        return Err(SignatureError::Present(envelope.key_fingerprint).into());
    }
    let file = Temporary::beside(out)?;
    let settings = Settings { level: compression.level, threads: compression.threads };
    let ((), Encoded { digest, size }) = encode(&file.file, settings, observer, |encoder| {
        let mut hasher = Hasher::new();
        let mut left = package.content_size;
        decode(package, &Observer::default(), |bytes| {
            let content = &bytes[..bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            left -= content.len() as u64;
            hasher.update(content);
            encoder.write(content)
        })?;
        encoder.write(&ending(package, signer, &hasher.finish()))
    })?;
    file.place(out)?;
    Ok(SignedPackage { digest, size })
}

/// The signature's entry and the end marker.
fn ending(package: &VerifiedPackage, signer: Signer<'_>, content: &Digest) -> Vec<u8> {
    let body = match signer {
        Signer::Key(key) => sign_tar_digest(key, content),
        Signer::Envelope(envelope) => envelope.to_json(),
    };
    let timestamp = package.manifest.build.timestamp.seconds();
    let headers = HeaderWriter::new(u64::try_from(timestamp).unwrap_or(0));
    let mut bytes = Vec::with_capacity(4 * BLOCK);
    headers.append(&mut bytes, EntryKind::File, SIGNATURE, "", body.len() as u64);
    bytes.extend_from_slice(&body);
    bytes.resize(bytes.len() + padding_of(body.len() as u64), 0);
    headers.append_end(&mut bytes);
    bytes
}
