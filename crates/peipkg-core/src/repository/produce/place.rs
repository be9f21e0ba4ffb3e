//! Getting files to where they are published: reflinked where the filesystem can, else copied; hashed, durable, then renamed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use super::ProduceError;
use super::layout::{DIRECTORY_MODE, FILE_MODE, WORK};
use crate::archive::Observer;
use crate::digest::{Digest, Hasher};
use crate::fsx::{Directory, FsError, Kind, Renaming, Root, open_regular, split};

/// Copies `source`, which must still have that digest, to `path` below `root`. The directories in which names changed are
/// added to `changed`: they are not durable yet.
pub(super) fn package(
    root: &Root,
    directory: &Path,
    source: &Path,
    digest: Digest,
    path: &str,
    changed: &mut BTreeSet<String>,
    observer: &Observer,
) -> Result<(), ProduceError> {
    let failed = |error| ProduceError::Fs { directory: directory.to_owned(), source: error };
    let input = open_regular(source).map_err(|error| foreign("open", source, error))?;
    if is_there(root, path, &input).map_err(failed)? {
        return Ok(());
    }
    let (parent, name) = split(path);
    let into = make_parents(root, parent, changed).map_err(failed)?;
    let work = root.open_directory(WORK).map_err(failed)?;
    work.unlink("package").map_err(failed)?;
    let output = work.create_file("package", FILE_MODE).map_err(failed)?;
    copy(&input, &output, source)?;
    if hash(&work, "package", observer)? != digest {
        return Err(ProduceError::Changed(source.to_owned()));
    }
    output.sync_all().map_err(|error| failed(FsError::new("write", path, error)))?;
    match work.rename("package", &into, name, Renaming::Over) {
        Ok(()) => {}
        Err(error) => return Err(failed(error)),
    }
    changed.insert(parent.to_owned());
    Ok(())
}

/// Writes a small file, unless it is there with these bytes. Like [`package`], the name is not durable yet.
pub(super) fn bytes(
    root: &Root,
    path: &str,
    bytes: &[u8],
    changed: &mut BTreeSet<String>,
) -> Result<(), FsError> {
    if holds(root, path, bytes)? {
        return Ok(());
    }
    let (parent, name) = split(path);
    let into = make_parents(root, parent, changed)?;
    let work = root.open_directory(WORK)?;
    work.unlink("document")?;
    let mut output = work.create_file("document", FILE_MODE)?;
    output
        .write_all(bytes)
        .and_then(|()| output.sync_all())
        .map_err(|error| FsError::new("write", path, error))?;
    work.rename("document", &into, name, Renaming::Over)?;
    changed.insert(parent.to_owned());
    Ok(())
}

/// Whether a file with exactly these bytes is there.
pub(super) fn holds(root: &Root, path: &str, bytes: &[u8]) -> Result<bool, FsError> {
    let size = bytes.len() as u64;
    match root.metadata(path)? {
        Some(found) if found.kind == Kind::File && found.size == size => {
            Ok(root.read(path, size)?.is_some_and(|found| found == bytes))
        }
        _ => Ok(false),
    }
}

/// Copies everything below `from` to `to`, but for what `skip` names at the top.
pub(super) fn tree(
    from: &Root,
    to: &Root,
    path: &str,
    skip: &[&str],
    observer: &Observer,
) -> Result<(), ProduceError> {
    let failed = |error| ProduceError::Fs { directory: from.path().to_owned(), source: error };
    let (old, new) = (from.open_directory(path).map_err(failed)?, to.open_directory(path).map_err(failed)?);
    for name in old.list().map_err(failed)? {
        if path.is_empty() && skip.contains(&&*name) {
            continue;
        }
        let inner = old.join(&name);
        let found = old.metadata(&name).map_err(failed)?;
        match found.map(|found| found.kind) {
            Some(Kind::Directory) => {
                new.make_directory(&name, DIRECTORY_MODE).map_err(failed)?;
                tree(from, to, &inner, skip, observer)?;
            }
            Some(Kind::File) => {
                observer.advance(0).map_err(|_| ProduceError::Cancelled)?;
                let Some(input) = old.open_file(&name).map_err(failed)? else { continue };
                let output = new.create_file(&name, FILE_MODE).map_err(failed)?;
                copy(&input, &output, &from.absolute(&inner))?;
                output.sync_all().map_err(|error| failed(FsError::new("write", &inner, error)))?;
            }
            Some(_) => return Err(ProduceError::NotReal { directory: from.path().to_owned(), path: inner }),
            None => {}
        }
    }
    new.sync().map_err(failed)
}

/// Makes the names in these directories durable.
pub(super) fn sync(root: &Root, changed: &BTreeSet<String>) -> Result<(), FsError> {
    changed.iter().try_for_each(|path| root.open_directory(path)?.sync())
}

/// Makes the directories above a package; those in which a name appeared are noted.
fn make_parents(root: &Root, parent: &str, changed: &mut BTreeSet<String>) -> Result<Directory, FsError> {
    let mut missing = parent;
    while !missing.is_empty() && root.metadata(missing)?.is_none() {
        missing = split(missing).0;
        changed.insert(missing.to_owned());
    }
    root.make_directories(parent, DIRECTORY_MODE)
}

/// Whether the file at `path` is the very file that is to be copied there.
fn is_there(root: &Root, path: &str, input: &File) -> Result<bool, FsError> {
    let source = Directory::metadata_of(input, path)?;
    Ok(root.metadata(path)?.is_some_and(|found| (found.device, found.inode) == (source.device, source.inode)))
}

fn copy(input: &File, output: &File, source: &Path) -> Result<(), ProduceError> {
    if rustix::fs::ioctl_ficlone(output, input).is_ok() {
        return Ok(());
    }
    let (mut input, mut output) = (input, output);
    std::io::copy(&mut input, &mut output).map(drop).map_err(|error| foreign("copy", source, error))
}

fn hash(directory: &Directory, name: &str, observer: &Observer) -> Result<Digest, ProduceError> {
    let failed = |error| ProduceError::Fs { directory: directory.path().into(), source: error };
    let mut file = directory
        .open_file(name)
        .map_err(failed)?
        .ok_or_else(|| failed(FsError::new("open", name, rustix::io::Errno::NOENT)))?;
    digest_of(&mut file, observer)?.map_err(|error| failed(FsError::new("read", name, error)))
}

/// The digest of an open file, from where it stands.
pub(super) fn digest_of(
    file: &mut File,
    observer: &Observer,
) -> Result<std::io::Result<Digest>, ProduceError> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Ok(hasher.finish())),
            Ok(count) => {
                observer.advance(count as u64).map_err(|_| ProduceError::Cancelled)?;
                hasher.update(&buffer[..count]);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// A failure on a file that is not the repository's.
fn foreign(operation: &'static str, path: &Path, error: std::io::Error) -> ProduceError {
    let source = FsError::new(operation, path.to_string_lossy().trim_start_matches('/'), error);
    ProduceError::Fs { directory: path.parent().unwrap_or(path).to_owned(), source }
}
