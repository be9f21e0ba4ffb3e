//! `peipkg-repo publish`: new packages, or everything made anew, in place or to another directory.
//!
//! Order of durable steps, in place: packages under their names (nothing points to them yet), then the new index directory
//! beside the old one, then the swap. A crash before the swap leaves the old publish with unreferenced files, after it the new.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::add::{self, NewPackage, Rules};
use super::directory::{RepositoryDirectory, check_usual_layout};
use super::init::{empty_directory, sign_indexes};
use super::layout::{self, DIRECTORY_MODE, FILE_MODE, WORK, local_path};
use super::swap::{self, Documents};
use super::template::{Template, destination};
use super::{ProduceError, Watch, active, place};
use crate::archive::Observer;
use crate::fsx::Root;
use crate::repository::index::{self, Header, IndexEntry};
use crate::signature::detached::{self, Format};
use crate::signature::{KeyStatus, SecretKey, key_file};
use crate::timestamp::Timestamp;

/// What to publish.
#[derive(Debug)]
pub struct PublishRequest {
    /// The repository that is read.
    pub base: PathBuf,
    /// The repository that is written: the same path, or an empty or absent directory.
    pub out: PathBuf,
    /// Package files.
    pub packages: Vec<PathBuf>,
    /// Ignore the old entries: `packages` are all there are.
    pub rebuild: bool,
    /// A private key file.
    pub sign_key: PathBuf,
    /// `generated_at`.
    pub timestamp: String,
    /// The form of the signatures.
    pub format: Format,
    /// Where entries point to: `{name}`, `{version}`, `{arch}`, `{filename}`.
    pub url_template: String,
    /// Take packages without signature.
    pub allow_unsigned: bool,
}

/// What was published.
#[derive(Debug)]
pub struct PublishReport {
    /// Of both indexes.
    pub index_version: u64,
    /// The new packages, as the archive index orders them.
    pub added: Vec<Added>,
    /// Complete texts.
    pub warnings: Vec<String>,
}

/// A package that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its conventional file name.
    pub file_name: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// It has no signature.
    pub unsigned: bool,
}

/// Publishes. On failure the repository that is written is as it was (out of place: incomplete, and not a repository).
pub fn publish(
    request: &PublishRequest,
    watch: &Watch<'_>,
    observer: &Observer,
) -> Result<PublishReport, ProduceError> {
    let generated_at = Timestamp::parse(&request.timestamp)?;
    let template = Template::parse(&request.url_template)?;
    let (key, _) = key_file::read_secret(&request.sign_key)?;
    let _lock = RepositoryDirectory::lock(&request.base)?;
    let base = RepositoryDirectory::open(&request.base, generated_at.seconds())?;
    check_usual_layout(&request.base, &base.descriptor)?;
    check_signing_key(&base, &key)?;
    let rules = Rules {
        keys: &base.keys,
        now: generated_at.seconds(),
        rebuild: request.rebuild,
        allow_unsigned: request.allow_unsigned,
    };
    let mut new = add::verify_all(&request.packages, &rules, watch, observer)?;
    let old: &[IndexEntry] = if request.rebuild { &[] } else { &base.entries };
    add::refuse_duplicates(&new, old)?;
    let destinations = place_entries(&mut new, old, &template)?;
    let mut warnings = add::warnings(&new, &rules);
    warnings.extend(clock_warning(&base, generated_at));

    let mut archive: Vec<IndexEntry> =
        old.iter().chain(new.iter().map(|package| &package.entry)).cloned().collect();
    index::sort(&mut archive);
    let (current, left_out) = active::select(&archive);
    let touched: BTreeSet<&str> = new.iter().map(|package| package.entry.name.as_str()).collect();
    let told = left_out.iter().filter(|left_out| touched.contains(left_out.chosen.name.as_str()));
    warnings.extend(told.map(active::LeftOut::warning));
    let header =
        Header { repo: base.descriptor.name.clone(), index_version: next_version(&base)?, generated_at };
    let documents = sign_indexes(&header, &current, &archive, &key, request.format);

    let signature = descriptor_signature(&base, &key, request.format, &mut warnings);
    let output =
        Output { request, base: &base, packages: &new, destinations: &destinations, documents, signature };
    if request.out == request.base {
        output.in_place(observer)?;
    } else {
        output.elsewhere(observer)?;
    }
    let mut added: Vec<&NewPackage> = new.iter().collect();
    added.sort_by(|left, right| index::compare(&left.entry, &right.entry));
    Ok(PublishReport {
        index_version: header.index_version,
        added: added.into_iter().map(report).collect(),
        warnings,
    })
}

/// Everything that is to be written.
struct Output<'a> {
    request: &'a PublishRequest,
    base: &'a RepositoryDirectory,
    packages: &'a [NewPackage],
    /// Of each package: where its bytes go, if they are kept here.
    destinations: &'a [Option<String>],
    documents: Documents,
    /// A new signature of repo.json, where the old one's key is accepted no more.
    signature: Option<Vec<u8>>,
}

impl Output<'_> {
    fn in_place(&self, observer: &Observer) -> Result<(), ProduceError> {
        let root = &self.base.root;
        let failed = |source| ProduceError::Fs { directory: self.request.out.clone(), source };
        swap::clean(root).map_err(failed)?;
        root.make_directories(WORK, DIRECTORY_MODE).map_err(failed)?;
        let written = swap::probe(root, &self.request.out).and_then(|()| {
            self.write_packages(root, observer)?;
            if let Some(signature) = &self.signature {
                root.write_durable(layout::DESCRIPTOR_SIGNATURE, signature, FILE_MODE).map_err(failed)?;
            }
            swap::swap(root, &self.documents).map_err(failed)
        });
        let cleaned = swap::clean(root).map_err(failed);
        written.and(cleaned)
    }

    /// A complete copy. repo.json comes last: without it the directory is no repository.
    fn elsewhere(&self, observer: &Observer) -> Result<(), ProduceError> {
        let out = &self.request.out;
        let failed = |source| ProduceError::Fs { directory: out.clone(), source };
        let root = empty_directory(out)?;
        let _lock = RepositoryDirectory::lock(out)?;
        let skip = [layout::INDEX, layout::DESCRIPTOR, layout::DESCRIPTOR_SIGNATURE, WORK];
        place::tree(&self.base.root, &root, "", &skip, observer)?;
        root.make_directories(WORK, DIRECTORY_MODE).map_err(failed)?;
        self.write_packages(&root, observer)?;
        swap::clean(&root).map_err(failed)?;
        self.documents.write(&root, layout::INDEX).map_err(failed)?;
        let copied = || {
            let limit = crate::repository::SIGNATURE_LIMIT;
            Ok(self.base.root.read(layout::DESCRIPTOR_SIGNATURE, limit)?.unwrap_or_default())
        };
        let signature = self.signature.clone().map_or_else(copied, Ok).map_err(failed)?;
        root.write_durable(layout::DESCRIPTOR_SIGNATURE, &signature, FILE_MODE).map_err(failed)?;
        root.write_durable(layout::DESCRIPTOR, &self.base.descriptor_bytes, FILE_MODE).map_err(failed)
    }

    fn write_packages(&self, root: &Root, observer: &Observer) -> Result<(), ProduceError> {
        let mut changed = BTreeSet::new();
        for (package, destination) in self.packages.iter().zip(self.destinations) {
            if let Some(path) = destination {
                let (out, digest) = (&self.request.out, package.entry.digest);
                place::package(root, out, &package.file, digest, path, &mut changed, observer)?;
            }
        }
        place::sync(root, &changed)
            .map_err(|source| ProduceError::Fs { directory: self.request.out.clone(), source })
    }
}

fn check_signing_key(base: &RepositoryDirectory, key: &SecretKey) -> Result<(), ProduceError> {
    let fingerprint = key.public().fingerprint();
    let active = base.descriptor.key(&fingerprint).is_some_and(|listed| listed.status == KeyStatus::Active);
    if active { Ok(()) } else { Err(ProduceError::KeyNotActive(fingerprint)) }
}

/// Gives every new entry its URL; returns where the bytes go. Two packages never share a place, nor does one take the place of
/// a published one.
fn place_entries(
    new: &mut [NewPackage],
    old: &[IndexEntry],
    template: &Template<'_>,
) -> Result<Vec<Option<String>>, ProduceError> {
    let mut taken: BTreeMap<String, String> = old
        .iter()
        .filter_map(|entry| Some((local_path("index/archive.json", &entry.url)?, entry.file_name())))
        .collect();
    let mut destinations = Vec::with_capacity(new.len());
    for package in new {
        package.entry.url = template.url(&package.entry);
        let destination = destination(&package.entry)?;
        let place = destination.clone().unwrap_or_else(|| package.entry.url.clone());
        if let Some(other) = taken.insert(place, package.entry.file_name()) {
            return Err(ProduceError::Url {
                url: package.entry.url.clone(),
                file_name: package.entry.file_name(),
                rule: format!("{other} is there (use {{filename}} in the template)"),
            });
        }
        destinations.push(destination);
    }
    Ok(destinations)
}

/// repo.json keeps its signature, unless the key that made it is accepted no more.
fn descriptor_signature(
    base: &RepositoryDirectory,
    key: &SecretKey,
    format: Format,
    warnings: &mut Vec<String>,
) -> Option<Vec<u8>> {
    let error = base.descriptor_signer.as_ref().err()?;
    warnings.push(format!("repo.json was signed anew: {error}"));
    Some(detached::sign(&base.descriptor_bytes, key, format))
}

fn clock_warning(base: &RepositoryDirectory, generated_at: Timestamp) -> Option<String> {
    let latest = base.active.generated_at.max(base.archive.generated_at);
    (generated_at < latest).then(|| {
        format!("the timestamp {generated_at} is before {latest} of the publish before; consumers that saw that one refuse this one")
    })
}

fn next_version(base: &RepositoryDirectory) -> Result<u64, ProduceError> {
    let latest = base.active.index_version.max(base.archive.index_version);
    latest.checked_add(1).ok_or(ProduceError::LastVersion(latest))
}

fn report(package: &NewPackage) -> Added {
    Added {
        file_name: package.entry.file_name(),
        name: package.entry.name.to_string(),
        version: package.entry.version.to_string(),
        architecture: package.entry.architecture.to_string(),
        unsigned: package.signed_by.is_none(),
    }
}
