//! The canonical archive of one package, streamed into the encoder.

use std::path::Path;

use super::scan::{StagedEntry, StagedKind};
use super::{PackRequest, digests};
use crate::archive::tar::{HeaderWriter, padding_of};
use crate::archive::zstd::{Encoded, Encoder, Settings, encode};
use crate::archive::{ArchiveError, Observer};
use crate::digest::{Digest, Hasher};
use crate::fsx::Temporary;
use crate::package::{EntryKind, FILES, FileEntry, FileList, Limits, MANIFEST, Manifest, SIGNATURE};
use crate::signature::{SecretKey, sign_tar_digest};
use crate::sorting;

/// Bytes of a staged file read at once.
const READ: usize = 256 * 1024;

/// All that goes into the archive.
pub(super) struct Plan<'a> {
    pub manifest: &'a Manifest,
    pub files: &'a FileList,
    /// Sorted by path.
    pub entries: &'a [StagedEntry],
    pub key: Option<&'a SecretKey>,
    pub limits: &'a Limits,
}

/// The file that was made.
pub(super) struct Written {
    pub size: u64,
    pub digest: Digest,
    pub tar_digest: Digest,
}

/// Writes the package under a temporary name, makes it durable, and puts it in its place.
pub(super) fn write(
    plan: &Plan<'_>,
    request: &PackRequest,
    observer: &Observer,
) -> Result<Written, ArchiveError> {
    let out = Temporary::beside(&request.out)?;
    let settings = Settings { level: request.level, threads: request.threads };
    let (tar_digest, Encoded { digest, size }) = encode(&out.file, settings, observer, |encoder| {
        let mtime = u64::try_from(plan.manifest.build.timestamp.seconds()).unwrap_or(0);
        let limit = plan.limits.decompressed_bytes;
        let mut tar =
            Tar { encoder, headers: HeaderWriter::new(mtime), hasher: Hasher::new(), written: 0, limit };
        write_archive(plan, &request.staged, &mut tar)?;
        Ok(tar.hasher.finish())
    })?;
    out.place(&request.out)?;
    Ok(Written { size, digest, tar_digest })
}

fn write_archive(plan: &Plan<'_>, staged: &Path, tar: &mut Tar<'_, '_>) -> Result<(), ArchiveError> {
    let Plan { manifest, files, entries, key, limits } = plan;
    tar.metadata(MANIFEST, &manifest.to_json(), limits.manifest_bytes)?;
    tar.metadata(FILES, &files.to_json(), limits.files_bytes)?;
    let mut listed = files.entries.iter();
    let mut buffer = vec![0; READ];
    for (name, entry) in sorted_by_name(entries) {
        match &entry.kind {
            StagedKind::Directory => tar.header(EntryKind::Directory, &name, "", 0)?,
            StagedKind::Symlink { target } => tar.header(EntryKind::Symlink, &name, target, 0)?,
            StagedKind::File { .. } => {
                let Some(file) = listed.next() else { return Err(changed(&name)) };
                tar.file(staged, file, &mut buffer)?;
            }
            StagedKind::Special => return Err(changed(&name)),
        }
    }
    if let Some(key) = key {
        let signed = tar.hasher.clone().finish();
        tar.metadata(SIGNATURE, &sign_tar_digest(key, &signed), limits.signature_bytes)?;
    }
    tar.end()
}

/// Names as written, directories with their slash, in the order of the archive. Regular files keep their order.
fn sorted_by_name(entries: &[StagedEntry]) -> Vec<(String, &StagedEntry)> {
    let named = entries.iter().map(|entry| {
        let slash = if entry.kind == StagedKind::Directory { "/" } else { "" };
        (format!("{}{slash}", entry.path), entry)
    });
    let mut named: Vec<_> = named.collect();
    sorting::sort_by(&mut named, |left, right| left.0.cmp(&right.0));
    named
}

fn changed(path: &str) -> ArchiveError {
    ArchiveError::StagedChanged { path: path.to_owned() }
}

/// The tar stream, hashed as it is written.
struct Tar<'a, 'b> {
    encoder: &'a mut Encoder<'b>,
    headers: HeaderWriter,
    hasher: Hasher,
    written: u64,
    limit: u64,
}

impl Tar<'_, '_> {
    fn metadata(&mut self, name: &str, bytes: &[u8], limit: u64) -> Result<(), ArchiveError> {
        let found = bytes.len() as u64;
        if found > limit {
            return Err(ArchiveError::TooLarge { what: name.to_owned(), found, limit });
        }
        self.header(EntryKind::File, name, "", found)?;
        self.put(bytes)?;
        self.pad(found)
    }

    fn header(&mut self, kind: EntryKind, name: &str, link: &str, size: u64) -> Result<(), ArchiveError> {
        let mut blocks = Vec::new();
        self.headers.append(&mut blocks, kind, name, link, size);
        self.put(&blocks)
    }

    /// The file is read for the second time: its bytes must still be those that files.json lists.
    fn file(&mut self, staged: &Path, file: &FileEntry, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        self.header(EntryKind::File, &file.path, "", file.size)?;
        let mut hasher = Hasher::new();
        digests::read(staged, &file.path, file.size, buffer, |bytes| {
            hasher.update(bytes);
            self.put(bytes)
        })?;
        if hasher.finish() != file.digest {
            return Err(changed(&file.path));
        }
        self.pad(file.size)
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut blocks = Vec::new();
        self.headers.append_end(&mut blocks);
        self.put(&blocks)
    }

    fn pad(&mut self, size: u64) -> Result<(), ArchiveError> {
        self.put(&[0; crate::archive::tar::BLOCK][..padding_of(size)])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.written += bytes.len() as u64;
        if self.written > self.limit {
            let (found, limit) = (self.written, self.limit);
            return Err(ArchiveError::TooLarge { what: "decompressed size".to_owned(), found, limit });
        }
        self.hasher.update(bytes);
        self.encoder.write(bytes)
    }
}
