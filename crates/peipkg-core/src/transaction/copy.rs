//! Copies of retained files, staged beside their destinations: by reflink where the filesystem can, hashed as they are.

use std::fs::File;
use std::io::{Read, Write as _};

use super::TransactionError;
use super::layout::{Copy, CopySource, Layout};
use super::request::Control;
use super::retained::Kept;
use super::stage::{Staged, mode};
use crate::digest::Hasher;
use crate::fsx::{Directory, FsError, Root, fault, split};
use crate::store::journal::{FileKind, Identity};

/// Writes every copy of the layout at its staged name.
pub(super) fn copy_all(
    root: &Root,
    layout: &Layout,
    staged: &mut Staged,
    control: &Control,
) -> Result<(), TransactionError> {
    for copy in &layout.copies {
        control.check()?;
        let (above, name) = split(&copy.staged);
        let directory = root.open_directory(above)?;
        let path = &layout.steps[copy.step].path;
        match &copy.source {
            CopySource::Link(target) => directory.make_symlink(target, name, copy.mtime)?,
            CopySource::Kept(kept) if kept.kind == FileKind::Symlink => {
                copy_link(root, kept, &directory, name)?;
            }
            CopySource::Kept(kept) => {
                Copying { root, kept, directory: &directory, name, path }.run(copy)?;
            }
        }
        if let Some(found) = directory.metadata(name)? {
            let identity = Identity { inode: found.inode, size: found.size, mtime: found.mtime };
            staged[copy.step] = Some(identity);
        }
    }
    Ok(())
}

fn copy_link(root: &Root, kept: &Kept, directory: &Directory, name: &str) -> Result<(), TransactionError> {
    let (above, lies) = split(&kept.lies);
    let source = root.open_directory(above)?;
    let mtime = source.metadata(lies)?.map_or(0, |found| found.mtime.div_euclid(1_000_000_000));
    Ok(directory.make_symlink(&source.read_link(lies)?, name, mtime)?)
}

struct Copying<'a> {
    root: &'a Root,
    kept: &'a Kept,
    directory: &'a Directory,
    name: &'a str,
    /// The final path.
    path: &'a str,
}

impl Copying<'_> {
    fn run(&self, copy: &Copy) -> Result<(), TransactionError> {
        let source = self.root.open_file(&self.kept.lies)?.ok_or_else(|| self.changed())?;
        let found = Directory::metadata_of(&source, &self.kept.lies)?;
        // What it held may be for its owner alone: it is never wider open than it was.
        let file = self.directory.create_file(self.name, 0o600)?;
        let (start, digest, size) = self.fill(source, &file)?;
        if size != self.kept.size || self.kept.digest.is_some_and(|wanted| wanted != digest) {
            return Err(self.changed());
        }
        if self.kept.displaced {
            self.directory.set_owner(&file, self.name, &found)?;
            self.directory.set_mode(&file, self.name, found.mode)?;
            self.directory.set_mtime_exactly(&file, self.name, found.mtime)?;
        } else {
            self.directory.set_mode(&file, self.name, mode(self.path, &start))?;
            self.directory.set_mtime(&file, self.name, copy.mtime)?;
        }
        Ok(())
    }

    /// The first bytes, the digest and the size of what is in the staged file now.
    fn fill(
        &self,
        source: File,
        file: &File,
    ) -> Result<(Vec<u8>, crate::digest::Digest, u64), TransactionError> {
        let error = |error| FsError::new("write", self.path, error);
        fault::step("write").map_err(error)?;
        let cloned = rustix::fs::ioctl_ficlone(file, &source).is_ok();
        let mut from = if cloned {
            let staged = self.directory.open_file(self.name)?;
            staged.ok_or_else(|| self.changed())?
        } else {
            source
        };
        let (mut hasher, mut start, mut size) = (Hasher::new(), Vec::new(), 0);
        let mut buffer = vec![0; 128 << 10];
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => return Ok((start, hasher.finish(), size)),
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FsError::new("read", &self.kept.lies, error).into()),
            };
            if start.len() < 4 {
                start.extend_from_slice(&buffer[..count.min(4)]);
            }
            hasher.update(&buffer[..count]);
            size += count as u64;
            if !cloned {
                let mut to = file;
                to.write_all(&buffer[..count]).map_err(error)?;
            }
        }
    }

    fn changed(&self) -> TransactionError {
        TransactionError::NotRetained { path: self.path.to_owned(), package: format!("/{}", self.kept.lies) }
    }
}
