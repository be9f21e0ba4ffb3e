//! Writing a new index directory beside the old one and swapping the two: whoever opens `index` sees one publish, and a crash
//! leaves the old one or the new one.

use std::path::Path;

use super::ProduceError;
use super::layout::{
    self, ACTIVE, ACTIVE_SIGNATURE, ARCHIVE, ARCHIVE_SIGNATURE, DIRECTORY_MODE, FILE_MODE, INDEX, WORK,
};
use crate::fsx::{FsError, Kind, Renaming, Root};

/// The four documents of an index directory.
#[derive(Debug)]
pub(super) struct Documents {
    pub(super) active: Vec<u8>,
    pub(super) active_signature: Vec<u8>,
    pub(super) archive: Vec<u8>,
    pub(super) archive_signature: Vec<u8>,
}

impl Documents {
    fn files(&self) -> [(&'static str, &[u8]); 4] {
        [
            (ACTIVE, &self.active),
            (ACTIVE_SIGNATURE, &self.active_signature),
            (ARCHIVE, &self.archive),
            (ARCHIVE_SIGNATURE, &self.archive_signature),
        ]
    }

    /// Writes them durably into a new directory at `path`.
    pub(super) fn write(&self, root: &Root, path: &str) -> Result<(), FsError> {
        root.make_directories(path, DIRECTORY_MODE)?;
        for (name, bytes) in self.files() {
            root.write_durable(&format!("{path}/{name}"), bytes, FILE_MODE)?;
        }
        Ok(())
    }
}

/// Finds out whether two directories can be swapped here, before anything is written. `WORK` must be there, and empty.
pub(super) fn probe(root: &Root, directory: &Path) -> Result<(), ProduceError> {
    let failed = |source| ProduceError::Fs { directory: directory.to_owned(), source };
    let (one, two) = (format!("{WORK}/one"), format!("{WORK}/two"));
    root.make_directories(&one, DIRECTORY_MODE).map_err(failed)?;
    root.make_directories(&two, DIRECTORY_MODE).map_err(failed)?;
    let swapped = root.rename(&one, &two, Renaming::Exchange);
    root.remove_tree(&one).map_err(failed)?;
    root.remove_tree(&two).map_err(failed)?;
    match swapped {
        Ok(()) => Ok(()),
        Err(error) if error.errno().is_some_and(|errno| UNSUPPORTED.contains(&errno)) => {
            Err(ProduceError::NoExchange(directory.to_owned()))
        }
        Err(error) => Err(failed(error)),
    }
}

/// EINVAL, ENOSYS, ENOTSUP.
const UNSUPPORTED: [i32; 3] = [22, 38, 95];

/// Puts `documents` in the place of the index directory.
pub(super) fn swap(root: &Root, documents: &Documents) -> Result<(), FsError> {
    let new = format!("{WORK}/{INDEX}");
    documents.write(root, &new)?;
    keep_other_files(root, &new)?;
    root.open_directory(&new)?.sync()?;
    root.open_directory(WORK)?.sync()?;
    root.rename(&new, INDEX, Renaming::Exchange)?;
    // Both names must be durable before the old generation, now in WORK, is removed.
    root.open_directory("")?.sync()?;
    root.open_directory(WORK)?.sync()
}

/// Files that others put beside the indexes stay there.
pub(super) fn keep_other_files(root: &Root, new: &str) -> Result<(), FsError> {
    let (old, new) = (root.open_directory(INDEX)?, root.open_directory(new)?);
    for name in old.list()? {
        let is_file = old.metadata(&name)?.is_some_and(|found| found.kind == Kind::File);
        if is_file && new.metadata(&name)?.is_none() {
            old.link(&name, &new, &name)?;
        }
    }
    Ok(())
}

/// Removes what this or a killed publish left behind.
pub(super) fn clean(root: &Root) -> Result<(), FsError> {
    root.remove_tree(layout::WORK)
}
