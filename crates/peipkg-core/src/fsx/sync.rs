//! Making staged content and names durable, behind one type (PSD-009 §7.4.5 step 3).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::fd::AsFd;

use super::directory::{Directory, Kind};
use super::error::FsError;
use super::root::{Root, split};
use super::{fault, trace};

/// How often the writeback is started while files are staged.
const WRITEBACK: Duration = Duration::from_millis(150);

/// How durability is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// One `syncfs` for each filesystem touched.
    Syncfs,
    /// `fsync` file by file, then every directory in which a name changed.
    Fsync,
    /// Nothing: for image builds. After power loss recovery may end indeterminate.
    None,
}

impl Durability {
    /// The measured rule of `auto`: a handful of files costs less by `fsync`, whatever else the system is writing;
    /// FUSE may do nothing on `syncfs`.
    pub fn automatic(root: &Root, staged_files: usize) -> Self {
        const FUSE: u64 = 0x6573_5546;
        let fuse = rustix::fs::statfs(root.path()).is_ok_and(|stat| stat.f_type as u64 & 0xFFFF_FFFF == FUSE);
        if fuse || staged_files <= 32 { Self::Fsync } else { Self::Syncfs }
    }
}

/// The barriers of one transaction. Made before the first staged write, so that `syncfs` reports its errors.
#[derive(Debug)]
pub struct Barrier {
    how: Durability,
    /// By device: a directory on each filesystem that is written to.
    filesystems: BTreeMap<u64, File>,
}

impl Barrier {
    /// Opens a descriptor on the filesystem of each directory. They must exist. `early`: a directory that was opened
    /// before anything was written to its filesystem, unlinked files included.
    pub fn new(
        how: Durability,
        root: &Root,
        directories: &BTreeSet<String>,
        early: Option<File>,
    ) -> Result<Self, FsError> {
        let mut filesystems = BTreeMap::new();
        if how == Durability::Syncfs {
            if let Some(descriptor) = early {
                let device = Directory::metadata_of(&descriptor, "")?.device;
                filesystems.insert(device, descriptor);
            }
            for path in directories {
                let directory = root.open_directory(path)?;
                let descriptor = File::from(
                    directory
                        .as_fd()
                        .try_clone_to_owned()
                        .map_err(|error| FsError::new("open", path, error))?,
                );
                let device = Directory::metadata_of(&descriptor, path)?.device;
                filesystems.entry(device).or_insert(descriptor);
            }
        }
        Ok(Self { how, filesystems })
    }

    /// Whether anything is made durable at all.
    pub fn is_durable(&self) -> bool {
        self.how != Durability::None
    }

    /// Makes files and names durable: `files` and `directories` are the paths that changed since the last barrier.
    /// An error is final; it is never retried (the kernel may have dropped the pages already).
    pub fn sync(
        &self,
        root: &Root,
        files: &mut (dyn Iterator<Item = &str> + Send),
        directories: &BTreeSet<String>,
    ) -> Result<(), FsError> {
        match self.how {
            Durability::None => Ok(()),
            Durability::Syncfs => self.sync_filesystems(),
            Durability::Fsync => {
                sync_files(root, files)?;
                directories.iter().try_for_each(|path| match root.open_directory(path) {
                    Ok(directory) => directory.sync(),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                    Err(error) => Err(error),
                })
            }
        }
    }

    /// Runs `work`, which writes, while a helper starts the writeback now and then: the disk works before the next
    /// barrier has to wait for it. What the helper is told of failed writes is handed on, since it is told only once.
    pub fn overlap<T, E: From<FsError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if self.how != Durability::Syncfs {
            return work();
        }
        let (working, ended) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let helper = scope.spawn(move || -> Result<(), FsError> {
                while ended.recv_timeout(WRITEBACK) == Err(RecvTimeoutError::Timeout) {
                    self.filesystems.values().try_for_each(sync_filesystem)?;
                }
                Ok(())
            });
            let result = work();
            drop(working);
            let written = helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result.and_then(|value| written.map(|()| value).map_err(E::from))
        })
    }

    fn sync_filesystems(&self) -> Result<(), FsError> {
        for descriptor in self.filesystems.values() {
            fault::step("syncfs").map_err(|error| FsError::new("make durable", "", error))?;
            sync_filesystem(descriptor)?;
        }
        // What the helper of `overlap` starts in between is recorded as no barrier: nothing may depend on it.
        trace::synced_all();
        Ok(())
    }
}

fn sync_filesystem(descriptor: &File) -> Result<(), FsError> {
    rustix::fs::syncfs(descriptor).map_err(|errno| FsError::new("make durable", "", errno))
}

/// `fsync` of every regular file, on several threads: each waits for the disk, not for the processor.
fn sync_files(root: &Root, files: &mut (dyn Iterator<Item = &str> + Send)) -> Result<(), FsError> {
    const THREADS: usize = 4;
    let files = Mutex::new(files);
    let work = || -> Result<(), FsError> {
        loop {
            let next = files.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
            let Some(path) = next else { return Ok(()) };
            sync_file(root, path)?;
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..THREADS).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for thread in threads {
            let joined = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(joined);
        }
        result
    })
}

fn sync_file(root: &Root, path: &str) -> Result<(), FsError> {
    let Some(parent) = root.open_parent(path)? else { return Ok(()) };
    let name = split(path).1;
    if parent.metadata(name)?.is_none_or(|found| found.kind != Kind::File) {
        return Ok(());
    }
    let Some(file) = parent.open_file(name)? else { return Ok(()) };
    fault::step("fsync").map_err(|error| FsError::new("make durable", path, error))?;
    file.sync_all().map_err(|error| FsError::new("make durable", path, error))?;
    trace::synced_file(path);
    Ok(())
}
