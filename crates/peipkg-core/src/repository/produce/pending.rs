//! A change of repo.json, which is two files, and of the indexes under it: written whole beside them, given its name in one
//! rename, then put in place piece by piece. Whoever takes the writer's lock next finishes what a killed writer left.

use super::layout::{self, ACTIVE, DESCRIPTOR, DESCRIPTOR_SIGNATURE, FILE_MODE, INDEX, WORK};
use super::swap::{self, Documents};
use crate::fsx::{FsError, Renaming, Root};
use crate::repository::INDEX_LIMIT;
use crate::repository::index::{self, Kind};

/// A change that is decided: all of it is there.
const CHANGE: &str = "change";
/// One that is being written: worth nothing.
const DRAFT: &str = "change.new";

/// Makes the change durable. From here on it happens, whatever becomes of this process.
pub(super) fn decide(
    root: &Root,
    descriptor: &[u8],
    signature: &[u8],
    documents: Option<&Documents>,
) -> Result<(), FsError> {
    let draft = format!("{WORK}/{DRAFT}");
    root.write_durable(&format!("{draft}/{DESCRIPTOR_SIGNATURE}"), signature, FILE_MODE)?;
    root.write_durable(&format!("{draft}/{DESCRIPTOR}"), descriptor, FILE_MODE)?;
    if let Some(documents) = documents {
        let new = format!("{draft}/{INDEX}");
        documents.write(root, &new)?;
        swap::keep_other_files(root, &new)?;
        root.open_directory(&new)?.sync()?;
    }
    root.open_directory(&draft)?.sync()?;
    root.rename(&draft, &format!("{WORK}/{CHANGE}"), Renaming::NoReplace)?;
    root.open_directory(WORK)?.sync()?;
    root.open_directory("")?.sync()
}

/// Puts a decided change in place; each step may have happened already.
pub(super) fn finish(root: &Root) -> Result<(), FsError> {
    let change = format!("{WORK}/{CHANGE}");
    if root.metadata(&change)?.is_none() {
        return Ok(());
    }
    for name in [DESCRIPTOR_SIGNATURE, DESCRIPTOR] {
        let path = format!("{change}/{name}");
        if root.metadata(&path)?.is_some() {
            root.rename(&path, name, Renaming::Over)?;
        }
    }
    root.open_directory("")?.sync()?;
    // After the swap the old indexes lie in the change: the higher version belongs in place.
    let new = format!("{change}/{INDEX}");
    if version(root, &new)? > version(root, INDEX)? {
        root.rename(&new, INDEX, Renaming::Exchange)?;
        root.open_directory("")?.sync()?;
        root.open_directory(&change)?.sync()?;
    }
    root.remove_tree(&change)?;
    root.open_directory(layout::WORK)?.sync()
}

/// The version of the active index in a directory; `None` when there is none that can be read.
fn version(root: &Root, directory: &str) -> Result<Option<u64>, FsError> {
    let bytes = root.read(&format!("{directory}/{ACTIVE}"), INDEX_LIMIT)?;
    Ok(bytes
        .and_then(|bytes| index::read(&bytes, Kind::Active, |_| {}).ok())
        .map(|header| header.index_version))
}
