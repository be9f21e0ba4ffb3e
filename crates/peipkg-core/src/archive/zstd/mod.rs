//! Zstandard frames: decoding within bounds, on several threads where frames are independent, and a
//! deterministic encoder whose frames are (PSD-009 §3.1).

mod context;
mod cutter;
mod encode;
mod error;
mod frame;
mod parallel;
mod pool;
mod serial;
mod source;

pub(super) use encode::{Encoded, Encoder, Settings, default_threads, encode};
pub use error::ZstdError;
pub(super) use parallel::decode_parallel;
pub(super) use pool::Chunk;
pub(super) use serial::Serial;
pub(super) use source::Source;

use std::sync::Arc;

use super::ArchiveError;
use crate::digest::Digest;

/// The largest window that readers accept: 128 MiB (PSD-009 §3.1).
pub const MAX_WINDOW: u64 = 128 << 20;

/// Frames that yield no more than this are decoded each in one step, on any thread. Our own are this large.
const UNIT: usize = 8 << 20;

/// Larger frames come in pieces of this size.
const PIECE: usize = 1 << 20;

/// Decoded bytes in order.
pub(super) trait Chunks {
    /// The next piece; `None` after the last frame.
    fn next(&mut self) -> Result<Option<Arc<Chunk>>, ArchiveError>;
    /// Chunks will be kept by the consumer: they no longer count against the number in flight.
    fn keep(&mut self);
    /// What was read, once `next` has returned `None`.
    fn totals(&self) -> Totals;
}

/// What is known of the compressed file at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Totals {
    /// SHA-256 of all compressed bytes, unless the source was not to be hashed.
    pub digest: Option<Digest>,
    /// Data frames, skippable ones not counted.
    pub frames: u64,
}
