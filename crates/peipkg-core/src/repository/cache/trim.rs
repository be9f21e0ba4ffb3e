//! The bound on what the package cache may hold.

use super::{PARTIAL, SOURCE, is_held, packages};
use crate::fsx::{FsError, Kind, Root};
use crate::sorting;

/// What made room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// How many files went.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Removes the packages that were not used for longest until at most `most` bytes are left. One that is being fetched stays.
pub fn trim(root: &Root, most: u64) -> Result<Trimmed, FsError> {
    let mut trimmed = Trimmed::default();
    let mut found = Vec::new();
    for name in root.list(&packages())? {
        let path = format!("{}/{name}", packages());
        // A file that says where a partial one comes from goes with that.
        if name.ends_with(SOURCE) {
            continue;
        }
        if let Some(metadata) = root.metadata(&path)?.filter(|found| found.kind == Kind::File) {
            found.push((metadata.mtime, name, metadata.size));
        }
    }
    sorting::sort(&mut found);
    let mut held: u64 = found.iter().map(|(_, _, size)| size).sum();
    for (_, name, size) in found {
        if held <= most {
            break;
        }
        let path = format!("{}/{name}", packages());
        if name.ends_with(PARTIAL) && is_held(root, &path)? {
            continue;
        }
        if let Some(digest) = name.strip_suffix(PARTIAL) {
            root.remove(&format!("{}/{digest}{SOURCE}", packages()))?;
        }
        root.remove(&path)?;
        held -= size;
        trimmed.files += 1;
        trimmed.bytes += size;
    }
    Ok(trimmed)
}
