//! Where verified bytes wait until every package of a transaction has verified.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags};

/// Of the descriptors that this process may have, the share that unlinked files may take.
const DESCRIPTOR_SHARE: u64 = 4;
/// At most so many unlinked files, however many descriptors there are.
const MAX_DESCRIPTORS: u64 = 1024;
/// What unlinked files leave free of a filesystem, at least.
const MARGIN: u64 = 64 << 20;

/// Budgets of memory and descriptors that all packages of a transaction share, and a directory for unlinked files.
#[derive(Debug, Default)]
pub struct Spool {
    left: Arc<AtomicU64>,
    descriptors: Arc<AtomicU64>,
    directory: Option<OwnedFd>,
}

impl Spool {
    /// `memory`: bytes of payload that may be held at once. `directory`: where packages that do not fit are
    /// written to files without a name (`O_TMPFILE`); without one they are decompressed a second time.
    pub fn new(memory: u64, directory: Option<OwnedFd>) -> Self {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let descriptors = (limit.unwrap_or(u64::MAX) / DESCRIPTOR_SHARE).min(MAX_DESCRIPTORS);
        let budget = |of: u64| Arc::new(AtomicU64::new(of));
        Self { left: budget(memory), descriptors: budget(descriptors), directory }
    }

    /// Bytes of the budget that nobody holds.
    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// The directory of unlinked files, as it was opened before any was written.
    pub fn directory(&self) -> Option<File> {
        self.directory.as_ref()?.try_clone().ok().map(File::from)
    }

    /// A reservation of nothing yet.
    pub(super) fn reserve(&self) -> Reservation {
        Reservation { left: Arc::clone(&self.left), taken: 0 }
    }

    /// The same of descriptors for unlinked files.
    pub(super) fn reserve_descriptors(&self) -> Reservation {
        Reservation { left: Arc::clone(&self.descriptors), taken: 0 }
    }

    /// Whether so many bytes would leave the filesystem of unlinked files some room.
    pub(super) fn has_room(&self, bytes: u64) -> bool {
        let Some(Ok(free)) = self.directory.as_ref().map(rustix::fs::fstatvfs) else { return false };
        free.f_bavail.saturating_mul(free.f_frsize) > bytes.saturating_add((bytes / 16).max(MARGIN))
    }

    /// A file without a name, which vanishes with its descriptor; `None` where that cannot be had.
    pub(super) fn file(&self) -> Option<File> {
        let directory = self.directory.as_ref()?;
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        rustix::fs::openat(directory, ".", flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
    }
}

/// A part of a budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    left: Arc<AtomicU64>,
    taken: u64,
}

impl Reservation {
    /// Takes `more`, if it is left.
    pub(super) fn grow(&mut self, more: u64) -> bool {
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(more));
        if taken.is_ok() {
            self.taken += more;
        }
        taken.is_ok()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.left.fetch_add(self.taken, Ordering::Relaxed);
    }
}
