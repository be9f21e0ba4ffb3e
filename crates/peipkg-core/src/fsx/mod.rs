//! The filesystem below one root: every path from a descriptor, no symlink followed (PSD-009 §7.1.2.3).

pub mod descriptors;
mod directory;
mod error;
pub mod fault;
mod filesystem;
mod foreign;
mod root;
pub mod state;
pub mod sync;
mod temporary;
pub mod trace;

pub use directory::{Directory, Kind, Metadata, Renaming};
pub use error::FsError;
pub use foreign::open_regular;
pub use root::{Root, split};
pub use temporary::{PlaceError, Temporary};

#[cfg(test)]
mod tests;
