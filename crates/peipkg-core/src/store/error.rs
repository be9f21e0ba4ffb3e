//! What the database can fail with.

use crate::error::Coded;
use crate::fsx::FsError;
use crate::text::escape;

/// A failure of the package database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `SQLite` refused or failed.
    #[error("the package database /var/lib/peipkg/db.sqlite failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Another process kept the database busy for 30 seconds.
    #[error("the package database is kept busy by {holders}; end that program and try again")]
    Busy {
        /// The processes that have the database open.
        holders: String,
    },
    /// The database is the reference implementation's.
    #[error(
        "/var/lib/peipkg/db.sqlite was made by another peipkg implementation; `peipkg doctor --import` takes it over"
    )]
    Foreign,
    /// A newer release wrote the database in a form this one must not write.
    #[error(
        "the package database needs peipkg's schema {needed} or later to be written, this release knows {known}: use the newer release"
    )]
    TooNew {
        /// The lowest schema version that may write it.
        needed: i64,
        /// What this release knows.
        known: i64,
    },
    /// WAL mode was not granted: a network filesystem.
    #[error(
        "the filesystem of /var/lib/peipkg cannot hold the package database safely (SQLite's WAL mode was refused, as on network filesystems); put it on a local one"
    )]
    NoWal,
    /// The transaction is not in the state it was left in.
    #[error(
        "another process undid this transaction while it ran (was its lock file removed?); nothing of it was committed"
    )]
    NotApplying,
    /// A value in the database breaks a rule of its column.
    #[error("the package database holds an invalid {what}: {}", escape(.value))]
    Invalid {
        /// The column.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// The filesystem below refused.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl StoreError {
    /// Whether `SQLite` says that another process is writing.
    pub fn is_busy(error: &rusqlite::Error) -> bool {
        matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
        )
    }
}

impl Coded for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotApplying => "PEI_RACED",
            Self::Sqlite(_) | Self::Invalid { .. } => "PEI_STORE_FAILED",
            Self::Busy { .. } => "PEI_STORE_BUSY",
            Self::Foreign => "PEI_STORE_FOREIGN",
            Self::TooNew { .. } => "PEI_STORE_TOO_NEW",
            Self::NoWal => "PEI_STORE_NO_WAL",
            Self::Fs(error) => error.code(),
        }
    }
}
