//! The planning input for the resolver, and what each candidate must be when it is installed.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use napi::bindgen_prelude::{Array, Null, PromiseRaw, ToNapiValue};
use napi::{Either, Env};
use napi_derive::napi;
use peipkg_core::archive::Observer;
use peipkg_core::digest::Digest;
use peipkg_core::package::Limits;
use peipkg_core::repository::matches::{check_farm, matches};
use peipkg_core::repository::trust::Policy;
use peipkg_core::repository::universe::{self, ConfiguredRepository, Location, Request, Source};
use peipkg_core::signature::Fingerprint;
use peipkg_core::transaction::Expectation;

use crate::failure::{Failure, Result, throwing};
use crate::system::System;
use crate::task::spawn;

/// What a repository must prove.
#[napi(object, object_to_js = false)]
pub struct RepositoryPolicy {
    #[napi(ts_type = "'required' | 'optional'")]
    pub signature_policy: String,
    /// Fingerprints, 64 hex digits each.
    pub anchors: Vec<String>,
    pub min_index_version: f64,
    /// Seconds since 1970.
    pub now: f64,
}

impl RepositoryPolicy {
    /// The policy as the core knows it.
    pub fn convert(self) -> std::result::Result<Policy, Failure> {
        let anchors = self.anchors.iter().map(|anchor| Ok(Fingerprint(Digest::from_str(anchor)?)));
        Ok(Policy {
            required: self.signature_policy != "optional",
            anchors: anchors.collect::<std::result::Result<_, Failure>>()?,
            min_index_version: self.min_index_version as u64,
            now: self.now as i64,
        })
    }
}

/// A repository as the operator configured it.
#[napi(object, object_to_js = false)]
pub struct UniverseRepository {
    pub name: String,
    pub priority: u32,
    pub official: bool,
    pub policy: RepositoryPolicy,
    /// Without trailing slash.
    pub base_url: String,
    /// The farms whose packages are taken; none named: all.
    pub farm_ids: Vec<String>,
}

impl UniverseRepository {
    /// The repository as the core knows it.
    pub fn convert(self) -> std::result::Result<ConfiguredRepository, Failure> {
        Ok(ConfiguredRepository {
            name: self.name,
            priority: self.priority,
            official: self.official,
            policy: self.policy.convert()?,
            base_url: self.base_url,
            farm_ids: self.farm_ids,
        })
    }
}

/// An earlier state of a package.
#[napi(object, object_to_js = false)]
pub struct RetainedState {
    pub name: String,
    /// The transaction that ended it.
    pub transaction: f64,
}

/// What is asked for.
#[napi(object, object_to_js = false)]
pub struct UniverseRequest {
    /// Names asked for, real or virtual.
    pub names: Vec<String>,
    /// Absolute paths of .peipkg files asked for.
    pub locals: Vec<String>,
    /// `upgrade` without names: also what replaces an installed package.
    pub everything: bool,
    /// Only what repositories offer of `names`, without their dependencies: for a query, nothing can be planned from it.
    pub query: Option<bool>,
    /// Everything that repositories offer, reachable or not, by its relations alone: for a question, nothing can be planned
    /// from it.
    pub whole: Option<bool>,
    /// Repositories whose cached archive index is searched too.
    pub archives: Vec<String>,
    /// Earlier states that may be restored from what is retained.
    pub restores: Option<Vec<RetainedState>>,
    /// Configured repositories, by priority, then name.
    pub repositories: Vec<UniverseRepository>,
}

/// A usable repository.
#[napi(object, object_from_js = false)]
pub struct ViewedRepository {
    pub name: String,
    pub priority: u32,
    pub official: bool,
}

/// A configured repository that cannot be used.
#[napi(object, object_from_js = false)]
pub struct RepositoryProblem {
    pub repository: String,
    pub reason: String,
}

/// A virtual name.
#[napi(object, object_from_js = false)]
pub struct ProvidedName {
    pub name: String,
    #[napi(ts_type = "string | null")]
    pub version: Either<String, Null>,
    /// The rank of that version among all versions here.
    #[napi(ts_type = "number | null")]
    pub rank: Either<u32, Null>,
}

/// A package that may be in the result; its id is its index.
#[napi(object, object_from_js = false)]
pub struct Candidate {
    pub name: String,
    pub version: String,
    pub architecture: String,
    /// Dense rank over all versions here; equal versions share one.
    pub version_rank: u32,
    #[napi(ts_type = "'installed' | 'retained' | 'repository' | 'local'")]
    pub source: &'static str,
    /// Index into `repositories`: where it is offered, or of an installed one its origin if that is configured; -1 else.
    pub repository: i32,
    /// Installed or retained: the priority its origin had.
    #[napi(ts_type = "number | null")]
    pub origin_priority: Either<u32, Null>,
    /// Installed or retained: the recorded origin; null for a local file.
    #[napi(ts_type = "string | null")]
    pub origin: Either<String, Null>,
    /// Only in the archive index.
    pub archived: bool,
    /// Installed or retained: why.
    #[napi(ts_type = "'explicit' | 'dependency' | null")]
    pub reason: Either<&'static str, Null>,
    /// Installed or retained: whether upgrades leave it alone.
    pub held: bool,
    /// Requirement ids.
    pub dependencies: Vec<u32>,
    /// Requirement ids of optional dependencies.
    pub optional: Vec<u32>,
    /// Requirement ids whose satisfiers it cannot coexist with.
    pub conflicts: Vec<u32>,
    /// Requirement ids of what it supersedes.
    pub replaces: Vec<u32>,
    pub provides: Vec<ProvidedName>,
    pub description: String,
    pub size_compressed: f64,
    pub size_installed: f64,
    pub side_effects: Vec<String>,
    /// Whether it overrides security descriptors; unknown of a repository's package before it is fetched.
    pub overrides: bool,
}

/// One relation as somebody here states it.
#[napi(object, object_from_js = false)]
pub struct Requirement {
    pub name: String,
    #[napi(ts_type = "string | null")]
    pub constraint: Either<String, Null>,
    /// Candidate ids, ascending.
    pub satisfiers: Vec<u32>,
    /// Name and version fit, but the depending package cannot use their architecture.
    pub wrong_architecture: Vec<u32>,
}

/// A package that was asked for but cannot be installed here.
#[napi(object, object_from_js = false)]
pub struct MismatchedPackage {
    pub name: String,
    pub version: String,
    pub architecture: String,
    /// Index into `repositories`; -1 for a local file.
    pub repository: i32,
}

/// Everything that a request can touch.
#[napi(object, object_from_js = false)]
pub struct UniverseView<'env> {
    pub generation: f64,
    pub architecture: String,
    /// Usable repositories, in the order of the request.
    pub repositories: Vec<ViewedRepository>,
    /// By name, then version descending, then source.
    #[napi(ts_type = "Array<Candidate>")]
    pub candidates: Array<'env>,
    #[napi(ts_type = "Array<Requirement>")]
    pub requirements: Array<'env>,
    pub mismatched: Vec<MismatchedPackage>,
}

/// What is said about a candidate.
#[napi(object, object_from_js = false)]
pub struct CandidateDescription {
    pub license: String,
    pub homepage: String,
}

/// Where a candidate's bytes are.
#[napi(object, object_from_js = false)]
pub struct CandidateSource {
    /// Of a local file.
    pub file: Option<String>,
    pub repository: Option<String>,
    /// Resolved against the URL of its index.
    pub url: Option<String>,
    pub size: f64,
    pub sha256: String,
    pub filename: String,
}

/// The universe of one request. The transaction takes the object itself, so that it checks against what was planned.
#[napi]
pub struct Universe {
    inner: Arc<universe::Universe>,
}

#[napi]
impl Universe {
    /// The universe as data. Made entry by entry: there may be a hundred thousand, and a copy of all of them would be in the way.
    #[napi]
    pub fn view<'env>(&self, env: &'env Env) -> napi::Result<UniverseView<'env>> {
        let inner = &self.inner;
        let repositories = inner.repositories.iter().map(|used| ViewedRepository {
            name: used.configured.name.clone(),
            priority: used.configured.priority,
            official: used.configured.official,
        });
        let mismatched = inner.mismatched.iter().map(|package| MismatchedPackage {
            name: package.name.to_string(),
            version: package.version.to_string(),
            architecture: package.architecture.to_string(),
            repository: package.repository.map_or(-1, |index| index as i32),
        });
        Ok(UniverseView {
            generation: inner.generation as f64,
            architecture: inner.architecture.to_string(),
            repositories: repositories.collect(),
            candidates: array(env, inner.candidates.iter().map(|candidate| self.candidate(candidate)))?,
            requirements: array(env, inner.requirements.iter().map(Requirement::from))?,
            mismatched: mismatched.collect(),
        })
    }

    /// Gives up the candidates: after the view, who asks about relations only has no other use for them.
    #[napi]
    pub fn release(&mut self) {
        let inner = &self.inner;
        self.inner = Arc::new(universe::Universe {
            generation: inner.generation,
            query: true,
            architecture: inner.architecture.clone(),
            repositories: Vec::new(),
            candidates: Vec::new(),
            requirements: Vec::new(),
            mismatched: Vec::new(),
            problems: Vec::new(),
        });
    }

    /// Where the bytes of a candidate are; null for an installed or retained one.
    #[napi]
    pub fn source(&self, candidate: u32) -> Option<CandidateSource> {
        let package = &self.inner.candidates.get(candidate as usize)?.package;
        let (file, repository, url) = match self.inner.location(candidate as usize)? {
            Location::File(file) => (Some(file.to_string_lossy().into_owned()), None, None),
            Location::Remote { repository, url } => (None, Some(repository), Some(url)),
        };
        let filename = format!("{}_{}_{}.peipkg", package.name, package.version, package.architecture);
        let (size, sha256) = (package.size_compressed as f64, package.digest.to_string());
        Some(CandidateSource { file, repository, url, size, sha256, filename })
    }

    /// What is said about a candidate and plays no part in planning; null for an id that is not here.
    #[napi]
    pub fn description(&self, candidate: u32) -> Option<CandidateDescription> {
        let package = &self.inner.candidates.get(candidate as usize)?.package;
        Some(CandidateDescription { license: package.license.clone(), homepage: package.homepage.clone() })
    }

    /// Configured repositories that cannot be used.
    #[napi(getter)]
    pub fn problems(&self) -> Vec<RepositoryProblem> {
        let problems = self.inner.problems.iter();
        problems
            .map(|problem| RepositoryProblem {
                repository: problem.repository.clone(),
                reason: problem.reason.clone(),
            })
            .collect()
    }
}

impl Universe {
    /// Nothing may be done with it.
    pub(crate) fn is_query(&self) -> bool {
        self.inner.query
    }

    pub(crate) fn generation(&self) -> u64 {
        self.inner.generation
    }

    /// A candidate to be restored from what is retained: its name, and the transaction that ended it.
    pub(crate) fn retained(&self, candidate: u32) -> Option<(String, i64)> {
        let candidate = self.inner.candidates.get(candidate as usize)?;
        match candidate.source {
            Source::Retained { transaction, .. } => Some((candidate.package.name.to_string(), transaction)),
            _ => None,
        }
    }

    /// What the package fetched for a candidate must be.
    pub(crate) fn expectation(&self, candidate: u32) -> Option<Expectation> {
        let expected = self.inner.expected(candidate as usize)?;
        let package = &self.inner.candidates.get(candidate as usize)?.package;
        let repository = expected.repository;
        let policy = repository.map(|used| &used.configured.policy);
        let signed_mode = policy.filter(|policy| !policy.is_unsigned_mode());
        Some(Expectation {
            name: package.name.to_string(),
            version: package.version.as_str().to_owned(),
            architecture: package.architecture.to_string(),
            digest: expected.digest,
            size: expected.size_compressed,
            size_installed: repository.map(|_| expected.size_installed),
            repository: repository.map(|used| used.configured.name.clone()),
            priority: repository.map(|used| used.configured.priority),
            official: repository.is_some_and(|used| used.configured.official),
            trust: signed_mode.and(repository).map(|used| Arc::new(used.trust.clone())),
            signature_required: policy.is_some_and(|policy| policy.required),
            entry: repository.map(|used| self.entry_check(candidate as usize, &used.configured)),
        })
    }

    fn entry_check(
        &self,
        candidate: usize,
        configured: &ConfiguredRepository,
    ) -> peipkg_core::transaction::EntryCheck {
        let inner = Arc::clone(&self.inner);
        let (repository, farms) = (configured.name.clone(), configured.farm_ids.clone());
        Arc::new(move |manifest| {
            let entry = &inner.candidates[candidate].package;
            check_farm(manifest, &farms, &repository)
                .and_then(|()| matches(manifest, entry, &repository))
                .map_err(|error| error.to_string())
        })
    }

    fn candidate(&self, candidate: &universe::Candidate) -> Candidate {
        let package = &candidate.package;
        let (source, repository, archived) = match &candidate.source {
            Source::Local { .. } => ("local", None, false),
            Source::Repository { repository, archived } => ("repository", Some(*repository), *archived),
            Source::Installed { origin, .. } => {
                ("installed", self.repository_named(origin.as_deref()), false)
            }
            Source::Retained { origin, .. } => ("retained", self.repository_named(origin.as_deref()), false),
        };
        let (origin, origin_priority, reason, held) = match &candidate.source {
            Source::Installed { origin, origin_priority, reason, held }
            | Source::Retained { origin, origin_priority, reason, held, .. } => {
                (origin.clone(), *origin_priority, Some(reason.as_str()), *held)
            }
            _ => (None, None, None, false),
        };
        let provides =
            package.provides.iter().zip(&candidate.provide_ranks).map(|(provide, rank)| ProvidedName {
                name: provide.name.to_string(),
                version: nullable(provide.version.as_ref().map(|version| version.as_str().to_owned())),
                rank: nullable(*rank),
            });
        Candidate {
            name: package.name.to_string(),
            version: package.version.as_str().to_owned(),
            architecture: package.architecture.to_string(),
            version_rank: candidate.rank,
            source,
            repository: repository.map_or(-1, |index| index as i32),
            origin_priority: nullable(origin_priority),
            origin: nullable(origin),
            archived,
            reason: nullable(reason),
            held,
            dependencies: candidate.dependencies.clone(),
            optional: candidate.optional.clone(),
            conflicts: candidate.conflicts.clone(),
            replaces: candidate.replaces.clone(),
            provides: provides.collect(),
            description: package.description.clone(),
            size_compressed: package.size_compressed as f64,
            size_installed: package.size_installed as f64,
            side_effects: package.side_effects.iter().map(|effect| effect.as_str().to_owned()).collect(),
            overrides: candidate.overrides,
        }
    }

    fn repository_named(&self, name: Option<&str>) -> Option<usize> {
        let name = name?;
        self.inner.repositories.iter().position(|used| used.configured.name == name)
    }
}

impl From<&universe::Requirement> for Requirement {
    fn from(requirement: &universe::Requirement) -> Self {
        Self {
            name: requirement.name.to_string(),
            constraint: nullable(
                requirement.constraint.as_ref().map(|constraint| constraint.as_str().to_owned()),
            ),
            satisfiers: requirement.satisfiers.clone(),
            wrong_architecture: requirement.wrong_architecture.clone(),
        }
    }
}

#[napi]
impl System {
    /// Builds the universe of a request: signatures of all cached indexes are verified again. Changes nothing.
    #[napi]
    pub fn universe<'env>(
        &self,
        env: &'env Env,
        request: UniverseRequest,
    ) -> Result<PromiseRaw<'env, Universe>> {
        let path = self.path.clone();
        let request = throwing(|| convert(request))?;
        spawn(env, "universe", move || {
            let root = peipkg_core::fsx::Root::open(&path)?;
            let inner = universe::Universe::build(&root, &request, &Observer::default())?;
            Ok(Universe { inner: Arc::new(inner) })
        })
    }
}

fn convert(request: UniverseRequest) -> std::result::Result<Request, Failure> {
    let repositories = request.repositories.into_iter().map(UniverseRepository::convert);
    Ok(Request {
        names: request.names,
        locals: request.locals.into_iter().map(PathBuf::from).collect(),
        everything: request.everything,
        whole: request.whole.unwrap_or_default(),
        query: request.query.unwrap_or_default(),
        archives: request.archives,
        restores: request
            .restores
            .unwrap_or_default()
            .into_iter()
            .map(|state| (state.name, state.transaction as i64))
            .collect(),
        repositories: repositories.collect::<std::result::Result<_, Failure>>()?,
        limits: Limits::default(),
    })
}

impl Universe {
    /// Digest and size of a candidate that a repository offers; `None` for one whose bytes are here.
    pub(crate) fn remote(&self, candidate: u32) -> Option<(Digest, u64)> {
        let candidate = self.inner.candidates.get(candidate as usize)?;
        let Source::Repository { .. } = candidate.source else { return None };
        Some((candidate.package.digest, candidate.package.size_compressed))
    }
}

fn array<T: ToNapiValue>(env: &Env, values: impl ExactSizeIterator<Item = T>) -> napi::Result<Array<'_>> {
    let mut array = env.create_array(values.len() as u32)?;
    for (place, value) in values.enumerate() {
        // What an entry is made of is let go with it: else every part of every entry is held until the last one is made.
        env.run_in_scope(|| array.set(place as u32, value))?;
    }
    Ok(array)
}

fn nullable<T>(value: Option<T>) -> Either<T, Null> {
    value.map_or(Either::B(Null), Either::A)
}
