//! How a caller watches long work, and stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::ArchiveError;

/// Shared with the thread that shows progress. Cloning shares.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    /// Bytes done: of compressed input while verifying and unpacking, of uncompressed output while packing.
    pub done: Arc<AtomicU64>,
    /// Set to stop the work: it then ends with [`ArchiveError::Cancelled`].
    pub cancel: Arc<AtomicBool>,
}

impl Observer {
    /// Counts `bytes` as done, or says that the work was cancelled. Called for every chunk.
    pub fn advance(&self, bytes: u64) -> Result<(), ArchiveError> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(ArchiveError::Cancelled);
        }
        self.done.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }
}
