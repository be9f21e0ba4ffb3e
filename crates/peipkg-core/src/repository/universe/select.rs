//! Opening what one configured repository offers.

use super::catalog::Catalog;
use super::{ConfiguredRepository, UsedRepository};
use crate::fsx::Root;
use crate::repository::index::Kind;
use crate::repository::open::open as open_index;
use crate::repository::{RepositoryError, url};
use crate::store::Store;

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
    archives: &[String],
) -> Result<Opened, RepositoryError> {
    let active = open_index(root, store, &repository.name, Kind::Active, &repository.policy)?;
    let archive = if archives.contains(&repository.name) && active.state.archive.is_some() {
        Some(open_index(root, store, &repository.name, Kind::Archive, &repository.policy)?)
    } else {
        None
    };
    let base = &repository.base_url;
    let index_url = |reference: &str| url::resolve(base, &format!("{base}/repo.json"), reference);
    let archive_url = active.state.archive.as_ref().map_or("/", |archive| &*archive.url);
    Ok(Opened {
        used: UsedRepository {
            index_urls: [index_url(&active.state.active.url), index_url(archive_url)],
            configured: repository.clone(),
            trust: active.trust,
        },
        active: Catalog::new(active.document, Kind::Active)?,
        archive: archive.map(|archive| Catalog::new(archive.document, Kind::Archive)).transpose()?,
    })
}
