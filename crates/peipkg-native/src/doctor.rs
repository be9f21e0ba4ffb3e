//! Looking after a root: what is wrong with it, taking over another tool's database, rebuilding a lost one.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::fsx::Root;
use peipkg_core::transaction::{self, RebuildRequest as CoreRequest};

use crate::cancel::CancelToken;
use crate::failure::{Result, throwing};
use crate::progress::{OnProgress, Progress};
use crate::system::System;
use crate::task::spawn;
use crate::transaction::{RaisedLimit, RequestedOperation, control, convert_limits, convert_operation, wait};
use crate::universe::Universe;

/// One finding about the state of a root.
#[napi(object, object_from_js = false)]
pub struct Concern {
    #[napi(ts_type = "'state' | 'database' | 'transaction' | 'files' | 'audit'")]
    pub area: &'static str,
    #[napi(ts_type = "'note' | 'warning' | 'error'")]
    pub level: &'static str,
    pub text: String,
    /// What to do; empty where nothing is.
    pub advice: String,
}

/// What was taken over.
#[napi(object, object_from_js = false)]
pub struct Imported {
    pub packages: u32,
    pub paths: u32,
    /// Repositories whose floors are known.
    pub repositories: u32,
    /// Where the old database lies now, relative to the root.
    pub aside: String,
    pub warnings: Vec<String>,
}

/// Packages to compare the disk with.
#[napi(object, object_to_js = false)]
pub struct RebuildRequest {
    pub operations: Vec<RequestedOperation>,
    pub limits: Vec<RaisedLimit>,
    pub command: String,
    /// As in `TransactionRequest`.
    pub wait_seconds: Option<f64>,
    /// Seconds since 1970.
    pub now: f64,
}

/// What became of them.
#[napi(object, object_from_js = false)]
pub struct Rebuilt {
    pub adopted: Vec<RebuiltPackage>,
    /// With the reason.
    pub rejected: Vec<RebuiltPackage>,
    /// Files and links that no recorded package owns, relative to the root.
    pub unplaced: Vec<String>,
    /// Whether there are more of them.
    pub more: bool,
    pub warnings: Vec<String>,
}

/// A package of a rebuild.
#[napi(object, object_from_js = false)]
pub struct RebuiltPackage {
    pub name: String,
    pub version: String,
    /// Why it was not taken.
    pub reason: Option<String>,
}

#[napi]
impl System {
    /// Everything that is wrong with the state of the root. Changes nothing.
    #[napi]
    pub fn examine<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, Vec<Concern>>> {
        let path = self.path.clone();
        spawn(env, "examine", move || {
            let concerns = transaction::examine(&Root::open(&path)?).into_iter().map(|one| Concern {
                area: one.area,
                level: one.level.as_str(),
                text: one.text,
                advice: one.advice,
            });
            Ok(concerns.collect())
        })
    }

    /// Takes the reference implementation's database over, or leaves everything as it was.
    #[napi]
    pub fn import_reference<'env>(
        &self,
        env: &'env Env,
        command: String,
        wait_seconds: Option<f64>,
        now: f64,
    ) -> Result<PromiseRaw<'env, Imported>> {
        let path = self.path.clone();
        let control = control(Progress::to(None), None);
        spawn(env, "import", move || {
            let imported =
                transaction::import(&Root::open(&path)?, &command, wait(wait_seconds), now as i64, &control)?;
            Ok(Imported {
                packages: imported.packages as u32,
                paths: imported.paths as u32,
                repositories: imported.repositories as u32,
                aside: imported.aside,
                warnings: imported.warnings,
            })
        })
    }

    /// Records packages again whose every file is on the disk as they have it.
    #[napi]
    pub fn rebuild<'env>(
        &self,
        env: &'env Env,
        universe: &Universe,
        request: RebuildRequest,
        progress: Option<OnProgress>,
        cancel: Option<&CancelToken>,
    ) -> Result<PromiseRaw<'env, Rebuilt>> {
        let path = self.path.clone();
        let request = throwing(|| {
            let operations = request.operations.into_iter().map(|one| convert_operation(universe, one));
            Ok(CoreRequest {
                packages: operations.collect::<std::result::Result<_, _>>()?,
                limits: convert_limits(request.limits)?,
                command: request.command,
                wait: wait(request.wait_seconds),
                now: request.now as i64,
            })
        })?;
        let control = control(Progress::to(progress), cancel);
        spawn(env, "rebuild", move || {
            let rebuilt = transaction::rebuild(&Root::open(&path)?, &request, &control)?;
            let adopted = rebuilt.adopted.into_iter().map(|(name, version)| RebuiltPackage {
                name,
                version,
                reason: None,
            });
            let rejected = rebuilt.rejected.into_iter().map(|(name, version, reason)| RebuiltPackage {
                name,
                version,
                reason: Some(reason),
            });
            Ok(Rebuilt {
                adopted: adopted.collect(),
                rejected: rejected.collect(),
                unplaced: rebuilt.unplaced,
                more: rebuilt.more,
                warnings: rebuilt.warnings,
            })
        })
    }
}
