//! Packing: one package from a manifest draft and a staged directory, the same bytes every time (PSD-009 §3).

mod digests;
mod draft;
mod rules;
mod scan;
mod write;

pub use rules::Findings;
pub use scan::{StagedEntry, StagedKind, scan};

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::zstd::default_threads;
use super::{ArchiveError, Observer};
use crate::digest::Digest;
use crate::package::{FileEntry, FileList, Limits, Manifest};
use crate::signature::SecretKey;

/// Threads that hash staged files at most.
const MAX_HASHERS: usize = 64;

/// What is to be packed.
#[derive(Clone, Debug, Default)]
pub struct PackRequest {
    /// A manifest draft: `schema_version` and `size_installed` are computed, relation arrays are sorted.
    pub manifest: String,
    /// The directory that holds the payload.
    pub staged: PathBuf,
    /// The paths to take, their ancestors added; `None`: all.
    pub paths: Option<Vec<String>>,
    /// Where the package goes; whatever is there is replaced when all is done.
    pub out: PathBuf,
    /// Level of zstd; `None`: ours.
    pub level: Option<i32>,
    /// Never changes the bytes; `None`: one for each core.
    pub threads: Option<usize>,
}

/// A package that was made.
#[derive(Clone, Debug)]
pub struct PackedPackage {
    /// Its manifest.
    pub manifest: Manifest,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// SHA-256 of the uncompressed tar stream.
    pub tar_digest: Digest,
    /// Advice.
    pub warnings: Vec<String>,
}

/// Everything that stands against packing, and advice, without packing.
pub fn check(request: &PackRequest) -> Result<Findings, ArchiveError> {
    let limits = Limits::default();
    Ok(Selected::of(request, &limits)?.findings)
}

/// Packs, signed with `key` if there is one.
pub fn pack(
    request: &PackRequest,
    key: Option<&SecretKey>,
    observer: &Observer,
) -> Result<PackedPackage, ArchiveError> {
    let limits = Limits::default();
    let Selected { manifest, entries, findings } = Selected::of(request, &limits)?;
    let Some(mut manifest) = manifest.filter(|_| findings.errors.is_empty()) else {
        return Err(ArchiveError::Refused(findings.errors));
    };
    let files = list_files(request, &entries, observer)?;
    manifest.size_installed = files.total_size();
    let plan = write::Plan { manifest: &manifest, files: &files, entries: &entries, key, limits: &limits };
    let written = write::write(&plan, request, observer)?;
    let write::Written { size, digest, tar_digest } = written;
    Ok(PackedPackage { manifest, size, digest, tar_digest, warnings: findings.warnings })
}

/// A draft and the entries that belong to it.
struct Selected {
    /// With `size_installed` still 0; `None` when the draft has errors that leave no manifest.
    manifest: Option<Manifest>,
    /// Sorted by path.
    entries: Vec<StagedEntry>,
    findings: Findings,
}

impl Selected {
    fn of(request: &PackRequest, limits: &Limits) -> Result<Self, ArchiveError> {
        let draft = draft::read(request.manifest.as_bytes(), limits);
        let entries = select(scan(&request.staged)?, request.paths.as_deref())?;
        let mut findings = Findings { errors: draft.errors, warnings: Vec::new() };
        if let Some(manifest) = &draft.manifest {
            let found = rules::check(manifest, &entries, &request.staged, limits)?;
            findings.errors.extend(found.errors);
            findings.warnings.extend(found.warnings);
        }
        Ok(Self { manifest: draft.manifest, entries, findings })
    }
}

/// The chosen entries and all directories above them.
fn select(entries: Vec<StagedEntry>, paths: Option<&[String]>) -> Result<Vec<StagedEntry>, ArchiveError> {
    let Some(paths) = paths else {
        return Ok(entries);
    };
    let mut wanted = BTreeSet::new();
    for path in paths {
        if entries.binary_search_by(|entry| entry.path.cmp(path)).is_err() {
            return Err(ArchiveError::Staged {
                path: path.clone(),
                rule: "there is no such entry in the staged directory",
            });
        }
        let ancestors = path.match_indices('/').map(|(at, _)| &path[..at]);
        wanted.extend(ancestors.chain([path.as_str()]));
    }
    Ok(entries.into_iter().filter(|entry| wanted.contains(entry.path.as_str())).collect())
}

fn list_files(
    request: &PackRequest,
    entries: &[StagedEntry],
    observer: &Observer,
) -> Result<FileList, ArchiveError> {
    let files: Vec<_> = entries
        .iter()
        .filter_map(|entry| match entry.kind {
            StagedKind::File { size, .. } => Some(digests::Staged { path: &entry.path, size }),
            _ => None,
        })
        .collect();
    let threads = request.threads.unwrap_or_else(default_threads).clamp(1, MAX_HASHERS);
    let digests = digests::of(&request.staged, &files, threads, observer)?;
    let listed = files.iter().zip(digests);
    let entries =
        listed.map(|(file, digest)| FileEntry { path: file.path.into(), size: file.size, digest }).collect();
    Ok(FileList { entries })
}
