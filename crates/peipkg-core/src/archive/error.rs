//! Everything for which an archive is refused or cannot be made.

use std::io;

use super::tar::TarError;
use super::zstd::ZstdError;
use crate::digest::Digest;
use crate::error::Coded;
use crate::fsx::PlaceError;
use crate::package::PackageError;
use crate::signature::SignatureError;
use crate::text::quote;

/// Why a package is not accepted. Messages name the rule, the file inside the package and the value; the
/// caller puts the name of the package's own file before them.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The system refused.
    #[error("{what}: {}", crate::text::reason(.source))]
    Io {
        /// What could not be done, on which thing.
        what: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The result cannot be written.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// [`super::Observer::cancel`] was set.
    #[error("cancelled")]
    Cancelled,
    /// The compression library got no memory.
    #[error("not enough memory for compression")]
    Memory,
    /// A thread of ours ended without an answer.
    #[error("a worker thread ended without a result")]
    Worker,
    /// A directory, device, pipe or socket.
    #[error("not a regular file")]
    NotAFile,
    /// The file is not the one that the index describes.
    #[error("the file's SHA-256 is {actual}, but the index says {expected}")]
    Digest {
        /// What the index says.
        expected: Digest,
        /// What the file has.
        actual: Digest,
    },
    /// The file, or what was kept of it, is not what was verified any more.
    #[error("the package changed after it was verified")]
    Changed,
    /// A bound was reached.
    #[error("{what}: {found} exceeds the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// How large it is, as far as it was read.
        found: u64,
        /// The bound.
        limit: u64,
    },
    /// Compression.
    #[error(transparent)]
    Zstd(#[from] ZstdError),
    /// The tar stream.
    #[error(transparent)]
    Tar(#[from] TarError),
    /// An entry in the wrong place.
    #[error("entry {}: {rule}", quote(.entry))]
    Layout {
        /// The entry's name as written.
        entry: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// The archive does not hold what its metadata says.
    #[error("{}: {rule}: {found}", quote(.path))]
    Content {
        /// The payload path, or the metadata file.
        path: String,
        /// The rule that is broken.
        rule: &'static str,
        /// The values that differ.
        found: String,
    },
    /// The compression library refused, for instance an unknown level.
    #[error("compression failed: {0}")]
    Compression(&'static str),
    /// A staged entry that cannot be packed.
    #[error("{}: {rule}", quote(.path))]
    Staged {
        /// Its path below the staged directory.
        path: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A staged file that another process wrote to.
    #[error("{} changed while it was packed (wait until nothing writes to the staged directory, then pack again)", quote(.path))]
    StagedChanged {
        /// Its path below the staged directory.
        path: String,
    },
    /// The draft or its payload break rules; all of them.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// The manifest, files.json or a path.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Coded for ArchiveError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::Place(_) => "PEI_IO",
            Self::Cancelled => "PEI_CANCELLED",
            Self::Memory | Self::Worker => "PEI_INTERNAL",
            Self::NotAFile => "PEI_PACKAGE_NOT_A_FILE",
            Self::Digest { .. } | Self::Changed => "PEI_PACKAGE_DIGEST",
            Self::TooLarge { .. } => "PEI_PACKAGE_LIMIT",
            Self::Compression(_) => "PEI_USAGE",
            Self::Staged { .. } | Self::Refused(_) => "PEI_STAGED_INVALID",
            Self::StagedChanged { .. } => "PEI_STAGED_CHANGED",
            Self::Zstd(error) => error.code(),
            Self::Tar(error) => error.code(),
            Self::Layout { .. } => "PEI_PACKAGE_LAYOUT",
            Self::Content { .. } => "PEI_PACKAGE_CONTENT",
            Self::Package(error) => error.code(),
            Self::Signature(error) => error.code(),
        }
    }
}
