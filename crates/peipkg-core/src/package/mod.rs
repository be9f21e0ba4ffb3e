//! What a package says of itself: manifest, files list, payload rules, limits (PSD-009 §3.3, §3.4).

mod build;
mod error;
mod files;
mod homepage;
mod limits;
mod manifest;
pub mod payload;
mod read;
pub mod relation;
mod sd_override;
pub mod security;
pub mod side_effects;

pub use build::Build;
pub use error::PackageError;
pub use files::{FileEntry, FileList};
pub use limits::{LimitError, Limits};
pub use manifest::Manifest;
pub use payload::EntryKind;
pub use relation::{Provide, Relation};
pub use sd_override::SdOverride;
pub use side_effects::SideEffect;

#[cfg(test)]
mod tests;

/// The manifest's path inside a package.
pub const MANIFEST: &str = ".peipkg/manifest.json";
/// The files list's path inside a package.
pub const FILES: &str = ".peipkg/files.json";
/// The signature's path inside a package.
pub const SIGNATURE: &str = ".peipkg/signature";
