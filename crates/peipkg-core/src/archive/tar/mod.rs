//! The tar stream inside a `.peipkg`: one strict reader, one canonical writer (PSD-009 §3.1).

mod error;
mod header;
mod pax;
mod reader;
mod writer;

pub use error::TarError;
pub use reader::{Entry, Reader, Visitor};
pub use writer::{HeaderWriter, padding_of};

/// Everything in a tar stream comes in blocks of this many bytes.
pub const BLOCK: usize = 512;

/// A record: zero padding after the end marker reaches at most to the end of one.
pub const RECORD: u64 = 10_240;

/// Mode of every entry, metadata included: access is governed by security descriptors, not by mode bits.
pub const MODE: u64 = 0o777;
