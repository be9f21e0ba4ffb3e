//! Searching what the active indexes offer.

use super::RepositoryError;
use super::index::{Kind, scan};
use super::open::open;
use super::universe::{ConfiguredRepository, Unusable};
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

fn search_one(
    root: &Root,
    store: &Store,
    term: &str,
    place: usize,
    repository: &ConfiguredRepository,
) -> Result<Vec<Found>, RepositoryError> {
    let index = open(root, store, &repository.name, Kind::Active, &repository.policy)?;
    let mut found = Vec::new();
    scan(&index.document, Kind::Active, |entry| {
        if entry.name.contains(term) || entry.description.to_lowercase().contains(term) {
            found.push(Found {
                name: entry.name.into_owned(),
                place,
                version: entry.version.into_owned(),
                architecture: entry.architecture.into_owned(),
                repository: repository.name.clone(),
                description: entry.description.into_owned(),
            });
        }
    })?;
    Ok(found)
}
