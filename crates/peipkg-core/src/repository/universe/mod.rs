//! The planning input: every package that a request can touch, with satisfaction computed to integer ids (PSD-009 §4.2.3).
//!
//! It is metadata only. The object stays with the native side, so that a transaction can check that each package equals the
//! index entry that was planned with.

mod gather;
mod local;
mod ranks;
mod requirements;
mod select;
mod snapshot;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use requirements::Requirement;

use self::select::When;
use super::RepositoryError;
use super::index::IndexEntry;
use super::trust::Policy;
use super::url;
use crate::archive::{ArchiveError, Observer, VerifyRules};
use crate::digest::Digest;
use crate::error::Coded;
use crate::fsx::Root;
use crate::identity::{Architecture, IdentityError, Name, Version};
use crate::package::{Limits, PackageError};
use crate::signature::TrustSet;
use crate::store::packages::Reason;
use crate::store::{Store, StoreError};

/// A repository as the operator configured it.
#[derive(Debug, Clone)]
pub struct ConfiguredRepository {
    /// Its local name.
    pub name: String,
    /// Lower is stronger.
    pub priority: u32,
    /// Whether the drop-in rule spares its packages.
    pub official: bool,
    /// What it must prove.
    pub policy: Policy,
    /// Without trailing slash.
    pub base_url: String,
    /// The farms whose packages are taken; none named: all.
    pub farm_ids: Vec<String>,
}

/// What the universe is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Names asked for, real or virtual.
    pub names: Vec<String>,
    /// `.peipkg` files asked for.
    pub locals: Vec<PathBuf>,
    /// `upgrade` without names: also what replaces an installed package.
    pub everything: bool,
    /// Everything that the active indexes offer, reachable or not, by its relations alone: nothing may be planned from it.
    pub whole: bool,
    /// Only what repositories offer of `names`, from indexes as they were adopted: nothing may be planned from it.
    pub query: bool,
    /// Repositories whose archive index is searched too.
    pub archives: Vec<String>,
    /// Earlier states that can be restored from what is retained: the package, and the transaction that ended it.
    pub restores: Vec<(String, i64)>,
    /// Configured repositories, by priority, then name.
    pub repositories: Vec<ConfiguredRepository>,
    /// Bounds for local files.
    pub limits: Limits,
}

/// A configured repository whose cached state verifies.
#[derive(Debug)]
pub struct UsedRepository {
    /// As configured.
    pub configured: ConfiguredRepository,
    /// The keys its packages must be signed with.
    pub trust: TrustSet,
    /// The URLs of its active and its archive index, against which package references resolve.
    index_urls: [String; 2],
}

/// Where a candidate is.
#[derive(Debug)]
pub enum Source {
    /// A `.peipkg` file.
    Local {
        /// Its absolute path.
        file: PathBuf,
    },
    /// It is installed.
    Installed {
        /// The repository it came from; `None` for a local file.
        origin: Option<String>,
        /// The priority that repository had then.
        origin_priority: Option<u32>,
        /// Why it is installed.
        reason: Reason,
        /// Whether upgrades leave it alone.
        held: bool,
    },
    /// It was installed before a transaction, and what that took away is retained.
    Retained {
        /// The transaction that ended it.
        transaction: i64,
        /// The repository it came from; `None` for a local file.
        origin: Option<String>,
        /// The priority that repository had then.
        origin_priority: Option<u32>,
        /// Why it was installed.
        reason: Reason,
        /// Whether upgrades left it alone.
        held: bool,
    },
    /// A repository offers it.
    Repository {
        /// Its place in [`Universe::repositories`].
        repository: usize,
        /// Whether only the archive index has it.
        archived: bool,
    },
}

/// A package that may be in the result. Its id is its place in [`Universe::candidates`].
#[derive(Debug)]
pub struct Candidate {
    /// What planning knows of it. Of an installed package nothing is recorded of its file: digest and compressed size are zero.
    pub package: IndexEntry,
    /// Where it is.
    pub source: Source,
    /// The dense rank of its version among all versions here: equal versions share one.
    pub rank: u32,
    /// The ranks of its provides' versions.
    pub provide_ranks: Vec<Option<u32>>,
    /// Requirement ids.
    pub dependencies: Vec<u32>,
    /// Requirement ids.
    pub optional: Vec<u32>,
    /// Requirement ids; packages of its own name never satisfy them.
    pub conflicts: Vec<u32>,
    /// Requirement ids, satisfied by real names only, whatever the architecture.
    pub replaces: Vec<u32>,
    /// Whether it overrides security descriptors; of a repository's package that is not known before it is fetched.
    pub overrides: bool,
}

/// A package that was asked for but cannot be installed on this architecture (condition 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatched {
    /// The package.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// The architecture it is for.
    pub architecture: Architecture,
    /// Its place in [`Universe::repositories`]; `None` for a local file.
    pub repository: Option<usize>,
}

/// A configured repository that cannot be used.
#[derive(Debug)]
pub struct Unusable {
    /// Its local name.
    pub repository: String,
    /// Why.
    pub reason: String,
}

/// Everything that a request can touch.
#[derive(Debug)]
pub struct Universe {
    /// The database's generation that it was made from; 0 without a database.
    pub generation: u64,
    /// It answers a query, no more.
    pub query: bool,
    /// The primary architecture.
    pub architecture: Architecture,
    /// The usable repositories, in the order of the request.
    pub repositories: Vec<UsedRepository>,
    /// By name, then version descending, then source.
    pub candidates: Vec<Candidate>,
    /// Interned; an id is the place here.
    pub requirements: Vec<Requirement>,
    /// Requested packages of another architecture.
    pub mismatched: Vec<Mismatched>,
    /// Configured repositories that cannot be used.
    pub problems: Vec<Unusable>,
}

/// What a fetched package must be.
#[derive(Debug)]
pub struct Expected<'a> {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_compressed: u64,
    /// The size of its regular files in bytes.
    pub size_installed: u64,
    /// What its manifest must match ([`super::matches::matches`]); `None` for a local file, whose digest says it all.
    pub entry: Option<&'a IndexEntry>,
    /// Where it comes from; `None` for a local file.
    pub repository: Option<&'a UsedRepository>,
}

/// Where a candidate's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A local file.
    File(PathBuf),
    /// To be fetched.
    Remote {
        /// The repository's local name.
        repository: String,
        /// Resolved against the URL of the index that has the entry.
        url: String,
    },
}

/// Why there is no universe.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum UniverseError {
    #[error("{}: {source}", crate::text::escape(&.file.to_string_lossy()))]
    Local { file: PathBuf, source: Box<ArchiveError> },
    #[error("cannot read {}: {}", crate::text::escape(&.file.to_string_lossy()), crate::text::reason(.source))]
    LocalIo { file: PathBuf, source: std::io::Error },
    #[error("the database's manifest of {} is not valid any more: {source}", crate::text::quote(.package))]
    Installed { package: String, source: Box<PackageError> },
    #[error("the database's architecture is not valid: {0}")]
    Architecture(#[source] IdentityError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Coded for UniverseError {
    fn code(&self) -> &'static str {
        match self {
            Self::Local { source, .. } => source.code(),
            Self::LocalIo { .. } => "PEI_IO",
            Self::Installed { .. } | Self::Architecture(_) => "PEI_STORE_FAILED",
            Self::Store(error) => error.code(),
            Self::Repository(error) => error.code(),
        }
    }
}

impl Universe {
    /// Builds the universe of a request. Takes no lock and changes nothing.
    pub fn build(root: &Root, request: &Request, observer: &Observer) -> Result<Self, UniverseError> {
        let rules = VerifyRules { limits: request.limits.clone(), ..VerifyRules::default() };
        let locals = local::read(&request.locals, &rules, observer)?;
        let Some(store) = Store::read(root)? else {
            let repositories = request.repositories.iter().map(|repository| Unusable {
                repository: repository.name.clone(),
                reason: RepositoryError::Unknown(repository.name.clone()).to_string(),
            });
            let problems = repositories.collect();
            let architecture = Architecture::of_this_machine();
            let universe = gather::gather(request, Vec::new(), locals, Vec::new(), Vec::new(), architecture)?;
            return Ok(Self { problems, ..universe });
        };
        match Self::attempt(root, &store, request, locals.clone(), When::Afterwards) {
            // Some index is not what it should be: which one, and why, shows when it is verified before it is read.
            Err(UniverseError::Repository(_)) => Self::attempt(root, &store, request, locals, When::Before),
            other => other,
        }
    }

    fn attempt(
        root: &Root,
        store: &Store,
        request: &Request,
        locals: Vec<local::Local>,
        when: When,
    ) -> Result<Self, UniverseError> {
        let snapshot = snapshot::Snapshot::take(root, store, request, when)?;
        let universe = gather::gather(
            request,
            snapshot.opened,
            locals,
            snapshot.installed,
            snapshot.retained,
            snapshot.architecture,
        )?;
        Ok(Self { generation: snapshot.generation, problems: snapshot.problems, ..universe })
    }

    /// What the package fetched for `candidate` must be; `None` for an installed or retained one, or an id that is not
    /// here.
    pub fn expected(&self, candidate: usize) -> Option<Expected<'_>> {
        let candidate = self.candidates.get(candidate)?;
        let package = &candidate.package;
        let repository = match candidate.source {
            Source::Installed { .. } | Source::Retained { .. } => return None,
            Source::Local { .. } => None,
            Source::Repository { repository, .. } => Some(&self.repositories[repository]),
        };
        Some(Expected {
            digest: package.digest,
            size_compressed: package.size_compressed,
            size_installed: package.size_installed,
            entry: repository.is_some().then_some(package),
            repository,
        })
    }

    /// Where the bytes of `candidate` are; `None` for an installed one, or an id that is not here.
    pub fn location(&self, candidate: usize) -> Option<Location> {
        let candidate = self.candidates.get(candidate)?;
        match &candidate.source {
            Source::Installed { .. } | Source::Retained { .. } => None,
            Source::Local { file } => Some(Location::File(file.clone())),
            Source::Repository { repository, archived } => {
                let repository = &self.repositories[*repository];
                let index_url = &repository.index_urls[usize::from(*archived)];
                Some(Location::Remote {
                    repository: repository.configured.name.clone(),
                    url: url::resolve(&repository.configured.base_url, index_url, &candidate.package.url),
                })
            }
        }
    }
}
