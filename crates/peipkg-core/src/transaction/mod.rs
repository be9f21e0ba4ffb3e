//! Lock, journal, verify, stage, commit, roll back, recover, retain (PSD-009 §7, file 5 of the specification).
//!
//! `run` reads as the phases; every other module is one of them.

mod apply;
mod arrive;
mod claims;
mod commit;
mod depart;
mod error;
mod layout;
mod lock;
mod look;
mod modified;
mod names;
mod recover;
mod request;
mod retain;
mod rollback;
mod run;
mod settle;
mod space;
mod stage;
mod verify;

pub use error::TransactionError;
pub use lock::Wait;
pub use modified::{Modified, modified_files};
pub use recover::{Outcome, Recovery, recover};
pub use request::{Control, DurabilityChoice, EntryCheck, Expectation, Phase, Request, Requested, Retention};
pub use run::{Committed, run};
pub use settle::owed_effects;

use crate::archive::VerifiedPackage;
use crate::fsx::Directory;
use crate::store::packages::{InstalledPackage, Reason};
use crate::store::paths::OwnedPath;

/// An installed package and its paths, as the transaction found them.
#[derive(Debug)]
struct Before {
    package: InstalledPackage,
    paths: Vec<OwnedPath>,
}

/// A verified package on its way in.
struct Incoming {
    verified: VerifiedPackage,
    expected: Expectation,
    kind: &'static str,
    reason: Reason,
    before: Option<Before>,
    /// Where its manifest differs from the index entry in a field that planning did not use.
    warnings: Vec<String>,
}

impl Incoming {
    fn title(&self) -> String {
        format!("{} {}", self.expected.name, self.expected.version)
    }
}

/// A package on its way out.
struct Leaving {
    before: Before,
}
