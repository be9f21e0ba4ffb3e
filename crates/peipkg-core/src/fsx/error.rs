//! What a filesystem call below the root can fail with.

use std::io;

use crate::error::Coded;
use crate::text::{escape, reason};

/// A failed filesystem call, with the path as people see it inside the root.
#[derive(Debug, thiserror::Error)]
pub enum FsError {
    /// The system refused the call.
    #[error("cannot {operation} /{}: {}{}", escape(.path), reason(.source), advice(.source))]
    System {
        /// What was tried, as a verb: `write`, `rename`.
        operation: &'static str,
        /// The path relative to the root.
        path: String,
        /// The system's answer.
        source: io::Error,
    },
    /// Something on the way to the path is a symlink or not a directory.
    #[error("/{} is reached through a symlink or something that is not a directory; nothing below the root is followed (replace it with a real directory)", escape(.path))]
    NotBeneath {
        /// The path relative to the root.
        path: String,
    },
    /// A file is larger than its reader allows.
    #[error("/{} is larger than {limit} bytes; it was not read", escape(.path))]
    TooLarge {
        /// The path relative to the root.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
}

impl FsError {
    /// The failure of `operation` on `path`.
    pub fn new(operation: &'static str, path: &str, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        match source.raw_os_error() {
            Some(code) if code == ELOOP || code == EXDEV && operation == "open" => {
                Self::NotBeneath { path: path.to_owned() }
            }
            _ => Self::System { operation, path: path.to_owned(), source },
        }
    }

    /// The kind of the system's answer; `Other` when it was not the system that refused.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::System { source, .. } => source.kind(),
            _ => io::ErrorKind::Other,
        }
    }

    /// The errno of the system's answer.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::System { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }

    /// Whether the filesystem (or the kernel) does not know the call: EINVAL, ENOSYS, EOPNOTSUPP.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.errno(), Some(22 | 38 | 95))
    }

    /// Whether it cannot give a file a second name: the above, EPERM (vfat), or EMLINK.
    pub fn is_link_refused(&self) -> bool {
        self.is_unsupported() || matches!(self.errno(), Some(1 | 31))
    }
}

impl Coded for FsError {
    fn code(&self) -> &'static str {
        match self {
            Self::System { .. } => "PEI_IO",
            Self::NotBeneath { .. } => "PEI_PATH_REFUSED",
            Self::TooLarge { .. } => "PEI_LIMIT",
        }
    }
}

pub(super) const ELOOP: i32 = 40;
pub(super) const EXDEV: i32 = 18;

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => " (run as a user who may do that)",
        io::ErrorKind::StorageFull => " (free some space and try again)",
        io::ErrorKind::ReadOnlyFilesystem => " (the filesystem is mounted read-only)",
        _ => "",
    }
}
