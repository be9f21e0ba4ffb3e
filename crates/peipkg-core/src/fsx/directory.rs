//! One open directory: every change below the root is a call on one of these.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Timespec, Timestamps};
use rustix::io::Errno;

use super::error::FsError;
use super::filesystem::{keeps_inodes, keeps_modes};
use super::{fault, trace};
use crate::sorting;

/// What an entry of a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, FIFO or socket: never opened, never displaced.
    Special,
}

/// What `lstat` says of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Its type.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time in nanoseconds since 1970.
    pub mtime: i64,
    /// Its inode number.
    pub inode: u64,
    /// The filesystem it is on. Never stored: device numbers do not survive a reboot.
    pub device: u64,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Number of names.
    pub links: u64,
}

/// How a rename treats what lies at the new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renaming {
    /// Replaces it.
    Over,
    /// Fails with EEXIST.
    NoReplace,
    /// Swaps the two.
    Exchange,
}

/// An open directory below the root.
#[derive(Debug)]
pub struct Directory {
    fd: OwnedFd,
    path: String,
}

impl Directory {
    pub(super) fn new(fd: OwnedFd, path: &str) -> Self {
        Self { fd, path: path.to_owned() }
    }

    /// The directory's path relative to the root; empty for the root itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of `name` in this directory, relative to the root.
    pub fn join(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    /// Opens the directory `name` in this one, which must be a real directory.
    pub fn open_directory(&self, name: &str) -> Result<Self, FsError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty())
            .map_err(|errno| self.error("open", name, beneath(errno)))?;
        Ok(Self::new(fd, &self.join(name)))
    }

    /// What `name` is; `None` when nothing is there. Never follows a symlink.
    pub fn metadata(&self, name: &str) -> Result<Option<Metadata>, FsError> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => {
                let inode = fault::inode(&self.path, stat.st_ino);
                Ok(Some(Metadata { inode, ..convert(&stat) }))
            }
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.error("look at", name, errno)),
        }
    }

    /// What an open file is.
    pub fn metadata_of(file: &File, path: &str) -> Result<Metadata, FsError> {
        let stat = rustix::fs::fstat(file).map_err(|errno| FsError::new("look at", path, errno))?;
        Ok(Metadata { inode: fault::inode(path, stat.st_ino), ..convert(&stat) })
    }

    /// Whether an inode number tells a file of this directory for good. On vfat, for one, it does not.
    pub fn keeps_inodes(&self) -> bool {
        keeps_inodes(&self.fd)
    }

    /// Opens the regular file `name` for reading. A FIFO or device is never opened.
    pub fn open_file(&self, name: &str) -> Result<Option<File>, FsError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => Ok(Some(File::from(fd))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.error("open", name, errno)),
        }
    }

    /// Opens the file `name` for reading and writing, to lock it.
    pub fn open_for_lock(&self, name: &str) -> Result<File, FsError> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty())
            .map_err(|errno| self.error("open", name, errno))?;
        Ok(File::from(fd))
    }

    /// Opens the file `name` for reading and appending.
    pub fn open_for_append(&self, name: &str) -> Result<File, FsError> {
        let flags = OFlags::RDWR
            | OFlags::APPEND
            | OFlags::NOFOLLOW
            | OFlags::CLOEXEC
            | OFlags::NONBLOCK
            | OFlags::NOCTTY;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty())
            .map_err(|errno| self.error("open", name, errno))?;
        Ok(File::from(fd))
    }

    /// Creates the file `name` for writing; it must not exist. `mode` is what it has at last, whatever the umask.
    pub fn create_file(&self, name: &str, mode: u32) -> Result<File, FsError> {
        self.step("create", name)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::from_raw_mode(mode))
            .map_err(|errno| self.error("create", name, errno))?;
        if mode & umask() != 0 {
            self.change_mode(&fd, name, mode)?;
        }
        trace::made(self, name);
        Ok(File::from(fd))
    }

    /// Sets the modification time of an open file of this directory, in seconds since 1970.
    pub fn set_mtime(&self, file: &File, name: &str, seconds: i64) -> Result<(), FsError> {
        rustix::fs::futimens(file, &timestamps(seconds))
            .map_err(|errno| self.error("set the time of", name, errno))?;
        trace::content(file, &self.path, name);
        Ok(())
    }

    /// The same in nanoseconds.
    pub fn set_mtime_exactly(&self, file: &File, name: &str, nanoseconds: i64) -> Result<(), FsError> {
        let time = Timespec {
            tv_sec: nanoseconds.div_euclid(1_000_000_000),
            tv_nsec: nanoseconds.rem_euclid(1_000_000_000),
        };
        rustix::fs::futimens(file, &Timestamps { last_access: time, last_modification: time })
            .map_err(|errno| self.error("set the time of", name, errno))?;
        trace::content(file, &self.path, name);
        Ok(())
    }

    /// Sets the permission bits of an open file of this directory.
    pub fn set_mode(&self, file: &File, name: &str, mode: u32) -> Result<(), FsError> {
        self.change_mode(file, name, mode)
    }

    /// A filesystem whose files have no modes of their own refuses with EPERM: so be it.
    fn change_mode(&self, file: impl AsFd, name: &str, mode: u32) -> Result<(), FsError> {
        match rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)) {
            Err(Errno::PERM) if !keeps_modes(&file) => Ok(()),
            other => other.map_err(|errno| self.error("set the mode of", name, errno)),
        }
    }

    /// Gives an open file of this directory the owner and group of another; nothing to do where it has them.
    pub fn set_owner(&self, file: &File, name: &str, like: &Metadata) -> Result<(), FsError> {
        let found = Self::metadata_of(file, name)?;
        if (found.uid, found.gid) == (like.uid, like.gid) {
            return Ok(());
        }
        let (user, group) = (rustix::fs::Uid::from_raw(like.uid), rustix::fs::Gid::from_raw(like.gid));
        rustix::fs::fchown(file, Some(user), Some(group))
            .map_err(|errno| self.error("set the owner of", name, errno))
    }

    /// Makes the directory `name`, mode 0755 whatever the umask, or `mode`.
    pub fn make_directory(&self, name: &str, mode: u32) -> Result<(), FsError> {
        self.step("make", name)?;
        rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(mode))
            .map_err(|errno| self.error("make", name, errno))?;
        if mode & umask() != 0 {
            // By descriptor, and only of a directory of ours: in a directory that others may write, the name may
            // already be a link to anywhere.
            let opened = self.open_directory(name)?;
            let owner =
                rustix::fs::fstat(&opened.fd).map_err(|errno| self.error("look at", name, errno))?.st_uid;
            if owner != rustix::process::geteuid().as_raw() {
                return Err(FsError::NotBeneath { path: self.join(name) });
            }
            self.change_mode(&opened.fd, name, mode)?;
        }
        trace::made(self, name);
        Ok(())
    }

    /// Makes the symlink `name` with that target and modification time.
    pub fn make_symlink(&self, target: &str, name: &str, seconds: i64) -> Result<(), FsError> {
        self.step("link", name)?;
        rustix::fs::symlinkat(target, &self.fd, name).map_err(|errno| self.error("create", name, errno))?;
        rustix::fs::utimensat(&self.fd, name, &timestamps(seconds), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| self.error("set the time of", name, errno))?;
        trace::made(self, name);
        Ok(())
    }

    /// The target of the symlink `name`, lossy where it is not UTF-8.
    pub fn read_link(&self, name: &str) -> Result<String, FsError> {
        let target = rustix::fs::readlinkat(&self.fd, name, Vec::new())
            .map_err(|errno| self.error("read", name, errno))?;
        Ok(target.to_string_lossy().into_owned())
    }

    /// Renames `name` to `new_name` in `new_directory`.
    pub fn rename(
        &self,
        name: &str,
        new_directory: &Self,
        new_name: &str,
        how: Renaming,
    ) -> Result<(), FsError> {
        self.step("rename", name)?;
        let done = match how {
            Renaming::NoReplace | Renaming::Exchange if fault::filesystem().without_flags() => {
                Err(Errno::INVAL)
            }
            Renaming::Over => rustix::fs::renameat(&self.fd, name, &new_directory.fd, new_name),
            Renaming::NoReplace => {
                rustix::fs::renameat_with(&self.fd, name, &new_directory.fd, new_name, RenameFlags::NOREPLACE)
            }
            Renaming::Exchange => {
                rustix::fs::renameat_with(&self.fd, name, &new_directory.fd, new_name, RenameFlags::EXCHANGE)
            }
        };
        done.map_err(|errno| self.error("rename", name, errno))?;
        trace::renamed((self, name), (new_directory, new_name), how);
        Ok(())
    }

    /// Renames `name` to `new_name`, where nothing may lie. A filesystem that cannot be held to that is looked at first.
    pub fn rename_to_free(&self, name: &str, new_directory: &Self, new_name: &str) -> Result<(), FsError> {
        match self.rename(name, new_directory, new_name, Renaming::NoReplace) {
            Err(error) if error.is_unsupported() => {
                if new_directory.metadata(new_name)?.is_some() {
                    return Err(self.error("rename", name, Errno::EXIST));
                }
                self.rename(name, new_directory, new_name, Renaming::Over)
            }
            other => other,
        }
    }

    /// Gives the file `name` a second name.
    pub fn link(&self, name: &str, new_directory: &Self, new_name: &str) -> Result<(), FsError> {
        self.step("hardlink", name)?;
        if fault::filesystem().without_links() {
            return Err(self.error("link", name, Errno::PERM));
        }
        rustix::fs::linkat(&self.fd, name, &new_directory.fd, new_name, AtFlags::empty())
            .map_err(|errno| self.error("link", name, errno))?;
        trace::linked((self, name), (new_directory, new_name));
        Ok(())
    }

    /// Gives an unlinked file of ours (`O_TMPFILE`) the name `name`, with that mode and modification time. `false`: it
    /// lies on another filesystem, or this one cannot do it.
    pub fn name_file(&self, file: &File, name: &str, mode: u32, seconds: i64) -> Result<bool, FsError> {
        self.step("name", name)?;
        rustix::fs::fchmod(file, Mode::from_raw_mode(mode))
            .map_err(|errno| self.error("set the mode of", name, errno))?;
        rustix::fs::futimens(file, &timestamps(seconds))
            .map_err(|errno| self.error("set the time of", name, errno))?;
        let named = || {
            trace::made(self, name);
            trace::content(file, &self.path, name);
            Ok(true)
        };
        if fault::filesystem().without_links() {
            return Ok(false);
        }
        match rustix::fs::linkat(file, "", &self.fd, name, AtFlags::EMPTY_PATH) {
            Ok(()) => return named(),
            Err(Errno::EXIST) => return Err(self.error("create", name, Errno::EXIST)),
            Err(_) => {} // older kernels want a capability for it; /proc does without
        }
        let opened = format!("/proc/self/fd/{}", file.as_raw_fd());
        match rustix::fs::linkat(rustix::fs::CWD, opened, &self.fd, name, AtFlags::SYMLINK_FOLLOW) {
            Ok(()) => named(),
            Err(Errno::EXIST) => Err(self.error("create", name, Errno::EXIST)),
            Err(_) => Ok(false),
        }
    }

    /// Removes the non-directory `name`; `false` when nothing was there.
    pub fn unlink(&self, name: &str) -> Result<bool, FsError> {
        self.step("unlink", name)?;
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) => {
                trace::removed(self, name);
                Ok(true)
            }
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.error("remove", name, errno)),
        }
    }

    /// Removes the empty directory `name`; `false` when it is not there, not empty, or a mount point.
    pub fn remove_directory(&self, name: &str) -> Result<bool, FsError> {
        self.step("rmdir", name)?;
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR) {
            Ok(()) => {
                trace::removed(self, name);
                Ok(true)
            }
            Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::BUSY | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(self.error("remove", name, errno)),
        }
    }

    /// Removes `name` whatever it is, a directory with all that it holds.
    pub fn remove_tree(&self, name: &str) -> Result<(), FsError> {
        match self.metadata(name)? {
            None => Ok(()),
            Some(found) if found.kind == Kind::Directory => {
                let inside = self.open_directory(name)?;
                for entry in inside.list()? {
                    inside.remove_tree(&entry)?;
                }
                self.remove_directory(name).map(drop)
            }
            Some(_) => self.unlink(name).map(drop),
        }
    }

    /// The names in this directory, sorted. A name that is not UTF-8 comes back lossy, and so cannot be opened by it.
    pub fn list(&self) -> Result<Vec<String>, FsError> {
        let entries = rustix::fs::Dir::read_from(&self.fd).map_err(|errno| self.error("list", "", errno))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|errno| self.error("list", "", errno))?;
            let name = entry.file_name().to_string_lossy();
            if name != "." && name != ".." {
                names.push(name.into_owned());
            }
        }
        sorting::sort(&mut names);
        Ok(names)
    }

    /// Makes the names in this directory durable.
    pub fn sync(&self) -> Result<(), FsError> {
        self.step("fsync", "")?;
        // A descriptor of its own: `self.fd` may have been opened before another caller collected an error.
        rustix::fs::fsync(&self.fd).map_err(|errno| self.error("make durable", "", errno))?;
        trace::synced_directory(self);
        Ok(())
    }

    fn step(&self, call: &'static str, name: &str) -> Result<(), FsError> {
        fault::step(call).map_err(|error| FsError::new(call, &self.join(name), error))
    }

    fn error(&self, operation: &'static str, name: &str, errno: Errno) -> FsError {
        let path = if name.is_empty() { self.path.clone() } else { self.join(name) };
        FsError::new(operation, &path, errno)
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// `O_DIRECTORY | O_NOFOLLOW` says ENOTDIR of a symlink: the caller means "not a real directory".
pub(super) fn beneath(errno: Errno) -> Errno {
    if errno == Errno::NOTDIR { Errno::LOOP } else { errno }
}

fn convert(stat: &rustix::fs::Stat) -> Metadata {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink,
        _ => Kind::Special,
    };
    Metadata {
        kind,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        mtime: stat.st_mtime.saturating_mul(1_000_000_000).saturating_add(stat.st_mtime_nsec as i64),
        inode: stat.st_ino,
        device: stat.st_dev,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        links: u64::from(stat.st_nlink as u32),
    }
}

fn timestamps(seconds: i64) -> Timestamps {
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

/// The umask of the process, read once and never set: setting it would race with every other thread.
fn umask() -> u32 {
    static UMASK: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *UMASK.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        // Unknown: as if every bit were masked, so that each mode is set explicitly.
        line.and_then(|digits| u32::from_str_radix(digits.trim(), 8).ok()).unwrap_or(0o777)
    })
}
