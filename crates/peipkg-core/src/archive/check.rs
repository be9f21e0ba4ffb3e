//! The rules of a package, applied to its entries as they stream by (PSD-009 §3.2 to §3.5).

use super::order::Order;
use super::pieces::is_wanted;
use super::tar::{self, TarError};
use super::tar_hash::BodyPart;
use super::verify::{PayloadEntry, PayloadKind, VerifyRules};
use super::{ArchiveError, METADATA};
use crate::digest::Digest;
use crate::package::{EntryKind, FILES, FileEntry, FileList, MANIFEST, Manifest, SIGNATURE, payload};
use crate::signature::SignatureError;
use crate::sorting;

/// What the archive may decompress to beyond its payload: metadata, headers, padding (PSD-009 §3.5).
const OVERHEAD: u64 = 320 << 20;

/// Which part of the layout comes next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Manifest,
    Files,
    Metadata,
    Payload,
    /// After the signature: nothing.
    Closed,
}

/// What is done with the body of the current entry.
enum Body {
    Manifest(Vec<u8>),
    Files(Vec<u8>),
    Signature(Vec<u8>),
    /// The next byte of it is this one of the stream.
    File(u64),
    Ignored,
}

/// A visitor that accepts the entries of a valid package and collects what is known of them.
pub(super) struct Check<'a> {
    rules: &'a VerifyRules<'a>,
    stage: Stage,
    body: Body,
    previous_metadata: String,
    order: Order,
    /// What files.json lists and the archive has not shown yet.
    awaited: std::vec::IntoIter<FileEntry>,
    /// Bytes of the listed files that are not there already.
    wanted: u64,
    manifest_mtime: u64,
    payload_read: u64,
    /// What of the payload files has come since they were taken last.
    parts: Vec<BodyPart>,
    pub manifest: Option<Manifest>,
    pub manifest_bytes: Vec<u8>,
    pub entries: Vec<PayloadEntry>,
    /// Where the body of each entry starts in the tar stream.
    pub offsets: Vec<u64>,
    pub signature: Option<Vec<u8>>,
    pub signature_at: Option<u64>,
}

impl<'a> Check<'a> {
    pub(super) fn new(rules: &'a VerifyRules<'a>) -> Self {
        Self {
            rules,
            stage: Stage::Manifest,
            body: Body::Ignored,
            previous_metadata: String::new(),
            order: Order::default(),
            awaited: Vec::new().into_iter(),
            wanted: 0,
            manifest_mtime: 0,
            payload_read: 0,
            parts: Vec::new(),
            manifest: None,
            manifest_bytes: Vec::new(),
            entries: Vec::new(),
            offsets: Vec::new(),
            signature: None,
            signature_at: None,
        }
    }

    /// Whether payload bytes may come: from here on chunks are worth holding.
    pub(super) fn payload_may_follow(&self) -> bool {
        self.stage > Stage::Files
    }

    /// Bytes of the files that are listed and not there already.
    pub(super) fn wanted_bytes(&self) -> u64 {
        self.wanted
    }

    /// Refuses a stream that has yielded `bytes` already.
    pub(super) fn check_bound(&self, bytes: u64) -> Result<(), ArchiveError> {
        let any = self.rules.limits.decompressed_bytes;
        let promised = self.manifest.as_ref().map(|manifest| manifest.size_installed);
        let promised = promised.or(self.rules.expected.as_ref().map(|expected| expected.size_installed));
        let limit = promised.map_or(any, |promised| any.min(promised.saturating_add(OVERHEAD)));
        if bytes > limit {
            return Err(ArchiveError::TooLarge { what: "decompressed size".to_owned(), found: bytes, limit });
        }
        Ok(())
    }

    /// The stream has ended with the layout complete.
    pub(super) fn finish(&self) -> Result<(), ArchiveError> {
        match self.stage {
            Stage::Manifest => Err(layout(MANIFEST, "the archive must start with the manifest")),
            Stage::Files => Err(layout(FILES, "the archive must hold it right after the manifest")),
            _ => Ok(()),
        }
    }

    /// What has come of payload files since the last call: to be hashed.
    pub(super) fn take_parts(&mut self) -> Vec<BodyPart> {
        std::mem::take(&mut self.parts)
    }

    /// What the whole must agree on, once the signature has been judged (it may well say that all of this is foreign):
    /// every body was as listed, every listed file was there, every override names an entry. `digests`: of the payload
    /// files in their order.
    pub(super) fn finish_content(&mut self, digests: &[Digest]) -> Result<(), ArchiveError> {
        self.check_bodies(digests)?;
        if let Some(missing) = self.awaited.next() {
            return Err(content(&missing.path, "listed in files.json but not in the archive", &missing.size));
        }
        self.check_overrides()
    }

    fn begin_metadata(&mut self, entry: &tar::Entry<'_>) -> Result<(), ArchiveError> {
        let limits = &self.rules.limits;
        if entry.kind != EntryKind::File {
            return Err(layout(entry.name, "metadata entries must be regular files"));
        }
        let (limit, body) = match (self.stage, entry.name) {
            (Stage::Manifest, MANIFEST) => (limits.manifest_bytes, Body::Manifest(Vec::new())),
            (Stage::Manifest, _) => {
                return Err(layout(entry.name, "the archive must start with .peipkg/manifest.json"));
            }
            (Stage::Files, FILES) => (limits.files_bytes, Body::Files(Vec::new())),
            (Stage::Files, _) => {
                return Err(layout(entry.name, "the second entry must be .peipkg/files.json"));
            }
            (_, SIGNATURE) => (limits.signature_bytes, Body::Signature(Vec::new())),
            (_, MANIFEST | FILES) => return Err(layout(entry.name, "it may be there once only")),
            (Stage::Payload, _) => return Err(layout(entry.name, "metadata must come before the payload")),
            (_, name) if name <= self.previous_metadata.as_str() => {
                return Err(layout(name, "metadata entries must be sorted by the bytes of their names"));
            }
            _ => (u64::MAX, Body::Ignored),
        };
        if entry.size > limit {
            return Err(ArchiveError::TooLarge { what: entry.name.to_owned(), found: entry.size, limit });
        }
        match &body {
            Body::Ignored => entry.name.clone_into(&mut self.previous_metadata),
            Body::Manifest(_) => self.manifest_mtime = entry.mtime,
            Body::Signature(_) => {
                self.stage = Stage::Closed;
                self.signature_at = Some(entry.header_at);
            }
            _ => {}
        }
        self.body = body;
        Ok(())
    }

    fn begin_payload(&mut self, entry: &tar::Entry<'_>) -> Result<(), ArchiveError> {
        match self.stage {
            Stage::Manifest => {
                return Err(layout(entry.name, "the archive must start with .peipkg/manifest.json"));
            }
            Stage::Files => return Err(layout(entry.name, "the second entry must be .peipkg/files.json")),
            _ => self.stage = Stage::Payload,
        }
        let limit = self.rules.limits.payload_entries;
        let found = self.entries.len() as u64 + 1;
        if found > limit {
            return Err(ArchiveError::TooLarge {
                what: "number of payload entries".to_owned(),
                found,
                limit,
            });
        }
        let Some(manifest) = &self.manifest else {
            return Err(layout(entry.name, "the manifest must come first"));
        };
        let path = entry.name.strip_suffix('/').unwrap_or(entry.name);
        payload::check_path(path)?;
        payload::check_destination(entry.kind, path, &manifest.architecture)?;
        if entry.kind == EntryKind::Symlink {
            payload::check_symlink(path, entry.link, &manifest.architecture)?;
        }
        self.order.check(entry.kind, entry.name)?;
        let (path, kind) = match entry.kind {
            EntryKind::Directory => (path.into(), PayloadKind::Directory),
            EntryKind::Symlink => (path.into(), PayloadKind::Symlink { target: entry.link.into() }),
            EntryKind::File => {
                self.body = Body::File(entry.header_at + tar::BLOCK as u64);
                self.begin_file(path, entry.size)?
            }
        };
        self.entries.push(PayloadEntry { path, kind });
        self.offsets.push(entry.header_at + tar::BLOCK as u64);
        Ok(())
    }

    /// The next regular file must be the next of files.json: in both accepted orders files ascend by path.
    fn begin_file(&mut self, path: &str, size: u64) -> Result<(Box<str>, PayloadKind), ArchiveError> {
        let listed = match self.awaited.as_slice().first() {
            Some(next) if *next.path == *path => self.awaited.next(),
            Some(next) if *next.path < *path => {
                return Err(content(&next.path, "listed in files.json but not in the archive", &next.size));
            }
            _ => None,
        };
        let Some(listed) = listed else {
            return Err(content(path, "in the archive but not listed in files.json", &size));
        };
        if listed.size != size {
            let found = format!("{} listed, {size} in the archive", listed.size);
            return Err(content(path, "its size must be the one in files.json", &found));
        }
        self.payload_read += size;
        Ok((listed.path, PayloadKind::File { size, digest: listed.digest }))
    }

    fn end_manifest(&mut self, bytes: Vec<u8>) -> Result<(), ArchiveError> {
        let manifest = Manifest::parse(&bytes, &self.rules.limits)?;
        let built = manifest.build.timestamp.seconds();
        if u64::try_from(built).ok() != Some(self.manifest_mtime) {
            return Err(wrong_mtime(MANIFEST, 0, self.manifest_mtime, built));
        }
        if let Some(expected) = &self.rules.expected
            && expected.size_installed != manifest.size_installed
        {
            let found = format!(
                "{} in the manifest, {} in the index",
                manifest.size_installed, expected.size_installed
            );
            return Err(content(MANIFEST, "size_installed must be the one in the index", &found));
        }
        self.manifest = Some(manifest);
        self.manifest_bytes = bytes;
        self.stage = Stage::Files;
        Ok(())
    }

    fn end_files(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let files = FileList::parse(bytes, &self.rules.limits)?;
        let promised = self.manifest.as_ref().map_or(0, |manifest| manifest.size_installed);
        let total = files.total_size();
        if total != promised {
            let found = format!("{promised} in the manifest, {total} in files.json");
            return Err(content(
                MANIFEST,
                "size_installed must be the sum of the sizes in files.json",
                &found,
            ));
        }
        let wanted =
            files.entries.iter().filter(|file| is_wanted(self.rules.present, &file.path, &file.digest));
        self.wanted = wanted.map(|file| file.size).sum();
        self.awaited = files.entries.into_iter();
        self.stage = Stage::Metadata;
        Ok(())
    }

    fn check_bodies(&self, digests: &[Digest]) -> Result<(), ArchiveError> {
        let mut digests = digests.iter();
        for entry in &self.entries {
            let PayloadKind::File { digest: listed, .. } = &entry.kind else { continue };
            let found = digests.next().ok_or(ArchiveError::Worker)?;
            if found != listed {
                let found = format!("{listed} listed, {found} in the archive");
                return Err(content(&entry.path, "its SHA-256 must be the one in files.json", &found));
            }
        }
        Ok(())
    }

    fn check_overrides(&self) -> Result<(), ArchiveError> {
        let Some(manifest) = self.manifest.as_ref().filter(|manifest| !manifest.sd_overrides.is_empty())
        else {
            return Ok(());
        };
        let mut entries: Vec<_> = self.entries.iter().collect();
        sorting::sort_by(&mut entries, |left, right| left.path.cmp(&right.path));
        manifest.check_overrides(|path| {
            let found = entries.binary_search_by(|entry| (*entry.path).cmp(path)).ok()?;
            Some(match entries[found].kind {
                PayloadKind::Directory => EntryKind::Directory,
                PayloadKind::Symlink { .. } => EntryKind::Symlink,
                PayloadKind::File { .. } => EntryKind::File,
            })
        })?;
        Ok(())
    }
}

impl tar::Visitor for Check<'_> {
    type Error = ArchiveError;

    fn begin(&mut self, entry: &tar::Entry<'_>) -> Result<(), ArchiveError> {
        if self.stage == Stage::Closed {
            return Err(SignatureError::NotLast(entry.name.to_owned()).into());
        }
        if let Some(manifest) = &self.manifest {
            let built = manifest.build.timestamp.seconds();
            if u64::try_from(built).ok() != Some(entry.mtime) {
                return Err(wrong_mtime(entry.name, entry.header_at, entry.mtime, built));
            }
        }
        self.body = Body::Ignored;
        if entry.name.starts_with(METADATA) { self.begin_metadata(entry) } else { self.begin_payload(entry) }
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        match &mut self.body {
            Body::Manifest(body) | Body::Files(body) | Body::Signature(body) => body.extend_from_slice(bytes),
            Body::File(at) => {
                let range = *at..*at + bytes.len() as u64;
                *at = range.end;
                self.parts.push(BodyPart { range, ends: false });
            }
            Body::Ignored => {}
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        match std::mem::replace(&mut self.body, Body::Ignored) {
            Body::Manifest(bytes) => self.end_manifest(bytes),
            Body::Files(bytes) => self.end_files(&bytes),
            Body::File(at) => {
                match self.parts.last_mut() {
                    Some(last) if last.range.end == at && !last.ends => last.ends = true,
                    _ => self.parts.push(BodyPart { range: at..at, ends: true }),
                }
                Ok(())
            }
            Body::Signature(bytes) => {
                self.signature = Some(bytes);
                Ok(())
            }
            Body::Ignored => Ok(()),
        }
    }
}

fn layout(entry: &str, rule: &'static str) -> ArchiveError {
    ArchiveError::Layout { entry: entry.to_owned(), rule }
}

fn content(path: &str, rule: &'static str, found: &dyn std::fmt::Display) -> ArchiveError {
    ArchiveError::Content { path: path.to_owned(), rule, found: found.to_string() }
}

fn wrong_mtime(entry: &str, byte: u64, found: u64, built: i64) -> ArchiveError {
    let entry = crate::text::escape(entry).into_owned();
    let value = format!("{found}, the build timestamp is {built}");
    TarError::Entry { entry, byte, rule: "mtime must be the build timestamp", value }.into()
}
