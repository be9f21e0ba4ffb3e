//! What a staged directory holds.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::super::ArchiveError;
use crate::sorting;
use crate::text::escape_bytes;

/// Paths of a package have no more components (PSD-009 §3.2).
const MAX_DEPTH: usize = 256;

/// What a staged entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StagedKind {
    /// A regular file.
    File {
        /// Bytes.
        size: u64,
        /// It starts as ELF files do.
        elf: bool,
        /// It has the setuid or the setgid bit, which no package can hold.
        privileged: bool,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// As it is on disk.
        target: String,
    },
    /// A device, pipe or socket: no package can hold it.
    Special,
}

/// An entry below the staged directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedEntry {
    /// Relative, without leading or trailing slash.
    pub path: String,
    /// What it is.
    pub kind: StagedKind,
}

/// Everything below `directory`, sorted by the bytes of the paths. Symlinks are not followed.
pub fn scan(directory: &Path) -> Result<Vec<StagedEntry>, ArchiveError> {
    let mut entries = Vec::new();
    let mut pending = vec![(PathBuf::from(directory), String::new(), 0)];
    while let Some((place, path, depth)) = pending.pop() {
        let listed = fs::read_dir(&place).map_err(|source| failed("list", &place, source))?;
        for found in listed {
            let found = found.map_err(|source| failed("list", &place, source))?;
            let name = found.file_name().into_string();
            let name = name.map_err(|name| ArchiveError::Staged {
                path: format!("{path}{}", escape_bytes(name.as_encoded_bytes())),
                rule: "names must be valid UTF-8",
            })?;
            let path = format!("{path}{name}");
            let kind = kind_of(&found.path())?;
            if kind == StagedKind::Directory {
                if depth + 1 >= MAX_DEPTH {
                    return Err(ArchiveError::Staged { path, rule: "paths may have at most 256 components" });
                }
                pending.push((found.path(), format!("{path}/"), depth + 1));
            }
            entries.push(StagedEntry { path, kind });
        }
    }
    sorting::sort_by(&mut entries, |left, right| left.path.cmp(&right.path));
    Ok(entries)
}

/// Opens a staged file for reading; a symlink that took its place is not followed.
pub(super) fn open(staged: &Path, path: &str) -> Result<File, ArchiveError> {
    let place = staged.join(path);
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits();
    let opened = fs::OpenOptions::new().read(true).custom_flags(flags as i32).open(&place);
    opened.map_err(|source| failed("read", &place, source))
}

pub(super) fn failed(verb: &str, place: &Path, source: io::Error) -> ArchiveError {
    ArchiveError::Io {
        what: format!("cannot {verb} {}", escape_bytes(place.as_os_str().as_encoded_bytes())),
        source,
    }
}

fn kind_of(place: &Path) -> Result<StagedKind, ArchiveError> {
    let metadata = fs::symlink_metadata(place).map_err(|source| failed("examine", place, source))?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Ok(StagedKind::Directory);
    }
    if kind.is_symlink() {
        let target = fs::read_link(place).map_err(|source| failed("read", place, source))?;
        let target = target.into_os_string().into_string();
        return target.map(|target| StagedKind::Symlink { target }).map_err(|target| ArchiveError::Staged {
            path: format!("{} -> {}", place.display(), escape_bytes(target.as_encoded_bytes())),
            rule: "symlink targets must be valid UTF-8",
        });
    }
    if !kind.is_file() {
        return Ok(StagedKind::Special);
    }
    let elf = metadata.len() >= 4 && starts_as_elf(place)?;
    let privileged = metadata.mode() & 0o6000 != 0;
    Ok(StagedKind::File { size: metadata.len(), elf, privileged })
}

fn starts_as_elf(place: &Path) -> Result<bool, ArchiveError> {
    let mut magic = [0; 4];
    let read = File::open(place).and_then(|mut file| file.read_exact(&mut magic));
    match read {
        Ok(()) => Ok(&magic == b"\x7fELF"),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(source) => Err(failed("read", place, source)),
    }
}
