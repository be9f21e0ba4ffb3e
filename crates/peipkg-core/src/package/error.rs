//! Why a package is rejected: the rule, the file inside the package, the value.

use super::{FILES, MANIFEST};
use crate::error::Coded;
use crate::json::JsonError;
use crate::signature::SignatureError;
use crate::text::{escape, quote};

/// A rule of PSD-009 §3 that a package breaks.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// `manifest.json` is not strict JSON, or breaks a rule of §3.3 or §4.1.
    #[error("{MANIFEST}: {}", document(.0))]
    Manifest(#[source] JsonError),
    /// `files.json` is not strict JSON, or breaks a rule of §3.5.
    #[error("{FILES}: {}", document(.0))]
    Files(#[source] JsonError),
    /// A path of the payload that no package may have (§3.2).
    #[error("payload path {}: {rule}", quote(.path))]
    Path {
        /// The path.
        path: String,
        /// What a path must be.
        rule: &'static str,
    },
    /// An entry where packages put nothing, or not of that kind (§3.4).
    #[error("payload entry {}: {rule}", quote(.path))]
    Destination {
        /// The entry's path.
        path: String,
        /// Where entries may lie.
        rule: &'static str,
    },
    /// A symlink with a forbidden target (§3.4).
    #[error("symlink {} with target {}: {rule}", quote(.path), quote(.target))]
    Symlink {
        /// The link's path.
        path: String,
        /// Its target.
        target: String,
        /// What a target must be.
        rule: &'static str,
    },
    /// An entry in a drop-in directory that only the official repository may fill (§3.4).
    #[error("payload entry {}: {rule} (in the drop-in directory /{directory}, only files named {package}… below {allowed}/ are)", quote(.path))]
    DropIn {
        /// The entry's path.
        path: String,
        /// Why it may not be there.
        rule: &'static str,
        /// The drop-in directory.
        directory: String,
        /// The package's name.
        package: String,
        /// The one subdirectory for packages of this origin.
        allowed: String,
    },
    /// A security descriptor override for what is not a file or directory of the package (§3.3.5).
    #[error("{MANIFEST}: sd_overrides: {}: {rule}", quote(.path))]
    Override {
        /// The override's path.
        path: String,
        /// What it must name.
        rule: &'static str,
    },
    /// More than a limit allows (§3.2).
    #[error("{what}: {found} is above the limit of {limit}")]
    Limit {
        /// What is limited, and in which unit.
        what: &'static str,
        /// The most that is allowed.
        limit: u64,
        /// What there is; at least this.
        found: u64,
    },
    /// The signature is not acceptable (§5.3).
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Coded for PackageError {
    fn code(&self) -> &'static str {
        match self {
            Self::Manifest(_) | Self::Override { .. } => "PEI_PACKAGE_MANIFEST",
            Self::Files(_) => "PEI_PACKAGE_FILES",
            Self::Path { .. } => "PEI_PACKAGE_PATH",
            Self::Destination { .. } => "PEI_PACKAGE_DESTINATION",
            Self::Symlink { .. } => "PEI_PACKAGE_SYMLINK",
            Self::DropIn { .. } => "PEI_PACKAGE_DROP_IN",
            Self::Limit { .. } => "PEI_PACKAGE_LIMIT",
            Self::Signature(error) => error.code(),
        }
    }
}

/// The place inside a document, then what is wrong there.
fn document(error: &JsonError) -> String {
    format!("{}: {} (byte {}, line {})", escape(error.path()), error.problem(), error.offset(), error.line())
}
