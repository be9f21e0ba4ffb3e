//! Searching what the active indexes offer.

use super::index::{Kind, scan};
use super::open::{check, open};
use super::universe::{ConfiguredRepository, Unusable};
use super::{RepositoryError, catalog};
use crate::fsx::Root;
use crate::json::Writer;
use crate::sorting;
use crate::store::Store;
use crate::store::packages::{self, InstalledPackage};

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
    /// The installed version of that name.
    pub installed: Option<String>,
}

impl Found {
    fn write(&self, json: &mut Writer) {
        json.object(|json| {
            json.key("name").string(&self.name);
            json.key("version").string(&self.version);
            json.key("architecture").string(&self.architecture);
            json.key("repository").string(&self.repository);
            json.key("description").string(&self.description);
            json.key("installed");
            match &self.installed {
                Some(version) => json.string(version),
                None => json.null(),
            }
        });
    }
}

/// All that was found as one JSON array: a common term finds thousands, which cross to JavaScript quickest so.
pub fn to_json(found: &[Found]) -> String {
    let mut json = Writer::new();
    json.array(|json| found.iter().for_each(|one| one.write(json)));
    json.finish()
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
    sorting::sort(&mut found);
    if let Some(store) = store.filter(|_| !found.is_empty()) {
        add_installed(&mut found, packages::list_without_manifests(store.connection())?);
    }
    Ok((found, problems))
}

/// Both come sorted by name.
fn add_installed(found: &mut [Found], installed: Vec<InstalledPackage>) {
    let mut installed = installed.into_iter().peekable();
    for one in found {
        while installed.next_if(|package| package.name < one.name).is_some() {}
        one.installed = installed
            .peek()
            .filter(|package| package.name == one.name)
            .map(|package| package.version.clone());
    }
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
        installed: None,
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
