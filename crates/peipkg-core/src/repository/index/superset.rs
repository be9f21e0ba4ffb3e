//! The archive holds all that the active index offers.

use std::collections::HashMap;

use super::{Kind, read};
use crate::digest::Digest;
use crate::repository::RepositoryError;

/// Checks two indexes of one publish against each other: every active entry is in the archive, with the same digest.
pub fn check_superset(active: &[u8], archive: &[u8]) -> Result<(), RepositoryError> {
    let mut missing: HashMap<(String, String, String), Digest> = HashMap::new();
    let key = |entry: &super::IndexEntry| {
        (entry.name.to_string(), entry.version.to_string(), entry.architecture.to_string())
    };
    read(active, Kind::Active, |entry| {
        missing.insert(key(&entry), entry.digest);
    })?;
    read(archive, Kind::Archive, |entry| {
        let key = key(&entry);
        if missing.get(&key) == Some(&entry.digest) {
            missing.remove(&key);
        }
    })?;
    match missing.into_keys().min() {
        None => Ok(()),
        Some((name, version, architecture)) => {
            Err(RepositoryError::NotInArchive { name, version, architecture })
        }
    }
}
