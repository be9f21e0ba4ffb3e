//! Transactions and recovery: one call that ends settled and still holds the lock, then side effects, then `finish`.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::digest::{Digest, DigestError};
use peipkg_core::fsx::Root;
use peipkg_core::fsx::sync::Durability;
use peipkg_core::package::Limits;
use peipkg_core::package::security::Sid;
use peipkg_core::store::StoreError;
use peipkg_core::store::packages::{Mark, Reason};
use peipkg_core::transaction::{
    self, Committed, Control, DurabilityChoice, Outcome, OverrideRules, Phase, Questions, Recovery, Request,
    Requested, Retention, Wait,
};

use crate::cancel::CancelToken;
use crate::failure::{Failure, Result, throwing};
use crate::overrides::OverrideReview;
use crate::progress::{OnProgress, Progress, ProgressEvent};
use crate::system::System;
use crate::task::spawn;
use crate::universe::Universe;

/// One operation of a request.
#[napi(object, object_to_js = false)]
pub struct RequestedOperation {
    #[napi(
        ts_type = "'install' | 'upgrade' | 'downgrade' | 'reinstall' | 'remove' | 'hold' | 'unhold' | 'mark-explicit' | 'mark-dependency'"
    )]
    pub kind: String,
    /// The candidate of the universe (packages that are put in place).
    pub candidate: Option<u32>,
    /// Absolute path of the fetched or local package (packages that are put in place); absent for a retained
    /// candidate.
    pub file: Option<String>,
    #[napi(ts_type = "'explicit' | 'dependency'")]
    pub reason: Option<String>,
    /// An undo that fetches: the transaction that ended the state to return to.
    pub restores: Option<f64>,
    /// The package that goes, or that is marked.
    pub name: Option<String>,
    /// The package that replaces it (`remove`).
    pub replaced_by: Option<String>,
}

/// What is agreed about security-descriptor overrides.
#[napi(object, object_to_js = false)]
pub struct OverrideAgreement {
    /// Whom packages of a repository may let in without asking.
    pub allowed: Vec<AllowedSids>,
    /// Digests of package files whose overrides were shown.
    pub shown: Vec<String>,
    /// Digests of package files whose overrides may let in others.
    pub granted: Vec<String>,
    /// Digests of package files whose overrides are only recorded.
    pub unapplied: Vec<String>,
}

/// `sd_allow_sids` of a repository.
#[napi(object, object_to_js = false)]
pub struct AllowedSids {
    pub repository: String,
    pub sids: Vec<String>,
}

/// Packages whose overrides are asked for.
#[napi(object, object_to_js = false)]
pub struct OverrideRequest {
    pub operations: Vec<RequestedOperation>,
    pub allowed: Vec<AllowedSids>,
    pub limits: Vec<RaisedLimit>,
    /// Seconds since 1970.
    pub now: f64,
}

/// How much of the past is kept.
#[napi(object, object_to_js = false)]
pub struct RetentionRule {
    pub transactions: u32,
    pub days: u32,
    pub bytes: f64,
}

/// A raised limit.
#[napi(object, object_to_js = false)]
pub struct RaisedLimit {
    pub name: String,
    pub value: f64,
}

/// A whole transaction.
#[napi(object, object_to_js = false)]
pub struct TransactionRequest {
    /// In plan order.
    pub operations: Vec<RequestedOperation>,
    /// The transactions that this one reverses.
    pub reverses: Vec<f64>,
    /// The command line.
    pub command: String,
    pub overwrite_unowned: bool,
    pub allow_critical: bool,
    pub critical: Vec<String>,
    /// Modified files (relative paths) that the operator agreed to lose.
    pub remove_modified: Vec<String>,
    #[napi(ts_type = "'auto' | 'syncfs' | 'fsync' | 'none'")]
    pub durability: String,
    /// Absent: fail at once when locked; 0: for ever; else seconds.
    pub wait_seconds: Option<f64>,
    pub retention: RetentionRule,
    pub drop_in_directories: Vec<String>,
    pub overrides: OverrideAgreement,
    pub limits: Vec<RaisedLimit>,
    /// Seconds since 1970.
    pub now: f64,
}

/// A side effect that is owed.
#[napi(object, object_from_js = false)]
pub struct OwedEffect {
    #[napi(ts_type = "'ldconfig' | 'depmod' | 'man-db'")]
    pub id: String,
    /// Kernel versions, for `depmod`.
    pub versions: Vec<String>,
}

/// What still holds the lock.
enum Held {
    Committed(Committed),
    Recovery(Recovery),
}

/// A settled transaction, or a finished recovery, that still holds the lock.
#[napi]
pub struct Transaction {
    id: f64,
    outcome: &'static str,
    operations: u32,
    warnings: Vec<String>,
    notes: Vec<String>,
    left: Vec<String>,
    held: Mutex<Option<Held>>,
}

impl Transaction {
    /// What a recovery came to; it still holds the lock.
    pub(crate) fn recovered(recovery: Recovery) -> Self {
        let (outcome, id) = match recovery.outcome {
            Outcome::Nothing => ("nothing", 0),
            Outcome::RolledBack(id) => ("rolled-back", id),
            Outcome::Finished(id) => ("finished", id),
            Outcome::Accepted(id) => ("accepted", id),
        };
        let (warnings, notes, left) = (Vec::new(), Vec::new(), recovery.left.clone());
        let held = Mutex::new(Some(Held::Recovery(recovery)));
        Self { id: id as f64, outcome, operations: 0, warnings, notes, left, held }
    }
}

#[napi]
impl Transaction {
    /// Its number; 0 where there was nothing to recover.
    #[napi(getter)]
    pub fn id(&self) -> f64 {
        self.id
    }

    /// What happened: a transaction `committed`; a recovery found `nothing`, or ended `rolled-back`, `finished`, or as
    /// the operator decided `accepted`.
    #[napi(getter, ts_return_type = "'committed' | 'nothing' | 'rolled-back' | 'finished' | 'accepted'")]
    pub fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// How many operations it had.
    #[napi(getter)]
    pub fn operations(&self) -> u32 {
        self.operations
    }

    /// What people must know: complete sentences.
    #[napi(getter)]
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    /// What people may want to know.
    #[napi(getter)]
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// Paths that a recovery, resolved by the operator, could not put back.
    #[napi(getter)]
    pub fn left(&self) -> Vec<String> {
        self.left.clone()
    }

    /// Side effects that are owed, earlier ones included.
    #[napi]
    pub fn side_effects(&self) -> Result<Vec<OwedEffect>> {
        throwing(|| {
            let held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let owed = match held.as_ref() {
                Some(Held::Committed(committed)) => committed.owed()?,
                Some(Held::Recovery(recovery)) => recovery.owed()?,
                None => Vec::new(),
            };
            Ok(owed.into_iter().map(|(id, versions)| OwedEffect { id, versions }).collect())
        })
    }

    /// Clears one that has run.
    #[napi]
    pub fn side_effect_done(&self, id: String, version: Option<String>) -> Result<()> {
        throwing(|| {
            let version = version.unwrap_or_default();
            let mut held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let cleared: std::result::Result<(), StoreError> = match held.as_mut() {
                Some(Held::Committed(committed)) => committed.clear_owed(&id, &version),
                Some(Held::Recovery(recovery)) => recovery.clear_owed(&id, &version),
                None => Ok(()),
            };
            Ok(cleared?)
        })
    }

    /// Tidies, sends audit events, marks the transaction clean and releases the lock. Resolves with what people must know.
    #[napi]
    pub fn finish<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, Vec<String>>> {
        let held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        spawn(env, "finish", move || match held {
            Some(Held::Committed(committed)) => Ok(committed.finish()?),
            Some(Held::Recovery(recovery)) => Ok(recovery.finish()),
            None => Ok(Vec::new()),
        })
    }
}

#[napi]
impl System {
    /// Runs a planned transaction up to its settled commit, or leaves everything as it was.
    #[napi]
    pub fn transaction<'env>(
        &self,
        env: &'env Env,
        universe: &Universe,
        request: TransactionRequest,
        progress: Option<OnProgress>,
        cancel: Option<&CancelToken>,
    ) -> Result<PromiseRaw<'env, Transaction>> {
        let path = self.path.clone();
        let request = throwing(|| convert(universe, request))?;
        let control = control(Progress::to(progress), cancel);
        spawn(env, "transaction", move || {
            let committed = transaction::run(Root::open(&path)?, &request, &control)?;
            Ok(Transaction {
                id: committed.id as f64,
                outcome: "committed",
                operations: committed.operations as u32,
                warnings: committed.warnings.clone(),
                notes: committed.notes.clone(),
                left: Vec::new(),
                held: Mutex::new(Some(Held::Committed(committed))),
            })
        })
    }

    /// The security-descriptor overrides of the packages of a request, as people must see them first. Changes nothing.
    #[napi]
    pub fn review_overrides<'env>(
        &self,
        env: &'env Env,
        universe: &Universe,
        request: OverrideRequest,
        cancel: Option<&CancelToken>,
    ) -> Result<PromiseRaw<'env, Vec<OverrideReview>>> {
        let path = self.path.clone();
        let questions = throwing(|| {
            let operations = request.operations.into_iter().map(|one| convert_operation(universe, one));
            let allowed = OverrideAgreement {
                allowed: request.allowed,
                shown: Vec::new(),
                granted: Vec::new(),
                unapplied: Vec::new(),
            };
            Ok(Questions {
                operations: operations.collect::<std::result::Result<_, _>>()?,
                rules: agreement(allowed)?,
                limits: convert_limits(request.limits)?,
                now: request.now as i64,
            })
        })?;
        let control = control(Progress::to(None), cancel);
        spawn(env, "review", move || {
            let reviews = transaction::review(&Root::open(&path)?, &questions, &control)?;
            Ok(reviews.into_iter().map(OverrideReview::from).collect())
        })
    }

    /// Brings an interrupted transaction to rest. Creates nothing on a root without database.
    #[napi]
    pub fn recover<'env>(
        &self,
        env: &'env Env,
        command: String,
        wait_seconds: Option<f64>,
        now: f64,
        cancel: Option<&CancelToken>,
    ) -> Result<PromiseRaw<'env, Transaction>> {
        let path = self.path.clone();
        let control = control(Progress::to(None), cancel);
        spawn(env, "recover", move || {
            let recovery =
                transaction::recover(Root::open(&path)?, &command, wait(wait_seconds), now as i64, &control)?;
            Ok(Transaction::recovered(recovery))
        })
    }
}

pub(crate) fn control(progress: Progress, cancel: Option<&CancelToken>) -> Control {
    let report = move |phase: Phase, done: u64, total: u64| {
        let (phase, unit) = match phase {
            Phase::Wait => ("wait", "packages"),
            Phase::Verify => ("verify", "bytes"),
            Phase::Stage => ("stage", "bytes"),
            Phase::Commit => ("commit", "files"),
        };
        progress.report(|| ProgressEvent { phase, done: done as f64, total: total as f64, unit, item: None });
    };
    Control { cancel: CancelToken::flag(cancel), progress: Box::new(report) }
}

pub(crate) fn wait(seconds: Option<f64>) -> Wait {
    match seconds {
        None => Wait::No,
        Some(seconds) if seconds > 0.0 => Wait::For(Duration::from_secs_f64(seconds.min(1e9))),
        Some(_) => Wait::Forever,
    }
}

fn convert(universe: &Universe, request: TransactionRequest) -> std::result::Result<Request, Failure> {
    let operations = request.operations.into_iter().map(|operation| convert_operation(universe, operation));
    let limits = convert_limits(request.limits)?;
    if universe.is_query() {
        let message = "a transaction was asked for with the answer to a query".to_owned();
        return Err(Failure { code: "PEI_USAGE", message });
    }
    let durability = match request.durability.as_str() {
        "syncfs" => DurabilityChoice::Fixed(Durability::Syncfs),
        "fsync" => DurabilityChoice::Fixed(Durability::Fsync),
        "none" => DurabilityChoice::Fixed(Durability::None),
        _ => DurabilityChoice::Auto,
    };
    Ok(Request {
        generation: universe.generation(),
        operations: operations.collect::<std::result::Result<_, _>>()?,
        reverses: request.reverses.into_iter().map(|id| id as i64).collect(),
        command: request.command,
        overwrite_unowned: request.overwrite_unowned,
        allow_critical: request.allow_critical,
        critical: request.critical,
        remove_modified: request.remove_modified,
        durability,
        wait: wait(request.wait_seconds),
        retention: Retention {
            transactions: request.retention.transactions,
            days: request.retention.days,
            bytes: request.retention.bytes as u64,
        },
        drop_in_directories: request.drop_in_directories,
        overrides: agreement(request.overrides)?,
        limits,
        memory: Request::MEMORY,
        now: request.now as i64,
    })
}

pub(crate) fn convert_limits(raised: Vec<RaisedLimit>) -> std::result::Result<Limits, Failure> {
    let mut limits = Limits::default();
    for limit in raised {
        limits.raise(&limit.name, limit.value as u64)?;
    }
    Ok(limits)
}

fn agreement(agreement: OverrideAgreement) -> std::result::Result<OverrideRules, Failure> {
    let digests = |list: Vec<String>| -> std::result::Result<Vec<Digest>, DigestError> {
        list.iter().map(|digest| digest.parse()).collect()
    };
    let allowed = agreement.allowed.into_iter().map(|allowed| {
        let sids = allowed.sids.iter().map(|sid| Sid::parse(sid)).collect::<std::result::Result<_, _>>()?;
        Ok((allowed.repository, sids))
    });
    Ok(OverrideRules {
        allowed: allowed.collect::<std::result::Result<_, Failure>>()?,
        shown: digests(agreement.shown)?,
        granted: digests(agreement.granted)?,
        unapplied: digests(agreement.unapplied)?,
    })
}

pub(crate) fn convert_operation(
    universe: &Universe,
    operation: RequestedOperation,
) -> std::result::Result<Requested, Failure> {
    let malformed =
        || Failure { code: "PEI_USAGE", message: "a malformed operation was requested".to_owned() };
    let kind = match operation.kind.as_str() {
        "remove" => {
            let name = operation.name.ok_or_else(malformed)?;
            return Ok(Requested::Remove { name, replaced_by: operation.replaced_by });
        }
        "install" => "install",
        "upgrade" => "upgrade",
        "downgrade" => "downgrade",
        "reinstall" => "reinstall",
        other => {
            let mark = Mark::parse(other).ok_or_else(malformed)?;
            return Ok(Requested::Mark { name: operation.name.ok_or_else(malformed)?, mark });
        }
    };
    if let Some((name, transaction)) = operation.candidate.and_then(|id| universe.retained(id)) {
        return Ok(Requested::Restore { kind, name, transaction });
    }
    let (Some(candidate), Some(file)) = (operation.candidate, operation.file) else {
        return Err(malformed());
    };
    let reason = match operation.reason.as_deref() {
        Some("dependency") => Reason::Dependency,
        _ => Reason::Explicit,
    };
    let expected = Box::new(universe.expectation(candidate).ok_or_else(malformed)?);
    let restores = operation.restores.map(|id| id as i64);
    Ok(Requested::Put { kind, file: PathBuf::from(file), expected, reason, restores })
}
