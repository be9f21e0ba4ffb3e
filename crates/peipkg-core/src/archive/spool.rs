//! Where verified bytes wait until every package of a transaction has verified.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags};

/// A memory budget that all packages of a transaction share, and a directory for unlinked spill files.
#[derive(Debug, Default)]
pub struct Spool {
    left: Arc<AtomicU64>,
    directory: Option<OwnedFd>,
}

impl Spool {
    /// `memory`: bytes of payload that may be held at once. `directory`: where packages that do not fit are
    /// written to one `O_TMPFILE` each; without one they are decompressed a second time.
    pub fn new(memory: u64, directory: Option<OwnedFd>) -> Self {
        Self { left: Arc::new(AtomicU64::new(memory)), directory }
    }

    /// Bytes of the budget that nobody holds.
    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// A reservation of nothing yet.
    pub(super) fn reserve(&self) -> Reservation {
        Reservation { left: Arc::clone(&self.left), bytes: 0 }
    }

    /// A file without a name, which vanishes with its descriptor; `None` where that cannot be had.
    pub(super) fn file(&self) -> Option<File> {
        let directory = self.directory.as_ref()?;
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        rustix::fs::openat(directory, ".", flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
    }
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    left: Arc<AtomicU64>,
    bytes: u64,
}

impl Reservation {
    /// Takes `bytes` more, if they are left.
    pub(super) fn grow(&mut self, bytes: u64) -> bool {
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}
