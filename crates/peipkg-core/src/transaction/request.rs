//! What a transaction is asked to do.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::TransactionError;
use crate::digest::Digest;
use crate::package::{Limits, Manifest};
use crate::signature::TrustSet;
use crate::store::packages::{Mark, Reason};

/// Compares a verified manifest with the index entry it was planned from: warnings, or the field that differs.
pub type EntryCheck = Arc<dyn Fn(&Manifest) -> Result<Vec<String>, String> + Send + Sync>;

/// The package that a plan expects at a place, and how it must verify.
#[derive(Clone)]
pub struct Expectation {
    /// Its name.
    pub name: String,
    /// Its version, as written.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// SHA-256 of the file: from the index, or for a local file from when it was planned.
    pub digest: Digest,
    /// Size of the file in bytes.
    pub size: u64,
    /// The index's `size_installed`; none for a local file, whose manifest gives the bound.
    pub size_installed: Option<u64>,
    /// The repository; none for a local file.
    pub repository: Option<String>,
    /// That repository's priority.
    pub priority: Option<u32>,
    /// Whether the operator called the repository official.
    pub official: bool,
    /// The keys its signature must verify with; none for a local file.
    pub trust: Option<Arc<TrustSet>>,
    /// Whether an unsigned package is refused.
    pub signature_required: bool,
    /// The index entry; none for a local file.
    pub entry: Option<EntryCheck>,
}

/// One operation. At most one for a name, besides marks.
#[derive(Clone)]
pub enum Requested {
    /// Puts a package in place, of whatever version was there before.
    Put {
        /// install, upgrade, downgrade or reinstall, for the history.
        kind: &'static str,
        /// The fetched or local file.
        file: PathBuf,
        /// What it must be.
        expected: Box<Expectation>,
        /// Why it is installed.
        reason: Reason,
        /// An undo that has to fetch: the transaction that ended the state to return to.
        restores: Option<i64>,
    },
    /// Returns to a state that an earlier transaction ended, out of what is retained and what is still in place.
    Restore {
        /// install, upgrade, downgrade or reinstall, for the history.
        kind: &'static str,
        /// The package.
        name: String,
        /// The transaction that ended that state.
        transaction: i64,
    },
    /// Takes a package away.
    Remove {
        /// Its name.
        name: String,
        /// The package that replaces it.
        replaced_by: Option<String>,
    },
    /// Changes what is recorded of an installed package that stays as it is.
    Mark {
        /// Its name.
        name: String,
        /// The change.
        mark: Mark,
    },
}

/// How durability is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DurabilityChoice {
    /// By the measured rule.
    Auto,
    /// As said.
    Fixed(crate::fsx::sync::Durability),
}

/// How much of the past is retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// At most this many transactions.
    pub transactions: u32,
    /// At most this many days.
    pub days: u32,
    /// At most this many bytes.
    pub bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { transactions: 10, days: 7, bytes: 2 << 30 }
    }
}

/// A whole transaction.
#[derive(Clone)]
pub struct Request {
    /// The database generation that was planned against.
    pub generation: u64,
    /// In plan order.
    pub operations: Vec<Requested>,
    /// The transactions that this one reverses: what they displaced comes back.
    pub reverses: Vec<i64>,
    /// The command line, for the lock and the history.
    pub command: String,
    /// Displace unowned files that differ.
    pub overwrite_unowned: bool,
    /// Let critical packages go.
    pub allow_critical: bool,
    /// Names that must not leave.
    pub critical: Vec<String>,
    /// Modified files (relative paths) that the operator agreed to lose.
    pub remove_modified: Vec<String>,
    /// How durable.
    pub durability: DurabilityChoice,
    /// How long to wait for the lock.
    pub wait: super::lock::Wait,
    /// What is kept afterwards.
    pub retention: Retention,
    /// Drop-in directories that the configuration adds.
    pub drop_in_directories: Vec<String>,
    /// What is agreed about security descriptors.
    pub overrides: super::overrides::OverrideRules,
    /// Bounds on packages.
    pub limits: Limits,
    /// Payload bytes held in memory between verification and staging: what is held is neither read nor hashed again.
    pub memory: u64,
    /// Seconds since 1970.
    pub now: i64,
}

impl Request {
    /// As much memory as is worth it: more measured no quicker.
    pub const MEMORY: u64 = 96 << 20;
}

/// The phases that progress tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for another transaction.
    Wait,
    /// Verifying packages, in bytes.
    Verify,
    /// Writing staged files, in bytes.
    Stage,
    /// Renames and the database commit, in steps.
    Commit,
}

/// Cancellation and progress of one transaction.
pub struct Control {
    /// Set to stop before the renames begin.
    pub cancel: Arc<AtomicBool>,
    /// Called with done and total; must return at once.
    pub progress: Box<dyn Fn(Phase, u64, u64) + Send + Sync>,
}

impl Control {
    /// One that nobody cancels or watches.
    pub fn silent() -> Self {
        Self { cancel: Arc::default(), progress: Box::new(|_, _, _| {}) }
    }

    /// Fails once the transaction was cancelled.
    pub fn check(&self) -> Result<(), TransactionError> {
        if self.cancel.load(Ordering::Relaxed) { Err(TransactionError::Cancelled) } else { Ok(()) }
    }
}
