//! Lock, journal, verify, stage, commit, roll back, recover, retain (PSD-009 §7, file 5 of the specification).
//!
//! `run` reads as the phases; every other module is one of them.

mod ahead;
mod apply;
mod arrive;
mod audit;
mod claims;
mod commit;
mod copy;
mod depart;
mod discard;
mod error;
mod examine;
mod import;
mod layout;
mod lock;
mod look;
mod modified;
mod names;
mod order;
mod overrides;
mod pending;
mod rebuild;
mod recover;
mod report;
mod request;
mod resolution;
mod retain;
mod retained;
mod reversal;
mod reverse;
mod rollback;
mod run;
mod settle;
mod space;
mod stage;
mod verify;

pub use discard::discard_backups;
pub use error::TransactionError;
pub use examine::{Concern, Level, examine};
pub use import::{Imported, import};
pub use lock::Wait;
pub use modified::{Modified, modified_files};
pub use overrides::{OverrideRules, Questions, Review, review};
pub use rebuild::{RebuildRequest, Rebuilt, rebuild};
pub use recover::{Outcome, Recovery, recover, resolve};
pub use report::{Finding, Orphan, PendingReport, Report, report};
pub use request::{Control, DurabilityChoice, EntryCheck, Expectation, Phase, Request, Requested, Retention};
pub use resolution::Resolution;
pub use reversal::{Returning, is_undoable, reversal};
pub use run::{Committed, run};
pub use settle::owed_effects;

use crate::archive::{PayloadEntry, VerifiedPackage};
use crate::fsx::Directory;
use crate::package::Manifest;
use crate::store::ended::Ended;
use crate::store::packages::{InstalledPackage, Reason};
use crate::store::paths::OwnedPath;

/// An installed package and its paths, as the transaction found them.
#[derive(Debug)]
struct Before {
    package: InstalledPackage,
    paths: Vec<OwnedPath>,
}

/// Where the files of a package on its way in are.
enum Payload {
    /// In its verified file.
    Archive(Box<VerifiedPackage>),
    /// In backups: an earlier transaction ended this state of the package.
    Retained {
        manifest: Box<Manifest>,
        /// As the archive's: implied directories have an entry.
        entries: Vec<PayloadEntry>,
    },
}

/// A package on its way in.
struct Incoming {
    payload: Payload,
    name: String,
    version: String,
    origin: Option<String>,
    origin_priority: Option<u32>,
    kind: &'static str,
    reason: Reason,
    held: bool,
    before: Option<Before>,
    /// The earlier state that it returns to.
    restores: Option<Ended>,
    /// Where its manifest differs from the index entry in a field that planning did not use.
    warnings: Vec<String>,
}

impl Incoming {
    fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    fn archive(&self) -> Option<&VerifiedPackage> {
        match &self.payload {
            Payload::Archive(verified) => Some(verified),
            Payload::Retained { .. } => None,
        }
    }

    /// Gives up what was held since verification.
    fn release(&self) {
        if let Payload::Archive(verified) = &self.payload {
            verified.release();
        }
    }

    fn manifest(&self) -> &Manifest {
        match &self.payload {
            Payload::Archive(verified) => &verified.manifest,
            Payload::Retained { manifest, .. } => manifest,
        }
    }

    fn manifest_bytes(&self) -> &[u8] {
        match (&self.payload, &self.restores) {
            (Payload::Archive(verified), _) => &verified.manifest_bytes,
            (Payload::Retained { .. }, Some(ended)) => &ended.package.manifest,
            (Payload::Retained { .. }, None) => &[],
        }
    }

    fn entries(&self) -> &[PayloadEntry] {
        match &self.payload {
            Payload::Archive(verified) => &verified.entries,
            Payload::Retained { entries, .. } => entries,
        }
    }
}

/// A package on its way out.
struct Leaving {
    before: Before,
}
