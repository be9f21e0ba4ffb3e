//! What was done, and what undoing it would return to.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::fsx::Root;
use peipkg_core::store::history;
use peipkg_core::transaction;

use crate::failure::{Failure, Result, throwing};
use crate::system::{System, nullable, time};
use crate::task::spawn;

/// One transaction.
#[napi(object, object_from_js = false)]
pub struct TransactionRecord {
    pub id: f64,
    #[napi(ts_type = "'staging' | 'applying' | 'rolling-back' | 'committed' | 'rolled-back' | 'accepted'")]
    pub state: &'static str,
    /// RFC 3339 UTC.
    pub started_at: String,
    #[napi(ts_type = "string | null")]
    pub finished_at: napi::Either<String, napi::bindgen_prelude::Null>,
    /// The command line that began it.
    pub command: String,
    /// In plan order.
    pub operations: Vec<OperationRecord>,
    /// Whether it can be undone now without fetching anything.
    pub undoable: bool,
    /// The transactions that it reversed: an undo, a redo, a rollback.
    pub reverses: Vec<f64>,
}

/// One operation of a transaction.
#[napi(object, object_from_js = false)]
pub struct OperationRecord {
    #[napi(
        ts_type = "'install' | 'upgrade' | 'downgrade' | 'reinstall' | 'remove' | 'hold' | 'unhold' | 'mark-explicit' | 'mark-dependency'"
    )]
    pub kind: String,
    pub name: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub origin: Option<String>,
    pub replaced_by: Option<String>,
}

/// One package of a reversal.
#[napi(object, object_from_js = false)]
pub struct ReturningPackage {
    pub name: String,
    /// The version that the reversed transactions left; null where they removed it.
    #[napi(ts_type = "string | null")]
    pub left: napi::Either<String, napi::bindgen_prelude::Null>,
    /// The version that is installed now.
    #[napi(ts_type = "string | null")]
    pub current: napi::Either<String, napi::bindgen_prelude::Null>,
    /// Whether the package itself was changed, not only marked.
    pub changed: bool,
    /// The state to return to; absent: not installed, or only marked.
    pub target: Option<ReturnTarget>,
    /// Why it was installed then; absent where it was not.
    #[napi(ts_type = "'explicit' | 'dependency'")]
    pub reason: Option<&'static str>,
    /// Whether it was held then; absent where it was not installed.
    pub held: Option<bool>,
    /// Files of that state that only the package itself has, at most twenty: none means that nothing must be fetched.
    pub missing: Vec<String>,
}

/// An earlier state of a package.
#[napi(object, object_from_js = false)]
pub struct ReturnTarget {
    /// The transaction that ended it.
    pub transaction: f64,
    pub version: String,
    pub architecture: String,
    #[napi(ts_type = "string | null")]
    pub origin: napi::Either<String, napi::bindgen_prelude::Null>,
}

impl From<transaction::Returning> for ReturningPackage {
    fn from(returning: transaction::Returning) -> Self {
        let target = returning.target.map(|ended| ReturnTarget {
            transaction: ended.transaction as f64,
            version: ended.package.version,
            architecture: ended.package.architecture,
            origin: nullable(ended.package.origin),
        });
        Self {
            name: returning.name,
            left: nullable(returning.left),
            current: nullable(returning.current),
            changed: returning.changed,
            target,
            reason: returning.marks.map(|(reason, _)| reason.as_str()),
            held: returning.marks.map(|(_, held)| held),
            missing: returning.missing,
        }
    }
}

#[napi]
impl System {
    /// The newest transactions, newest first; 0 means all.
    #[napi]
    pub fn history(&self, limit: u32) -> Result<Vec<TransactionRecord>> {
        throwing(|| {
            let Some(store) = self.read()? else { return Ok(Vec::new()) };
            let root = self.open()?;
            let record = |record| -> std::result::Result<_, Failure> {
                let undoable = transaction::is_undoable(&root, &store, &record)?;
                Ok(TransactionRecord { undoable, ..TransactionRecord::from(record) })
            };
            history::list(store.connection(), limit)?.into_iter().map(record).collect()
        })
    }

    /// What undoing transactions would return to, by name. Hashes what is retained of it.
    #[napi]
    pub fn reversal<'env>(
        &self,
        env: &'env Env,
        reverses: Vec<f64>,
    ) -> Result<PromiseRaw<'env, Vec<ReturningPackage>>> {
        let path = self.path.clone();
        spawn(env, "reversal", move || {
            let reverses: Vec<i64> = reverses.into_iter().map(|id| id as i64).collect();
            let returning = transaction::reversal(&Root::open(&path)?, &reverses)?;
            Ok(returning.into_iter().map(ReturningPackage::from).collect())
        })
    }
}

impl From<history::TransactionRecord> for TransactionRecord {
    fn from(record: history::TransactionRecord) -> Self {
        let operations = record.operations.into_iter().map(|operation| OperationRecord {
            kind: operation.kind,
            name: operation.name,
            from: operation.from,
            to: operation.to,
            origin: operation.origin,
            replaced_by: operation.replaced_by,
        });
        Self {
            id: record.id as f64,
            state: record.state.as_str(),
            started_at: time(record.started_at),
            finished_at: nullable(record.finished_at.map(time)),
            command: record.command,
            operations: operations.collect(),
            undoable: false,
            reverses: record.reverses.into_iter().map(|id| id as f64).collect(),
        }
    }
}
