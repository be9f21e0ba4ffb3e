//! Opening what one configured repository offers.

use super::{ConfiguredRepository, Request, UsedRepository};
use crate::fsx::Root;
use crate::repository::catalog::Catalog;
use crate::repository::index::Kind;
use crate::repository::open::{check, open as open_index};
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

/// Verifies the cached active index, and the archive index where it is wanted and there, and readies them for look-ups.
pub(super) fn open(
    root: &Root,
    store: &Store,
    repository: &ConfiguredRepository,
    request: &Request,
) -> Result<Opened, RepositoryError> {
    if request.query
        && let Some(opened) = open_adopted(root, store, repository)?
    {
        return Ok(opened);
    }
    let archives = &request.archives;
    let active = open_index(root, store, &repository.name, Kind::Active, &repository.policy)?;
    let archive = if archives.contains(&repository.name) && active.state.archive.is_some() {
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
