//! Searching what the active indexes offer.

use super::index::{Kind, scan};
use super::open::{check, open};
use super::universe::{ConfiguredRepository, Unusable};
use super::{RepositoryError, catalog};
use crate::fsx::Root;
use crate::store::Store;

/// A package that matched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// The place of its repository in the request: `repositories` is in order of strength.
    place: usize,
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The repository that offers it.
    pub repository: String,
    /// One line for people, as the index has it.
    pub description: String,
}

/// Finds `term`, whatever its case, in names and descriptions; by name, then by the order of `repositories`. A repository that
/// cannot be used is named, and the others are searched all the same.
pub fn search(
    root: &Root,
    term: &str,
    repositories: &[ConfiguredRepository],
) -> Result<(Vec<Found>, Vec<Unusable>), RepositoryError> {
    let term = term.to_lowercase();
    let store = Store::read(root)?;
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (place, repository) in repositories.iter().enumerate() {
        let searched = match &store {
            Some(store) => search_one(root, store, &term, place, repository),
            None => Err(RepositoryError::Unknown(repository.name.clone())),
        };
        match searched {
            Ok(mut matches) => found.append(&mut matches),
            Err(error) => {
                problems.push(Unusable { repository: repository.name.clone(), reason: error.to_string() });
            }
        }
    }
    found.sort();
    Ok((found, problems))
}

/// Looks through the texts that were kept when the index was adopted; without them the document is verified and read.
fn search_one(
    root: &Root,
    store: &Store,
    term: &str,
    place: usize,
    repository: &ConfiguredRepository,
) -> Result<Vec<Found>, RepositoryError> {
    let of = |name: &str, version: &str, architecture: &str, description: &str| Found {
        name: name.to_owned(),
        place,
        version: version.to_owned(),
        architecture: architecture.to_owned(),
        repository: repository.name.clone(),
        description: description.to_owned(),
    };
    let state = check(root, store, &repository.name, &repository.policy)?;
    if let Some(texts) = catalog::read_texts(root, &repository.name, state.active.digest) {
        let found = texts.find(term);
        return Ok(found.map(|one| of(one.name, one.version, one.architecture, one.description)).collect());
    }
    let index = open(root, store, &repository.name, Kind::Active, &repository.policy)?;
    let mut found = Vec::new();
    scan(&index.document, Kind::Active, |entry| {
        if entry.name.contains(term) || entry.description.to_lowercase().contains(term) {
            found.push(of(&entry.name, &entry.version, &entry.architecture, &entry.description));
        }
    })?;
    Ok(found)
}
