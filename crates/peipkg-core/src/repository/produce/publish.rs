//! `peipkg-repo publish`: new packages, or everything made anew, verified and decided on.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use super::add::{self, NewPackage, Rules};
use super::browse::Facts;
use super::directory::{RepositoryDirectory, check_usual_layout};
use super::init::sign_indexes;
use super::layout::local_path;
use super::publication::{NewDescriptor, Publication};
use super::template::{Template, destination};
use super::{ProduceError, Watch, active, documents};
use crate::archive::Observer;
use crate::repository::index::{self, Header, IndexEntry};
use crate::signature::detached::{self, Format};
use crate::signature::{KeyStatus, SecretKey, key_file};
use crate::sorting;
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
#[derive(Debug, Clone)]
pub struct PublishReport {
    /// Of both indexes.
    pub index_version: u64,
    /// The new packages, as the archive index orders them; of a pruning those that go.
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

/// Verifies everything and decides what is to be written. Nothing is changed; the lock is taken.
pub fn prepare(
    request: &PublishRequest,
    watch: &Watch<'_>,
    observer: &Observer,
) -> Result<Publication, ProduceError> {
    let generated_at = Timestamp::parse(&request.timestamp)?;
    let template = Template::parse(&request.url_template)?;
    let (key, _) = key_file::read_secret(&request.sign_key)?;
    let lock = RepositoryDirectory::lock(&request.base)?;
    let mut base = RepositoryDirectory::open(&request.base, generated_at.seconds())?;
    check_usual_layout(&request.base, &base.descriptor)?;
    check_signing_key(&base, &key)?;
    let rules = Rules {
        keys: &base.keys,
        now: generated_at.seconds(),
        rebuild: request.rebuild,
        allow_unsigned: request.allow_unsigned,
    };
    let mut documentation = documents::held_below(&request.base);
    let mut new = add::verify_all(&request.packages, &rules, &documentation.held, watch, observer)?;
    let mut warnings = add::warnings(&new, &rules);
    let mut archive = if request.rebuild { Vec::new() } else { std::mem::take(&mut base.entries) };
    add::refuse_duplicates(&new, &archive)?;
    let destinations = place_entries(&mut new, &archive, &template)?;
    warnings.extend(clock_warning(&base, generated_at));
    for package in &new {
        documentation
            .add(&base.root, &package.entry, package.documented.clone())
            .map_err(|source| ProduceError::Fs { directory: request.base.clone(), source })?;
    }

    let changed = (!request.rebuild).then(|| facts_before(&archive, &new));
    archive.extend(new.iter().map(|package| package.entry.clone()));
    index::sort(&mut archive);
    let (current, left_out) = active::select(&archive);
    let touched: HashSet<&str> = new.iter().map(|package| package.entry.name.as_str()).collect();
    let told = left_out.iter().filter(|left_out| touched.contains(left_out.chosen.name.as_str()));
    warnings.extend(told.map(active::LeftOut::warning));
    let header =
        Header { repo: base.descriptor.name.clone(), index_version: next_version(&base)?, generated_at };
    let documents = sign_indexes(&header, &current, &archive, &key, request.format);
    let active = active::places(&archive, &current);
    let descriptor = descriptor_signature(&base, &key, request.format, &mut warnings);
    let mut added: Vec<&NewPackage> = new.iter().collect();
    sorting::sort_by(&mut added, |left, right| index::compare(&left.entry, &right.entry));
    let report = PublishReport {
        index_version: header.index_version,
        added: added.into_iter().map(report).collect(),
        warnings,
    };
    Ok(Publication {
        _lock: lock,
        directory: request.base.clone(),
        base,
        out: request.out.clone(),
        packages: new,
        destinations,
        header,
        archive,
        active,
        documents: Some(documents),
        descriptor,
        documentation,
        changed,
        removed: Vec::new(),
        report,
    })
}

/// The names that get a new version, and what other pages show of them before.
fn facts_before(archive: &[IndexEntry], new: &[NewPackage]) -> Vec<(String, Option<Facts>)> {
    let names: BTreeSet<&str> = sorting::set(new.iter().map(|package| package.entry.name.as_str()));
    let before = |name: &str| {
        let start = archive.partition_point(|entry| entry.name.as_str() < name);
        let end = archive.partition_point(|entry| entry.name.as_str() <= name);
        let (current, _) = active::select(&archive[start..end]);
        current.first().map(|entry| Facts::of(entry))
    };
    names.into_iter().map(|name| (name.to_owned(), before(name))).collect()
}
pub(super) fn check_signing_key(base: &RepositoryDirectory, key: &SecretKey) -> Result<(), ProduceError> {
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
    let mut taken: HashMap<String, String> = old
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
pub(super) fn descriptor_signature(
    base: &RepositoryDirectory,
    key: &SecretKey,
    format: Format,
    warnings: &mut Vec<String>,
) -> Option<NewDescriptor> {
    let error = base.descriptor_signer.as_ref().err()?;
    warnings.push(format!("repo.json was signed anew: {error}"));
    Some(NewDescriptor {
        descriptor: base.descriptor.clone(),
        bytes: base.descriptor_bytes.clone(),
        signature: detached::sign(&base.descriptor_bytes, key, format),
        keys: Vec::new(),
    })
}

pub(super) fn clock_warning(base: &RepositoryDirectory, generated_at: Timestamp) -> Option<String> {
    let latest = base.active.generated_at.max(base.archive.generated_at);
    (generated_at < latest).then(|| {
        format!("the timestamp {generated_at} is before {latest} of the publish before; consumers that saw that one refuse this one")
    })
}

pub(super) fn next_version(base: &RepositoryDirectory) -> Result<u64, ProduceError> {
    let latest = base.active.index_version.max(base.archive.index_version);
    latest.checked_add(1).ok_or(ProduceError::LastVersion(latest))
}

fn report(package: &NewPackage) -> Added {
    Added { unsigned: package.signed_by.is_none(), ..report_of(&package.entry) }
}

/// A package as a report names it.
pub(super) fn report_of(entry: &IndexEntry) -> Added {
    Added {
        file_name: entry.file_name(),
        name: entry.name.to_string(),
        version: entry.version.to_string(),
        architecture: entry.architecture.to_string(),
        unsigned: false,
    }
}
