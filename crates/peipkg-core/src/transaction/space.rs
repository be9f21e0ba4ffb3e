//! Whether everything that is staged will fit (PSD-009 §7.1.2.2).

use std::collections::HashMap;

use super::layout::{CopySource, Layout};
use super::{Incoming, TransactionError};
use crate::archive::PayloadKind;
use crate::fsx::{FsError, Root, split};

/// What one filesystem must take.
#[derive(Default)]
struct Need {
    path: String,
    bytes: u64,
    inodes: u64,
}

/// Refuses with figures when a filesystem has too few blocks or inodes for what is staged on it. Where what was held
/// since verification takes the room, it is given up first: the packages are read again.
pub(super) fn check(root: &Root, layout: &Layout, incoming: &[Incoming]) -> Result<(), TransactionError> {
    if check_once(root, layout, incoming).is_ok() {
        return Ok(());
    }
    for arriving in incoming {
        arriving.release();
    }
    check_once(root, layout, incoming)
}

fn check_once(root: &Root, layout: &Layout, incoming: &[Incoming]) -> Result<(), TransactionError> {
    let mut needs: HashMap<u64, Need> = HashMap::new();
    let mut devices: HashMap<String, (u64, u64)> = HashMap::new();
    let staged = layout.directories.iter().map(|(path, _)| (path.as_str(), 4096_u64, None));
    let written = layout.writes.iter().map(|write| {
        let arriving = &incoming[write.package];
        let size = match &arriving.entries()[write.entry].kind {
            PayloadKind::File { size, .. } => *size,
            _ => 0,
        };
        let standing = arriving.archive().and_then(|verified| verified.standing(write.entry));
        (write.staged.as_str(), size, standing)
    });
    let copied = layout.copies.iter().map(|copy| {
        let size = match &copy.source {
            CopySource::Kept(kept) => kept.size,
            CopySource::Link(_) => 0,
        };
        (copy.staged.as_str(), size, None)
    });
    for (path, size, standing) in staged.chain(written).chain(copied) {
        let (device, block) = device_of(root, split(path).0, &mut devices)?;
        if standing == Some(device) {
            continue; // it only needs a name
        }
        let need =
            needs.entry(device).or_insert_with(|| Need { path: existing(root, path), ..Need::default() });
        need.bytes += size.div_ceil(block) * block;
        need.inodes += 1;
    }
    needs.values().try_for_each(|need| fits(root, need))
}

/// Device and block size of the filesystem that will hold `directory`: its own, or that of the first one above it.
fn device_of(
    root: &Root,
    directory: &str,
    known: &mut HashMap<String, (u64, u64)>,
) -> Result<(u64, u64), FsError> {
    if let Some(found) = known.get(directory) {
        return Ok(*found);
    }
    let found = match root.open_directory(directory) {
        Ok(open) => {
            let error = |errno| FsError::new("look at", directory, errno);
            let device = rustix::fs::fstat(&open).map_err(error)?.st_dev;
            (device, rustix::fs::fstatvfs(&open).map_err(error)?.f_frsize.max(1))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            device_of(root, split(directory).0, known)?
        }
        Err(error) => return Err(error),
    };
    known.insert(directory.to_owned(), found);
    Ok(found)
}

/// The deepest directory above `path` that exists.
fn existing(root: &Root, path: &str) -> String {
    let mut directory = split(path).0;
    while !directory.is_empty() && root.open_directory(directory).is_err() {
        directory = split(directory).0;
    }
    directory.to_owned()
}

fn fits(root: &Root, need: &Need) -> Result<(), TransactionError> {
    let open = root.open_directory(&need.path)?;
    let free = rustix::fs::fstatvfs(&open).map_err(|errno| FsError::new("look at", &need.path, errno))?;
    let bytes = free.f_bavail.saturating_mul(free.f_frsize);
    let full =
        |needed: String, free: String| Err(TransactionError::Space { path: need.path.clone(), needed, free });
    if need.bytes > bytes {
        return full(mebibytes(need.bytes), mebibytes(bytes));
    }
    // A filesystem without a fixed number of inodes says zero.
    if free.f_files > 0 && need.inodes > free.f_favail {
        return full(format!("{} inodes", need.inodes), format!("{} inodes", free.f_favail));
    }
    Ok(())
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
