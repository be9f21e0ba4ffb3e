//! Verification of one package in one pass (PSD-009 §3.5).

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use super::check::Check;
use super::hold::{Held, Holder};
use super::pieces::{Present, Seen};
use super::spool::Spool;
use super::tar::Reader;
use super::tar_hash::{TarDigests, TarHash};
use super::zstd::{Chunks, Serial, Source, Totals, decode_parallel};
use super::{ArchiveError, Observer};
use crate::digest::{Digest, Hasher};
use crate::package::{Limits, Manifest};
use crate::signature::{Envelope, Fingerprint, SignatureError, TrustSet};
use crate::text::escape_bytes;

/// Files from this size on are decoded, hashed and read by threads of their own.
const THREADED: u64 = 4 << 20;

/// What an index says of the file.
#[derive(Clone, Debug)]
pub struct Expected {
    /// SHA-256 of the compressed file.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_compressed: u64,
    /// Sum of the sizes of its payload files.
    pub size_installed: u64,
}

/// What a package is held to.
#[derive(Clone, Debug, Default)]
pub struct VerifyRules<'a> {
    /// The index entry; `None` for a local file.
    pub expected: Option<Expected>,
    /// A signature that is there must verify with one of these keys; `None`: its envelope must parse, no more.
    pub trust: Option<&'a TrustSet>,
    /// What is there already: its bytes are not kept for unpacking.
    pub present: Option<&'a Present>,
    /// A package without signature is refused.
    pub require_signature: bool,
    /// Seconds since 1970, for keys in transition.
    pub now: i64,
    /// Bounds.
    pub limits: Limits,
}

/// A payload entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadEntry {
    /// Without leading or trailing slash.
    pub path: Box<str>,
    /// What it is.
    pub kind: PayloadKind,
}

/// What a payload entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadKind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// As written in the archive.
        target: Box<str>,
    },
    /// A regular file.
    File {
        /// Bytes.
        size: u64,
        /// SHA-256 of its bytes.
        digest: Digest,
    },
}

/// A package that passed every check, and its payload bytes, ready to be unpacked.
pub struct VerifiedPackage {
    /// Its manifest.
    pub manifest: Manifest,
    /// The manifest's bytes as they are in the archive.
    pub manifest_bytes: Vec<u8>,
    /// In archive order.
    pub entries: Vec<PayloadEntry>,
    /// SHA-256 of the compressed file.
    pub digest: Digest,
    /// Bytes of the compressed file.
    pub size: u64,
    /// SHA-256 of the whole uncompressed tar stream.
    pub tar_digest: Digest,
    /// Bytes of the uncompressed tar stream.
    pub tar_size: u64,
    /// Bytes of the tar stream before the end marker.
    pub content_size: u64,
    /// Zstandard frames that hold data.
    pub frames: u64,
    /// The signature's envelope, if there is one.
    pub envelope: Option<Envelope>,
    /// The trusted key that the signature verified with.
    pub signed_by: Option<Fingerprint>,
    pub(super) file: File,
    pub(super) offsets: Vec<u64>,
    pub(super) held: Mutex<Held>,
}

impl std::fmt::Debug for VerifiedPackage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { manifest, entries, digest, size, tar_digest, signed_by, .. } = self;
        let mut shown = f.debug_struct("VerifiedPackage");
        shown
            .field("manifest", manifest)
            .field("entries", entries)
            .field("digest", digest)
            .field("size", size);
        shown.field("tar_digest", tar_digest).field("signed_by", signed_by).finish_non_exhaustive()
    }
}

/// Verifies the package in `file`: its digest, signature, structure, metadata and every payload file.
///
/// One pass, and nothing is reported of a package that fails. The errors of PSD-009 §3.5 come in its order
/// where one file has several: a file that is not the index's is called that, whatever else is wrong with it;
/// a signature that does not verify comes before bodies that differ from files.json.
pub fn verify(
    file: File,
    rules: &VerifyRules<'_>,
    spool: &Spool,
    observer: &Observer,
) -> Result<VerifiedPackage, ArchiveError> {
    let size = regular_size(&file)?;
    check_compressed_bound(size, rules)?;
    let streamed = stream(&file, size, rules, spool, observer);
    let streamed = match (streamed, &rules.expected) {
        (Err(error @ (ArchiveError::Cancelled | ArchiveError::Io { .. })), _) | (Err(error), None) => {
            return Err(error);
        }
        (Err(error), Some(expected)) => {
            check_digest(expected, digest_of(&file, size, observer)?)?;
            return Err(error);
        }
        (Ok(streamed), _) => streamed,
    };
    streamed.judge(file, size, rules)
}

/// Opens a package file for [`verify`]: its size comes with it. A pipe or device is refused, not waited for.
pub fn open(path: &Path) -> Result<(File, u64), ArchiveError> {
    let shown = escape_bytes(path.as_os_str().as_encoded_bytes());
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = opened.map_err(|source| ArchiveError::Io { what: format!("cannot read {shown}"), source })?;
    let size = regular_size(&file)?;
    Ok((file, size))
}

/// What one pass over the file brought to light.
struct Streamed<'a> {
    check: Check<'a>,
    held: Held,
    tar_size: u64,
    content_size: u64,
    tar: TarDigests,
    totals: Totals,
}

impl Streamed<'_> {
    fn judge(self, file: File, size: u64, rules: &VerifyRules<'_>) -> Result<VerifiedPackage, ArchiveError> {
        let Self { mut check, held, tar_size, content_size, tar, totals } = self;
        let digest = totals.digest.ok_or(ArchiveError::Worker)?;
        if let Some(expected) = &rules.expected {
            check_digest(expected, digest)?;
        }
        let (envelope, signed_by) = judge_signature(check.signature.as_deref(), tar.signed.as_ref(), rules)?;
        check.finish_content(&tar.files)?;
        let manifest = check.manifest.take().ok_or(ArchiveError::Worker)?;
        Ok(VerifiedPackage {
            manifest,
            manifest_bytes: check.manifest_bytes,
            entries: check.entries,
            digest,
            size,
            tar_digest: tar.whole,
            tar_size,
            content_size,
            frames: totals.frames,
            envelope,
            signed_by,
            file,
            offsets: check.offsets,
            held: Mutex::new(held),
        })
    }
}

fn stream<'a>(
    file: &File,
    size: u64,
    rules: &'a VerifyRules<'a>,
    spool: &Spool,
    observer: &Observer,
) -> Result<Streamed<'a>, ArchiveError> {
    let source = Source::new(file, size, observer);
    let threaded = size >= THREADED;
    let consume = |chunks: &mut dyn Chunks| consume(chunks, rules, spool, threaded);
    if threaded { decode_parallel(source, consume) } else { consume(&mut Serial::new(source)?) }
}

fn consume<'a>(
    chunks: &mut dyn Chunks,
    rules: &'a VerifyRules<'a>,
    spool: &Spool,
    threaded: bool,
) -> Result<Streamed<'a>, ArchiveError> {
    let mut check = Check::new(rules);
    let mut reader = Reader::default();
    let mut hash = TarHash::new(threaded);
    let mut holder = Holder::new(spool, rules.present);
    let mut position = 0;
    let mut expected = false;
    while let Some(chunk) = chunks.next()? {
        let start = position;
        position += chunk.len() as u64;
        check.check_bound(position)?;
        reader.feed(&chunk, &mut check)?;
        if let Some(at) = check.signature_at {
            hash.signature_starts(at);
        }
        hash.update(&chunk, start, reader.settled(), check.take_parts());
        if check.payload_may_follow() {
            if !expected {
                expected = true;
                holder.expect(check.wanted_bytes(), chunks);
            }
            holder.hold(start, &chunk, Seen { entries: &check.entries, offsets: &check.offsets });
        }
    }
    let content_size = reader.ended_at();
    let tar_size = reader.finish()?;
    check.finish()?;
    let (held, tar, totals) = (holder.finish(), hash.finish()?, chunks.totals());
    Ok(Streamed { check, held, tar_size, content_size, tar, totals })
}

fn judge_signature(
    bytes: Option<&[u8]>,
    signed: Option<&Digest>,
    rules: &VerifyRules<'_>,
) -> Result<(Option<Envelope>, Option<Fingerprint>), ArchiveError> {
    let (Some(bytes), Some(digest)) = (bytes, signed) else {
        return if rules.require_signature { Err(SignatureError::Missing.into()) } else { Ok((None, None)) };
    };
    let envelope = Envelope::parse(bytes)?;
    let signed_by = rules.trust.map(|trust| envelope.verify(digest, trust, rules.now)).transpose()?;
    Ok((Some(envelope), signed_by))
}

fn regular_size(file: &File) -> Result<u64, ArchiveError> {
    let metadata = file.metadata();
    let metadata = metadata
        .map_err(|source| ArchiveError::Io { what: "the package cannot be examined".to_owned(), source })?;
    if metadata.is_file() { Ok(metadata.len()) } else { Err(ArchiveError::NotAFile) }
}

/// PSD-009 §3.5: at most 1 %, and at most 16 MiB, more than the index says.
fn check_compressed_bound(size: u64, rules: &VerifyRules<'_>) -> Result<(), ArchiveError> {
    let Some(expected) = &rules.expected else { return Ok(()) };
    let listed = expected.size_compressed;
    let limit = listed.saturating_add((listed / 100).min(16 << 20));
    if size > limit {
        return Err(ArchiveError::TooLarge { what: "compressed size".to_owned(), found: size, limit });
    }
    Ok(())
}

fn check_digest(expected: &Expected, actual: Digest) -> Result<(), ArchiveError> {
    if actual == expected.digest {
        return Ok(());
    }
    Err(ArchiveError::Digest { expected: expected.digest, actual })
}

/// The digest of a file whose contents were refused before their end.
fn digest_of(file: &File, size: u64, observer: &Observer) -> Result<Digest, ArchiveError> {
    let mut source = Source::unhashed(file, size, observer);
    let mut hasher = Hasher::new();
    while source.fill(1)? {
        hasher.update(source.available());
        source.consume(source.available().len());
    }
    Ok(hasher.finish())
}
