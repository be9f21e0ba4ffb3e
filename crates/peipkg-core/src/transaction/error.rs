//! Why a transaction does not happen.

use crate::archive::ArchiveError;
use crate::error::Coded;
use crate::fsx::FsError;
use crate::store::StoreError;
use crate::text::escape;

/// A transaction that was refused or rolled back. Nothing of it is left, unless the text says so.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// Another process holds the lock.
    #[error("another transaction is in progress: {}", escape(.holder))]
    Locked {
        /// `pid 4242, peipkg install nginx, since 2026-05-19T14:02:10Z`.
        holder: String,
    },
    /// The database is not the one that was planned against.
    #[error("the installed packages changed after the plan was made: plan again")]
    StateChanged,
    /// A package file breaks a rule, or is not what its repository promised.
    #[error("{}: {source}", escape(.file))]
    Package {
        /// The file's name.
        file: String,
        /// What is wrong.
        source: Box<ArchiveError>,
    },
    /// A verified package is not the one that was planned.
    #[error("{}: {reason}; nothing was changed", escape(.file))]
    Mismatch {
        /// The file's name.
        file: String,
        /// Which field differs, and how.
        reason: String,
    },
    /// A package may not be installed here.
    #[error("{package} is refused: {reason}")]
    Refused {
        /// Name and version.
        package: String,
        /// The rule it breaks.
        reason: String,
    },
    /// A package's security-descriptor overrides are not agreed to.
    #[error("{package} is refused: {reason}")]
    Overrides {
        /// Name and version.
        package: String,
        /// Why.
        reason: String,
    },
    /// The other tool's database cannot be taken over.
    #[error("nothing was taken over: {reason}")]
    ImportRefused {
        /// Why.
        reason: String,
    },
    /// Two packages want one path.
    #[error("/{} is in {package} and belongs to {owner}: two packages cannot own one path (remove one of them)", escape(.path))]
    Collision {
        /// The path.
        path: String,
        /// Who wants it.
        package: String,
        /// Who has it.
        owner: String,
    },
    /// Something that no package owns lies at a path of a package.
    #[error("/{} exists and belongs to no package; {package} would replace it (move it away, or use --overwrite-unowned, which keeps a copy)", escape(.path))]
    Unowned {
        /// The path.
        path: String,
        /// Who wants it.
        package: String,
    },
    /// The disk holds something at a path that cannot be replaced.
    #[error("/{} {reason}; {package} cannot be put there", escape(.path))]
    InTheWay {
        /// The path.
        path: String,
        /// What lies there, as the rest of a sentence.
        reason: &'static str,
        /// Who wants it.
        package: String,
    },
    /// A file that an undo needs is no longer retained, or not what it was.
    #[error("/{} of {} cannot be put back: what is retained of it is gone or was changed (run the command again: it will fetch the package)", escape(.path), escape(.package))]
    NotRetained {
        /// The path.
        path: String,
        /// The package, or the backup.
        package: String,
    },
    /// A filesystem is too full.
    #[error("not enough space on the filesystem of /{}: {needed} needed, {free} free", escape(.path))]
    Space {
        /// A directory on it.
        path: String,
        /// Bytes or inodes, with their unit.
        needed: String,
        /// Bytes or inodes, with their unit.
        free: String,
    },
    /// A system-critical package would leave the system.
    #[error(
        "{name} is critical for this system and would be removed (use --allow-critical if that is what you want)"
    )]
    Critical {
        /// The package.
        name: String,
    },
    /// Somebody changed a path while the transaction ran.
    #[error("/{} was changed by another program during the transaction, which was given up", escape(.path))]
    Raced {
        /// The path.
        path: String,
    },
    /// An earlier transaction can neither be completed nor undone.
    #[error(
        "transaction {transaction} was interrupted and cannot be rolled back without losing something: {} (these paths are neither as before nor as after it; nothing is written until that is resolved: `peipkg recover --report` tells what lies where, `--rollback` puts back what it can, `--accept` keeps the disk as it is)", paths.iter().map(|path| format!("/{}", escape(path))).collect::<Vec<_>>().join(", ")
    )]
    Indeterminate {
        /// Its number.
        transaction: i64,
        /// The paths that are neither as before nor as after.
        paths: Vec<String>,
    },
    /// The database may or may not hold the commit.
    #[error(
        "the database could not say whether the transaction committed ({reason}); the next start finds out and finishes or undoes it"
    )]
    Doubtful {
        /// What failed.
        reason: String,
    },
    /// It was cancelled before the renames began.
    #[error("cancelled; everything was put back")]
    Cancelled,
    /// The request contradicts itself.
    #[error("{0}")]
    Invalid(String),
    /// It failed, and putting things back failed too.
    #[error("{cause}; undoing the transaction failed as well: {rollback} (the next start tries again)")]
    RollbackFailed {
        /// Why it failed.
        cause: Box<TransactionError>,
        /// Why the rollback failed.
        rollback: Box<TransactionError>,
    },
    /// The filesystem refused.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Coded for TransactionError {
    fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "PEI_LOCKED",
            Self::StateChanged => "PEI_STATE_CHANGED",
            Self::Package { source, .. } => source.code(),
            Self::Mismatch { .. } => "PEI_PACKAGE_MISMATCH",
            Self::Refused { .. } => "PEI_PACKAGE_REFUSED",
            Self::Overrides { .. } => "PEI_SD_REFUSED",
            Self::ImportRefused { .. } => "PEI_IMPORT_REFUSED",
            Self::Collision { .. } => "PEI_COLLISION",
            Self::Unowned { .. } => "PEI_UNOWNED",
            Self::InTheWay { .. } => "PEI_PATH_REFUSED",
            Self::NotRetained { .. } => "PEI_NOT_RETAINED",
            Self::Space { .. } => "PEI_DISK_SPACE",
            Self::Critical { .. } => "PEI_CRITICAL",
            Self::Raced { .. } => "PEI_RACED",
            Self::Indeterminate { .. } => "PEI_INDETERMINATE",
            Self::Doubtful { .. } => "PEI_COMMIT_DOUBTFUL",
            Self::Cancelled => "PEI_CANCELLED",
            Self::Invalid(_) => "PEI_USAGE",
            Self::RollbackFailed { cause, .. } => cause.code(),
            Self::Fs(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}
