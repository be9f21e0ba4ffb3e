//! Recovery mode: the forensic report, the operator's ways out, and giving up what is retained.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::fsx::{Root, state};
use peipkg_core::transaction::{self, Resolution};

use crate::cancel::CancelToken;
use crate::failure::{Failure, Result, throwing};
use crate::history::TransactionRecord;
use crate::progress::Progress;
use crate::system::{System, VerifyProblem};
use crate::task::spawn;
use crate::transaction::{Transaction, control, wait};

/// What `recover --report` tells.
#[napi(object, object_from_js = false)]
pub struct RecoveryReport {
    /// The transaction that is not at rest.
    pub pending: Option<TransactionRecord>,
    /// Its steps that change names, in order.
    pub steps: Vec<JournalFinding>,
    /// Files that differ from what the database records.
    pub problems: Vec<VerifyProblem>,
    /// Rows that contradict each other or the disk, as sentences.
    pub disagreements: Vec<String>,
    /// Staged and backup files that no row knows.
    pub orphans: Vec<OrphanedFile>,
}

/// One step of the journal, and what lies at its names, in words.
#[napi(object, object_from_js = false)]
pub struct JournalFinding {
    #[napi(ts_type = "'create' | 'replace' | 'remove'")]
    pub action: &'static str,
    pub path: String,
    /// Whether recovery cannot account for it.
    pub in_doubt: bool,
    pub at_final: &'static str,
    pub at_staged: &'static str,
    pub at_backup: &'static str,
}

/// A file that only an interrupted transaction leaves.
#[napi(object, object_from_js = false)]
pub struct OrphanedFile {
    pub path: String,
    #[napi(ts_type = "'staged' | 'backup'")]
    pub kind: &'static str,
}

impl From<transaction::Report> for RecoveryReport {
    fn from(report: transaction::Report) -> Self {
        let (pending, findings) = match report.pending {
            Some(pending) => (Some(pending.record.into()), pending.findings),
            None => (None, Vec::new()),
        };
        let step = |finding: transaction::Finding| {
            let [at_final, at_staged, at_backup] = finding.lies;
            let transaction::Finding { action, path, in_doubt, .. } = finding;
            JournalFinding { action, path, in_doubt, at_final, at_staged, at_backup }
        };
        let orphan = |orphan: transaction::Orphan| OrphanedFile { path: orphan.path, kind: orphan.kind };
        Self {
            pending,
            steps: findings.into_iter().map(step).collect(),
            problems: report.problems.into_iter().map(VerifyProblem::from).collect(),
            disagreements: report.disagreements,
            orphans: report.orphans.into_iter().map(orphan).collect(),
        }
    }
}

#[napi]
impl System {
    /// Looks at everything that recovery knows and finds; changes nothing.
    #[napi]
    pub fn recovery_report<'env>(
        &self,
        env: &'env Env,
        command: String,
        wait_seconds: Option<f64>,
        now: f64,
        cancel: Option<&CancelToken>,
    ) -> Result<PromiseRaw<'env, RecoveryReport>> {
        let path = self.path.clone();
        let control = control(Progress::to(None), cancel);
        spawn(env, "report", move || {
            let root = Root::open(&path)?;
            Ok(transaction::report(&root, &command, wait(wait_seconds), now as i64, &control)?.into())
        })
    }

    /// Keeps a report below `reports/` and returns its path from the root.
    #[napi]
    pub fn save_report(&self, name: String, text: String) -> Result<String> {
        throwing(|| {
            if name.is_empty() || name.contains('/') || name.starts_with('.') {
                let message = format!("{name} is no name of a report");
                return Err(Failure { code: "PEI_USAGE", message });
            }
            let root = self.open()?;
            root.make_directories(state::REPORTS, 0o700)?;
            let path = format!("{}/{name}", state::REPORTS);
            root.write_durable(&path, text.as_bytes(), 0o600)?;
            Ok(path)
        })
    }

    /// Ends a transaction that recovery cannot undo, as the operator decided.
    #[napi]
    pub fn resolve<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "'rollback' | 'accept'")] how: String,
        command: String,
        wait_seconds: Option<f64>,
        now: f64,
    ) -> Result<PromiseRaw<'env, Transaction>> {
        let path = self.path.clone();
        let control = control(Progress::to(None), None);
        let how = if how == "accept" { Resolution::Accept } else { Resolution::RollBack };
        spawn(env, "resolve", move || {
            let root = Root::open(&path)?;
            let recovery =
                transaction::resolve(root, how, &command, wait(wait_seconds), now as i64, &control)?;
            Ok(Transaction::recovered(recovery))
        })
    }

    /// Removes every retained backup: nothing can be undone offline afterwards. Returns how many files went.
    #[napi]
    pub fn discard_backups<'env>(
        &self,
        env: &'env Env,
        command: String,
        wait_seconds: Option<f64>,
        now: f64,
    ) -> Result<PromiseRaw<'env, f64>> {
        let path = self.path.clone();
        let control = control(Progress::to(None), None);
        spawn(env, "clean", move || {
            let root = Root::open(&path)?;
            let wait = wait(wait_seconds);
            Ok(transaction::discard_backups(&root, &command, wait, now as i64, &control)? as f64)
        })
    }
}
