//! The root of one system: where every relative path starts.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::directory::{Directory, Kind, Metadata, Renaming, beneath};
use super::error::FsError;

/// An open root. `--root` itself may be a symlink: it is resolved once, here.
#[derive(Debug)]
pub struct Root {
    fd: OwnedFd,
    path: PathBuf,
    /// `openat2` answered ENOSYS or EPERM (an old kernel, a seccomp filter): walk component by component.
    walks: AtomicBool,
}

/// Splits a path into its directory and its last component.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl Root {
    /// Opens the root directory at `path`.
    pub fn open(path: &Path) -> Result<Self, FsError> {
        let shown = path.to_string_lossy().trim_start_matches('/').to_owned();
        let resolved = path.canonicalize().map_err(|error| FsError::new("open the root", &shown, error))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, &resolved, flags, Mode::empty())
            .map_err(|errno| FsError::new("open the root", &shown, errno))?;
        Ok(Self { fd, path: resolved, walks: AtomicBool::new(false) })
    }

    /// The resolved path of the root.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The absolute path of `path` below the root, for messages and for programs that take no descriptor.
    pub fn absolute(&self, path: &str) -> PathBuf {
        self.path.join(path)
    }

    /// Opens the directory at `path` (empty: the root), every component a real directory beneath the root.
    pub fn open_directory(&self, path: &str) -> Result<Directory, FsError> {
        if path.is_empty() {
            return self.walk("");
        }
        if self.walks.load(Ordering::Relaxed) {
            return self.walk(path);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        loop {
            match rustix::fs::openat2(&self.fd, path, flags, Mode::empty(), resolve) {
                Ok(fd) => return Ok(Directory::new(fd, path)),
                // A rename elsewhere raced with the walk: the kernel asks to try again.
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => {
                    self.walks.store(true, Ordering::Relaxed);
                    return self.walk(path);
                }
                Err(errno) => return Err(FsError::new("open", path, beneath(errno))),
            }
        }
    }

    /// The same without `openat2`: `O_NOFOLLOW` on every component.
    fn walk(&self, path: &str) -> Result<Directory, FsError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, ".", flags, Mode::empty())
            .map_err(|errno| FsError::new("open", path, errno))?;
        let mut directory = Directory::new(fd, "");
        for component in path.split('/').filter(|component| !component.is_empty()) {
            if component == "." || component == ".." {
                return Err(FsError::NotBeneath { path: path.to_owned() });
            }
            directory = directory.open_directory(component)?;
        }
        Ok(directory)
    }

    /// Opens the parent directory of `path`; `None` when it, or one above it, is not there.
    pub fn open_parent(&self, path: &str) -> Result<Option<Directory>, FsError> {
        match self.open_directory(split(path).0) {
            Ok(directory) => Ok(Some(directory)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What lies at `path`; `None` when nothing does.
    pub fn metadata(&self, path: &str) -> Result<Option<Metadata>, FsError> {
        match self.open_parent(path)? {
            Some(parent) => parent.metadata(split(path).1),
            None => Ok(None),
        }
    }

    /// Opens the file at `path` for reading; `None` when it is not there.
    pub fn open_file(&self, path: &str) -> Result<Option<File>, FsError> {
        match self.open_parent(path)? {
            Some(parent) => parent.open_file(split(path).1),
            None => Ok(None),
        }
    }

    /// Reads the regular file at `path`, at most `limit` bytes; `None` when it is not there.
    pub fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, FsError> {
        let Some(file) = self.open_file(path)? else { return Ok(None) };
        let found = Directory::metadata_of(&file, path)?;
        if found.kind != Kind::File {
            return Err(FsError::new("read", path, Errno::INVAL));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(found.size.min(limit)).unwrap_or(0));
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| FsError::new("read", path, error))?;
        if bytes.len() as u64 > limit {
            return Err(FsError::TooLarge { path: path.to_owned(), limit });
        }
        Ok(Some(bytes))
    }

    /// The names in the directory at `path`, sorted; empty when it is not there.
    pub fn list(&self, path: &str) -> Result<Vec<String>, FsError> {
        match self.open_directory(path) {
            Ok(directory) => directory.list(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Makes the directory at `path` and those above it; the last one has `mode`, those above 0755.
    pub fn make_directories(&self, path: &str, mode: u32) -> Result<Directory, FsError> {
        self.make_each(path, mode, false)
    }

    /// The same, and makes the names of the directories that it had to make durable: what is made durable in a directory
    /// that is itself lost is lost as well.
    pub fn make_durable_directories(&self, path: &str, mode: u32) -> Result<Directory, FsError> {
        self.make_each(path, mode, true)
    }

    /// Makes the names of all directories on the way to `path` durable, that of `path` included: one that is there may have
    /// been made by a process that was killed before it could do so.
    pub fn sync_way(&self, path: &str) -> Result<(), FsError> {
        let mut way = path;
        while !way.is_empty() {
            way = split(way).0;
            self.open_directory(way)?.sync()?;
        }
        Ok(())
    }

    fn make_each(&self, path: &str, mode: u32, durable: bool) -> Result<Directory, FsError> {
        let mut directory = self.walk("")?;
        let mut rest = path;
        while !rest.is_empty() {
            let (name, after) = rest.split_once('/').unwrap_or((rest, ""));
            directory = match directory.open_directory(name) {
                Ok(inside) => inside,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    match directory.make_directory(name, if after.is_empty() { mode } else { 0o755 }) {
                        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
                        Ok(()) if durable => directory.sync()?,
                        _ => {}
                    }
                    directory.open_directory(name)?
                }
                Err(error) => return Err(error),
            };
            rest = after;
        }
        Ok(directory)
    }

    /// Writes the file at `path` so that after a crash it is the old one or the new one, whole; makes its parents.
    pub fn write_durable(&self, path: &str, bytes: &[u8], mode: u32) -> Result<(), FsError> {
        self.write_durable_by(path, mode, &mut |file| file.write_all(bytes))
    }

    /// The same of what `write` writes.
    pub fn write_durable_by(
        &self,
        path: &str,
        mode: u32,
        write: &mut dyn FnMut(&mut File) -> std::io::Result<()>,
    ) -> Result<(), FsError> {
        let (parent, name) = split(path);
        let directory = self.make_durable_directories(parent, 0o755)?;
        let temporary = format!("{name}.{}.tmp", rustix::process::getpid().as_raw_nonzero());
        directory.unlink(&temporary)?;
        let mut file = directory.create_file(&temporary, mode)?;
        write(&mut file)
            .and_then(|()| super::fault::step("write"))
            .and_then(|()| file.sync_all())
            .map_err(|error| FsError::new("write", path, error))?;
        super::trace::content(&file, parent, &temporary);
        super::trace::synced_file(&directory.join(&temporary));
        directory.rename(&temporary, &directory, name, Renaming::Over)?;
        directory.sync()
    }

    /// Removes the non-directory at `path`; `false` when nothing was there.
    pub fn remove(&self, path: &str) -> Result<bool, FsError> {
        match self.open_parent(path)? {
            Some(parent) => parent.unlink(split(path).1),
            None => Ok(false),
        }
    }

    /// Removes whatever lies at `path`, a directory with all that it holds.
    pub fn remove_tree(&self, path: &str) -> Result<(), FsError> {
        match self.open_parent(path)? {
            Some(parent) => parent.remove_tree(split(path).1),
            None => Ok(()),
        }
    }

    /// Renames `from` to `to`; both parents must be there.
    pub fn rename(&self, from: &str, to: &str, how: Renaming) -> Result<(), FsError> {
        let (from_parent, from_name) = split(from);
        let (to_parent, to_name) = split(to);
        let old = self.open_directory(from_parent)?;
        let new = self.open_directory(to_parent)?;
        old.rename(from_name, &new, to_name, how)
    }

    /// Renames `from` to `to`, where nothing may lie; both parents must be there.
    pub fn rename_to_free(&self, from: &str, to: &str) -> Result<(), FsError> {
        let (from_parent, from_name) = split(from);
        let (to_parent, to_name) = split(to);
        let old = self.open_directory(from_parent)?;
        old.rename_to_free(from_name, &self.open_directory(to_parent)?, to_name)
    }
}

#[cfg(test)]
impl Root {
    pub(super) fn walk_for_test(&self, path: &str) -> Result<Directory, FsError> {
        self.walk(path)
    }
}
