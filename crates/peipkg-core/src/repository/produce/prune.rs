//! `peipkg-repo prune-prerelease`: pre-releases that time has passed by leave the archive. It is the one exception from "a
//! published version stays", made by hand.

use std::collections::HashSet;
use std::path::PathBuf;

use super::directory::{RepositoryDirectory, check_usual_layout};
use super::init::sign_indexes;
use super::layout::local_path;
use super::publication::Publication;
use super::publish::{
    PublishReport, check_signing_key, clock_warning, descriptor_signature, next_version, report_of,
};
use super::{ProduceError, active, documents};
use crate::repository::index::{Header, IndexEntry};
use crate::signature::detached::Format;
use crate::signature::key_file;
use crate::timestamp::Timestamp;

/// What is to be pruned.
#[derive(Debug)]
pub struct PruneRequest {
    /// The repository, which is changed in place.
    pub directory: PathBuf,
    /// Pre-releases that were built before this time go.
    pub before: String,
    /// A private key file.
    pub sign_key: PathBuf,
    /// `generated_at`.
    pub timestamp: String,
    /// The form of the signatures.
    pub format: Format,
}

/// Decides what is to be written. Current versions stay, and packages that do not say when they were built.
pub fn prepare_prune(request: &PruneRequest) -> Result<Publication, ProduceError> {
    let generated_at = Timestamp::parse(&request.timestamp)?;
    let before = Timestamp::parse(&request.before)?;
    let (key, _) = key_file::read_secret(&request.sign_key)?;
    let lock = RepositoryDirectory::lock(&request.directory)?;
    let mut base = RepositoryDirectory::open(&request.directory, generated_at.seconds())?;
    check_usual_layout(&request.directory, &base.descriptor)?;
    check_signing_key(&base, &key)?;
    let (archive, gone) = part(std::mem::take(&mut base.entries), before);
    let (current, _) = active::select(&archive);
    let places = active::places(&archive, &current);
    let index_version = next_version(&base)?;
    let header = Header { repo: base.descriptor.name.clone(), index_version, generated_at };
    let documents = sign_indexes(&header, &current, &archive, &key, request.format);
    let mut warnings: Vec<String> = clock_warning(&base, generated_at).into_iter().collect();
    let descriptor = descriptor_signature(&base, &key, request.format, &mut warnings);
    let documentation = documents::held_below(&request.directory);
    let removed =
        gone.iter().filter_map(|entry| local_path("index/archive.json", &entry.url)).collect::<Vec<_>>();
    let beside = gone.iter().filter_map(|entry| documentation.prefix(&base.root, entry));
    let beside =
        beside.flat_map(|prefix| ["manifest.json", "files.json"].map(|name| format!("{prefix}{name}")));
    let kept: HashSet<String> =
        archive.iter().filter_map(|entry| local_path("index/archive.json", &entry.url)).collect();
    let removed = removed.into_iter().chain(beside).filter(|path| !kept.contains(path)).collect();
    let mut touched: Vec<String> = gone.iter().map(|entry| entry.name.to_string()).collect();
    touched.dedup();
    let facts = |name: String| {
        let current = archive.iter().find(|entry| entry.name.as_str() == name);
        let facts = current.map(super::browse::Facts::of);
        (name, facts)
    };
    let changed = touched.into_iter().map(facts).collect();
    Ok(Publication {
        _lock: lock,
        directory: request.directory.clone(),
        out: request.directory.clone(),
        packages: Vec::new(),
        destinations: Vec::new(),
        report: PublishReport { index_version, added: gone.iter().map(report_of).collect(), warnings },
        header,
        active: places,
        archive,
        documents: Some(documents),
        descriptor,
        documentation,
        changed: Some(changed),
        removed,
        base,
    })
}

/// Entries that stay, and those that go.
fn part(entries: Vec<IndexEntry>, before: Timestamp) -> (Vec<IndexEntry>, Vec<IndexEntry>) {
    let (current, _) = active::select(&entries);
    let current = active::places(&entries, &current);
    let (mut kept, mut gone) = (Vec::with_capacity(entries.len()), Vec::new());
    for (place, entry) in entries.into_iter().enumerate() {
        let old = entry.build.timestamp.is_some_and(|built| built < before);
        let goes = old && entry.version.is_prerelease() && current.binary_search(&place).is_err();
        if goes { gone.push(entry) } else { kept.push(entry) }
    }
    (kept, gone)
}
