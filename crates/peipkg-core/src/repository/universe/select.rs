//! Opening what one configured repository offers.

use super::{ConfiguredRepository, Request, UsedRepository};
use crate::fsx::Root;
use crate::repository::catalog::Catalog;
use crate::repository::index::Kind;
use crate::repository::open::{announce, check, open as open_index};
use crate::repository::{RepositoryError, url};
use crate::store::Store;
use crate::store::repositories::RepositoryState;

/// A usable repository with its indexes.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) used: UsedRepository,
    pub(super) active: Catalog,
    pub(super) archive: Option<Catalog>,
}

/// When the bytes of an index are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Once everything was read, where that is possible: it costs half, and a tenth of the memory.
    Afterwards,
    /// Before anything is read: it can say what is wrong.
    Before,
}

impl Opened {
    /// Whether everything that was read of it verifies.
    pub(super) fn settle(&self) -> bool {
        self.active.settle() && self.archive.as_ref().is_none_or(Catalog::settle)
    }
}

/// Verifies the cached active index, and the archive index where it is wanted and there, and readies them for look-ups.
pub(super) fn open(
    root: &Root,
    store: &Store,
    repository: &ConfiguredRepository,
    request: &Request,
    when: When,
) -> Result<Opened, RepositoryError> {
    if (request.query || request.whole)
        && let Some(opened) = open_adopted(root, store, repository)?
    {
        return Ok(opened);
    }
    if when == When::Afterwards
        && let Ok(Some(opened)) = open_announced(root, store, repository, request)
    {
        return Ok(opened);
    }
    let active = open_index(root, store, &repository.name, Kind::Active, &repository.policy)?;
    let archive = if wants_archive(request, &active.state) {
        Some(open_index(root, store, &repository.name, Kind::Archive, &repository.policy)?)
    } else {
        None
    };
    Ok(Opened {
        used: used(repository, &active.state),
        active: Catalog::of(root, &repository.name, active.document, active.digest, Kind::Active)?,
        archive: archive
            .map(|archive| {
                Catalog::of(root, &repository.name, archive.document, archive.digest, Kind::Archive)
            })
            .transpose()?,
    })
}

fn wants_archive(request: &Request, state: &RepositoryState) -> bool {
    request.archives.contains(&state.name) && state.archive.is_some()
}

/// The same with the indexes' bytes verified once everything is read: see [`Opened::settle`].
fn open_announced(
    root: &Root,
    store: &Store,
    repository: &ConfiguredRepository,
    request: &Request,
) -> Result<Option<Opened>, RepositoryError> {
    let announced = |kind| announce(root, store, &repository.name, kind, &repository.policy);
    let (state, digest) = announced(Kind::Active)?;
    let Some(active) = Catalog::later(root, &repository.name, digest, Kind::Active) else { return Ok(None) };
    let mut archive = None;
    if wants_archive(request, &state) {
        let (_, digest) = announced(Kind::Archive)?;
        archive = Catalog::later(root, &repository.name, digest, Kind::Archive);
        if archive.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(Opened { used: used(repository, &state), active, archive }))
}

/// The same without verifying the index again.
fn open_adopted(
    root: &Root,
    store: &Store,
    repository: &ConfiguredRepository,
) -> Result<Option<Opened>, RepositoryError> {
    let state = check(root, store, &repository.name, &repository.policy)?;
    let active = Catalog::adopted(root, &repository.name, state.active.digest, Kind::Active);
    Ok(active.map(|active| Opened { used: used(repository, &state), active, archive: None }))
}

fn used(repository: &ConfiguredRepository, state: &RepositoryState) -> UsedRepository {
    let base = &repository.base_url;
    let index_url = |reference: &str| url::resolve(base, &format!("{base}/repo.json"), reference);
    let archive_url = state.archive.as_ref().map_or("/", |archive| &*archive.url);
    UsedRepository {
        index_urls: [index_url(&state.active.url), index_url(archive_url)],
        configured: repository.clone(),
        trust: state.trust_set(),
    }
}
