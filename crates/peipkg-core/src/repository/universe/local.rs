//! Local `.peipkg` files: verified in full, but for whose signature they carry (a raw install).

use std::path::{Path, PathBuf};

use super::UniverseError;
use crate::archive::{Observer, Spool, VerifyRules, verify};
use crate::fsx::open_regular;
use crate::repository::index::IndexEntry;

/// A verified local file.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) file: PathBuf,
    pub(super) package: IndexEntry,
    pub(super) overrides: bool,
}

/// Verifies the files. The transaction demands the same bytes again: their digest is kept.
pub(super) fn read(
    files: &[PathBuf],
    rules: &VerifyRules<'_>,
    observer: &Observer,
) -> Result<Vec<Local>, UniverseError> {
    files.iter().map(|file| read_one(file, rules, observer)).collect()
}

fn read_one(path: &Path, rules: &VerifyRules<'_>, observer: &Observer) -> Result<Local, UniverseError> {
    let failed = |source| UniverseError::LocalIo { file: path.to_owned(), source };
    let file = open_regular(path).map_err(failed)?;
    // Nothing of the payload is held: only what the manifest says is wanted.
    let package = verify(file, rules, &Spool::default(), observer)
        .map_err(|source| UniverseError::Local { file: path.to_owned(), source: Box::new(source) })?;
    Ok(Local {
        file: path.to_owned(),
        overrides: !package.manifest.sd_overrides.is_empty(),
        package: IndexEntry::of(&package.manifest, package.digest, package.size, String::new()),
    })
}
