//! The archive holds all that the active index offers.

use std::collections::HashMap;

use super::{IndexEntry, Kind, read};
use crate::digest::Digest;
use crate::repository::RepositoryError;

/// The entries of an active index that were not seen in the archive yet.
#[derive(Debug, Default)]
pub struct Superset {
    missing: HashMap<(String, String, String), Digest>,
}

impl Superset {
    /// Notes an entry of the active index.
    pub fn current(&mut self, entry: &IndexEntry) {
        self.missing.insert(key(entry), entry.digest);
    }

    /// Notes an entry of the archive index.
    pub fn archived(&mut self, entry: &IndexEntry) {
        if !self.missing.is_empty() && self.missing.get(&key(entry)) == Some(&entry.digest) {
            self.missing.remove(&key(entry));
        }
    }

    /// Every active entry was in the archive, with the same digest.
    pub fn check(self) -> Result<(), RepositoryError> {
        match self.missing.into_keys().min() {
            None => Ok(()),
            Some((name, version, architecture)) => {
                Err(RepositoryError::NotInArchive { name, version, architecture })
            }
        }
    }
}

/// Checks two indexes of one publish against each other: every active entry is in the archive, with the same digest.
pub fn check_superset(active: &[u8], archive: &[u8]) -> Result<(), RepositoryError> {
    let mut superset = Superset::default();
    read(active, Kind::Active, |entry| superset.current(&entry))?;
    read(archive, Kind::Archive, |entry| superset.archived(&entry))?;
    superset.check()
}

fn key(entry: &IndexEntry) -> (String, String, String) {
    (entry.name.to_string(), entry.version.to_string(), entry.architecture.to_string())
}
