//! Repositories as a consumer sees them: untrusted reading, adoption, trust state, search.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use std::str::FromStr;

use napi::Env;
use napi::bindgen_prelude::{Buffer, PromiseRaw};
use napi_derive::napi;
use peipkg_core::digest::{Digest, Hashed};
use peipkg_core::repository::adopt::{self, Mode, Update};
use peipkg_core::repository::descriptor::{self, Descriptor, Pointer};
use peipkg_core::repository::index::Kind;
use peipkg_core::repository::open::open;
use peipkg_core::repository::remove;
use peipkg_core::repository::search;
use peipkg_core::repository::trust::{Fetched, Freshness};
use peipkg_core::repository::url;
use peipkg_core::repository::validators::{self, Validators};
use peipkg_core::signature::{KeyStatus, PublicKey, TrustSet, detached};
use peipkg_core::store::Store;
use peipkg_core::store::repositories::{self, RepositoryState};
use peipkg_core::timestamp::Timestamp;

use crate::document::FetchedDocument;
use crate::failure::{Failure, Result, throwing};
use crate::system::System;
use crate::task::spawn;
use crate::universe::{RepositoryPolicy, RepositoryProblem, UniverseRepository};

/// A key as a descriptor lists it.
#[napi(object, object_from_js = false)]
pub struct DescribedKey {
    pub fingerprint: String,
    /// A reference: resolve it.
    pub url: String,
    #[napi(ts_type = "'active' | 'transitioning' | 'revoked'")]
    pub status: &'static str,
    /// RFC 3339 UTC, of a transitioning key.
    pub valid_until: Option<String>,
}

impl From<&descriptor::DescribedKey> for DescribedKey {
    fn from(key: &descriptor::DescribedKey) -> Self {
        let (status, valid_until) = status(&key.status);
        Self { fingerprint: key.fingerprint.to_string(), url: key.url.clone(), status, valid_until }
    }
}

/// Where an index and its signature are.
#[napi(object, object_from_js = false)]
pub struct IndexPointer {
    pub url: String,
    pub signature_url: String,
}

/// What a descriptor says. Nobody has trusted it yet.
#[napi(object, object_from_js = false)]
pub struct UntrustedDescriptor {
    pub name: String,
    pub keys: Vec<DescribedKey>,
    pub active: IndexPointer,
    pub archive: IndexPointer,
}

/// A fetched update.
#[napi(object, object_to_js = false)]
pub struct RepositoryUpdate {
    /// The local name.
    pub name: String,
    #[napi(ts_type = "'add' | 'refresh'")]
    pub mode: String,
    pub descriptor: Option<Buffer>,
    pub descriptor_signature: Option<Buffer>,
    /// Key files, in any order.
    pub keys: Vec<Buffer>,
    pub index_signature: Option<Buffer>,
    /// The digest of the cached index, when the server says that it has no other.
    pub cached_index: Option<String>,
    /// What the server said of the index.
    pub validators: Option<HttpValidators>,
    /// Whether the configuration allows unencrypted transport.
    pub insecure: bool,
    /// The text of `conf/peipkg/<name>.repo`, written together with the state (`add`).
    pub configuration: Option<String>,
}

/// A fetched archive index.
#[napi(object, object_to_js = false)]
pub struct ArchiveUpdate {
    /// The local name of the repository.
    pub name: String,
    pub index_signature: Option<Buffer>,
    /// As in `RepositoryUpdate`.
    pub cached_index: Option<String>,
    /// As in `RepositoryUpdate`.
    pub validators: Option<HttpValidators>,
}

/// What a server said of a document's version, as headers spell it.
#[napi(object)]
pub struct HttpValidators {
    /// Where the document was fetched from.
    pub address: String,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl From<HttpValidators> for Validators {
    fn from(validators: HttpValidators) -> Self {
        let HttpValidators { address, etag, last_modified } = validators;
        Self { address, etag, last_modified }
    }
}

/// A cached index that the server may be asked about.
#[napi(object, object_from_js = false)]
pub struct KnownIndex {
    pub sha256: String,
    pub validators: HttpValidators,
}

/// What an update came to.
#[napi(object, object_from_js = false)]
pub struct Adoption {
    #[napi(ts_type = "'adopted' | 'already-current'")]
    pub outcome: &'static str,
    pub index_version: f64,
    /// How many packages it offers.
    pub packages: f64,
    pub warnings: Vec<String>,
}

impl From<adopt::Adoption> for Adoption {
    fn from(adoption: adopt::Adoption) -> Self {
        Self {
            outcome: match adoption.freshness {
                Freshness::Progress => "adopted",
                Freshness::AlreadyCurrent => "already-current",
            },
            index_version: adoption.index_version as f64,
            packages: adoption.packages as f64,
            warnings: adoption.warnings,
        }
    }
}

/// A key that is trusted, or was.
#[napi(object, object_from_js = false)]
pub struct RepositoryKey {
    pub fingerprint: String,
    #[napi(ts_type = "'active' | 'transitioning' | 'revoked'")]
    pub status: &'static str,
    pub valid_until: Option<String>,
    /// Whether its bytes are held.
    pub held: bool,
}

/// The trust state of a repository.
#[napi(object, object_from_js = false)]
pub struct RepositoryRecord {
    /// The local name.
    pub name: String,
    /// The name that it gives itself.
    pub repo_name: String,
    pub index_version: f64,
    pub generated_at: String,
    pub last_refresh_at: String,
    pub keys: Vec<RepositoryKey>,
    /// The cached archive index's version, once it was fetched.
    pub archive_version: Option<f64>,
    /// Whether unencrypted transport was allowed when this was adopted.
    pub insecure: bool,
}

/// What a search found, and which repositories it could not use.
#[napi(object, object_from_js = false)]
pub struct SearchResult {
    /// A JSON array of objects: `name`, `version`, `architecture`, `repository`, `description`, `installed` (a version or
    /// null).
    pub found: String,
    pub problems: Vec<RepositoryProblem>,
}

/// Reads repo.json without trusting it, to learn what to fetch.
#[napi]
pub fn read_descriptor(document: Buffer) -> Result<UntrustedDescriptor> {
    throwing(|| {
        let descriptor = Descriptor::parse(&document)?;
        Ok(UntrustedDescriptor {
            keys: descriptor.keys.iter().map(DescribedKey::from).collect(),
            active: pointer(&descriptor.active),
            archive: pointer(&descriptor.archive),
            name: descriptor.name,
        })
    })
}

/// Whether a document and its signature verify together with one of the keys (any status): returns the fingerprint. A pair
/// that does not may come from two publishes and is fetched again.
#[napi]
pub fn check_detached(document: Buffer, signature: Buffer, keys: Vec<Buffer>) -> Result<String> {
    throwing(|| {
        let keys: std::result::Result<Vec<PublicKey>, _> =
            keys.iter().map(|key| PublicKey::parse(key)).collect();
        let trust: TrustSet = keys?.into_iter().collect();
        Ok(detached::verify(Hashed::of(&document), &signature, &trust, 0)?.to_string())
    })
}

/// Resolves a reference found in the document at `document_url` of the repository at `base`.
#[napi]
pub fn resolve_reference(base: String, document_url: String, reference: String) -> String {
    url::resolve(&base, &document_url, &reference)
}

#[napi]
impl System {
    /// The trust state of every repository that has one, by name.
    #[napi]
    pub fn repositories(&self) -> Result<Vec<RepositoryRecord>> {
        throwing(|| {
            let Some(store) = Store::read(&self.open()?)? else { return Ok(Vec::new()) };
            Ok(repositories::list(store.connection())?.iter().map(RepositoryRecord::from).collect())
        })
    }

    /// Why the cached state of a configured repository cannot be used now; null when it verifies.
    #[napi]
    pub fn repository_problem(&self, name: String, policy: RepositoryPolicy) -> Result<Option<String>> {
        throwing(|| {
            let root = self.open()?;
            let Some(store) = Store::read(&root)? else {
                return Ok(Some("it was never refreshed".to_owned()));
            };
            let opened = open(&root, &store, &name, Kind::Active, &policy.convert()?);
            Ok(opened.err().map(|error| error.to_string()))
        })
    }

    /// What the server said of the index that is trusted now; null when that is not known.
    #[napi]
    pub fn known_index(
        &self,
        name: String,
        #[napi(ts_arg_type = "'active' | 'archive'")] kind: String,
    ) -> Result<Option<KnownIndex>> {
        throwing(|| {
            let known = validators::known(&self.open()?, &name, kind_of(&kind))?;
            Ok(known.map(|known| KnownIndex {
                sha256: known.digest.to_string(),
                validators: HttpValidators {
                    address: known.validators.address,
                    etag: known.validators.etag,
                    last_modified: known.validators.last_modified,
                },
            }))
        })
    }

    /// Verifies an update and makes it the trusted state, or leaves everything as it was. `index` is empty afterwards; without
    /// it the cached one of `cached_index` is verified anew.
    #[napi]
    pub fn adopt<'env>(
        &self,
        env: &'env Env,
        update: RepositoryUpdate,
        index: Option<&FetchedDocument>,
        policy: RepositoryPolicy,
    ) -> Result<PromiseRaw<'env, Adoption>> {
        let path = self.path.clone();
        let policy = throwing(|| policy.convert())?;
        let index = index.map(FetchedDocument::take);
        let update = Owned::from(update);
        spawn(env, "adopt", move || {
            let root = peipkg_core::fsx::Root::open(&path)?;
            let index =
                index_bytes(&root, &update.name, Kind::Active, index, update.cached_index.as_deref())?;
            let update = Update {
                name: &update.name,
                mode: if update.add { Mode::Add } else { Mode::Refresh },
                fetched: Fetched {
                    descriptor: update.descriptor.as_deref(),
                    signature: update.descriptor_signature.as_deref(),
                    keys: &update.keys,
                },
                index: &index,
                index_signature: update.index_signature.as_deref(),
                validators: update.validators.as_ref(),
                insecure: update.insecure,
                configuration: update.configuration.as_deref(),
            };
            Ok(adopt::adopt(&root, &update, &policy)?.into())
        })
    }

    /// The same for a fetched archive index, which has floors of its own.
    #[napi]
    pub fn adopt_archive<'env>(
        &self,
        env: &'env Env,
        update: ArchiveUpdate,
        index: Option<&FetchedDocument>,
        policy: RepositoryPolicy,
    ) -> Result<PromiseRaw<'env, Adoption>> {
        let path = self.path.clone();
        let policy = throwing(|| policy.convert())?;
        let index = index.map(FetchedDocument::take);
        let signature = update.index_signature.map(|bytes| bytes.to_vec());
        let validators = update.validators.map(Validators::from);
        let (name, cached) = (update.name, update.cached_index);
        spawn(env, "adopt-archive", move || {
            let root = peipkg_core::fsx::Root::open(&path)?;
            let index = index_bytes(&root, &name, Kind::Archive, index, cached.as_deref())?;
            let signature = signature.as_deref();
            Ok(adopt::adopt_archive(&root, &name, &index, signature, validators.as_ref(), &policy)?.into())
        })
    }

    /// Forgets a repository: its configuration, its state, its cached metadata. False when there was nothing of it.
    #[napi]
    pub fn remove_repository(&self, name: String, now: f64) -> Result<bool> {
        throwing(|| Ok(remove::remove(&self.open()?, &name, now as i64)?))
    }

    /// Finds `term`, whatever its case, in the names and descriptions that the repositories offer.
    #[napi]
    pub fn search_available(
        &self,
        term: String,
        repositories: Vec<UniverseRepository>,
    ) -> Result<SearchResult> {
        throwing(|| {
            let repositories = repositories.into_iter().map(UniverseRepository::convert);
            let repositories = repositories.collect::<std::result::Result<Vec<_>, Failure>>()?;
            let (found, problems) = search::search(&self.open()?, &term, &repositories)?;
            let problems = problems
                .into_iter()
                .map(|problem| RepositoryProblem { repository: problem.repository, reason: problem.reason });
            Ok(SearchResult { found: search::to_json(&found), problems: problems.collect() })
        })
    }
}

/// An update whose bytes no longer belong to JavaScript.
struct Owned {
    name: String,
    add: bool,
    descriptor: Option<Vec<u8>>,
    descriptor_signature: Option<Vec<u8>>,
    keys: Vec<Vec<u8>>,
    index_signature: Option<Vec<u8>>,
    cached_index: Option<String>,
    validators: Option<Validators>,
    insecure: bool,
    configuration: Option<String>,
}

impl From<RepositoryUpdate> for Owned {
    fn from(update: RepositoryUpdate) -> Self {
        let bytes = |buffer: Option<Buffer>| buffer.map(|buffer| buffer.to_vec());
        Self {
            name: update.name,
            add: update.mode == "add",
            descriptor: bytes(update.descriptor),
            descriptor_signature: bytes(update.descriptor_signature),
            keys: update.keys.iter().map(|key| key.to_vec()).collect(),
            index_signature: bytes(update.index_signature),
            cached_index: update.cached_index,
            validators: update.validators.map(Validators::from),
            insecure: update.insecure,
            configuration: update.configuration,
        }
    }
}

impl From<&RepositoryState> for RepositoryRecord {
    fn from(state: &RepositoryState) -> Self {
        let keys = state.keys.iter().map(|record| {
            let (word, valid_until) = status(&record.status);
            let revoked = state.revoked.contains(&record.fingerprint);
            let status = if revoked { "revoked" } else { word };
            RepositoryKey {
                fingerprint: record.fingerprint.to_string(),
                status,
                valid_until,
                held: record.key.is_some(),
            }
        });
        Self {
            name: state.name.clone(),
            repo_name: state.repo_name.clone(),
            index_version: state.active.index_version as f64,
            generated_at: state.active.generated_at.to_string(),
            last_refresh_at: Timestamp::from_seconds(state.last_refresh_at)
                .map_or_else(String::new, |time| time.to_string()),
            keys: keys.collect(),
            insecure: state.insecure,
            archive_version: state.archive.as_ref().map(|archive| archive.index_version as f64),
        }
    }
}

/// The fetched bytes, or the cached ones of that digest.
fn index_bytes(
    root: &peipkg_core::fsx::Root,
    name: &str,
    kind: Kind,
    fetched: Option<Vec<u8>>,
    cached: Option<&str>,
) -> std::result::Result<Vec<u8>, Failure> {
    match (fetched, cached) {
        (Some(bytes), _) => Ok(bytes),
        (None, Some(digest)) => Ok(validators::cached(root, name, kind, Digest::from_str(digest)?)?),
        (None, None) => Ok(Vec::new()),
    }
}

fn kind_of(word: &str) -> Kind {
    if word == "archive" { Kind::Archive } else { Kind::Active }
}

fn status(status: &KeyStatus) -> (&'static str, Option<String>) {
    match status {
        KeyStatus::Active => ("active", None),
        KeyStatus::Transitioning { until } => ("transitioning", Some(until.to_string())),
        KeyStatus::Revoked => ("revoked", None),
    }
}

fn pointer(pointer: &Pointer) -> IndexPointer {
    IndexPointer { url: pointer.url.clone(), signature_url: pointer.signature_url.clone() }
}
