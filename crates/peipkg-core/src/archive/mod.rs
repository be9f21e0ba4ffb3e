//! The `.peipkg` container: tar, zstd, verification and packing (PSD-009 §3.1, §3.2, §3.5).

mod check;
pub mod compare;
mod decoded;
mod error;
pub mod glob;
mod hold;
mod observer;
mod order;
pub mod pack;
mod pieces;
mod selected;
pub mod sign;
mod spool;
pub mod tar;
mod tar_hash;
mod unlinked;
mod unpack;
mod verify;
pub mod zstd;

pub use error::ArchiveError;
pub use observer::Observer;
pub use pieces::Present;
pub use spool::Spool;
pub(crate) use unlinked::PIECE;
pub use unpack::{FileSink, UnpackError};
pub use verify::{Expected, PayloadEntry, PayloadKind, VerifiedPackage, VerifyRules, open, verify};

/// Metadata lives below this directory of the archive.
const METADATA: &str = ".peipkg/";
