//! What the database says at one moment, with the documents that it points to.

use super::select::{self, Opened, When};
use super::{Request, UniverseError, Unusable};
use crate::fsx::Root;
use crate::identity::Architecture;
use crate::repository::RepositoryError;
use crate::store::ended;
use crate::store::packages::{self, InstalledPackage};
use crate::store::{Store, StoreError};

/// How often a snapshot is taken again because refreshes removed the documents that it pointed to.
const ATTEMPTS: usize = 4;

/// Packages, trust state and generation as they belong together.
pub(super) struct Snapshot {
    pub(super) generation: u64,
    pub(super) architecture: Architecture,
    pub(super) installed: Vec<InstalledPackage>,
    pub(super) retained: Vec<(i64, InstalledPackage)>,
    pub(super) opened: Vec<Opened>,
    pub(super) problems: Vec<Unusable>,
}

impl Snapshot {
    pub(super) fn take(
        root: &Root,
        store: &Store,
        request: &Request,
        when: When,
    ) -> Result<Self, UniverseError> {
        let mut attempt = 1;
        loop {
            let (snapshot, missing) = Self::take_once(root, store, request, when)?;
            if !missing || attempt == ATTEMPTS || store.generation()? == snapshot.generation {
                return Ok(snapshot);
            }
            attempt += 1;
        }
    }

    /// Says also whether a cached document was missing.
    fn take_once(
        root: &Root,
        store: &Store,
        request: &Request,
        when: When,
    ) -> Result<(Self, bool), UniverseError> {
        let _transaction = store.connection().unchecked_transaction().map_err(StoreError::from)?;
        let mut snapshot = Self {
            generation: store.generation()?,
            architecture: Architecture::parse(&store.architecture()?).map_err(UniverseError::Architecture)?,
            installed: if request.query { Vec::new() } else { packages::list(store.connection())? },
            retained: Vec::new(),
            opened: Vec::new(),
            problems: Vec::new(),
        };
        for (name, transaction) in &request.restores {
            let package = ended::package(store.connection(), *transaction, name)?;
            snapshot.retained.extend(package.map(|package| (*transaction, package)));
        }
        let mut missing = false;
        for repository in &request.repositories {
            match select::open(root, store, repository, request, when) {
                Ok(opened) => snapshot.opened.push(opened),
                Err(error) => {
                    missing |= matches!(error, RepositoryError::CacheMissing { .. });
                    let reason = error.to_string();
                    snapshot.problems.push(Unusable { repository: repository.name.clone(), reason });
                }
            }
        }
        Ok((snapshot, missing))
    }
}
