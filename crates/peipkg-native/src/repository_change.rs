//! Changes of a repository's keys, of what it says of itself, and of what its archive holds.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use std::path::PathBuf;

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::repository::produce::{self, Change};
use peipkg_core::signature::Fingerprint;

use crate::browse::Publication;
use crate::cancel::CancelToken;
use crate::failure::{Failure, Result};
use crate::progress::{OnProgress, Progress};
use crate::publication::{format, observer, watch};
use crate::task::spawn;

/// A change of repo.json: `kind` says which of the further fields count.
#[napi(object, object_to_js = false)]
pub struct RepositoryChange {
    pub directory: String,
    /// The private key file that signs repo.json.
    pub sign_key: String,
    /// RFC 3339 UTC.
    pub timestamp: String,
    #[napi(ts_type = "'envelope' | 'bare'")]
    pub signature_format: String,
    #[napi(ts_type = "'add' | 'rotate' | 'revoke' | 'retire' | 'describe'")]
    pub kind: String,
    /// A key file: public or private to be added, private to rotate to.
    pub key: Option<String>,
    /// RFC 3339 UTC: how long the old key is accepted.
    pub until: Option<String>,
    /// To be revoked or retired.
    pub fingerprint: Option<String>,
    /// Even if consumers cannot verify it (revoke), lose packages (retire), or refuse the new name (describe).
    pub force: Option<bool>,
    pub name: Option<String>,
    pub description: Option<String>,
}

/// Decides on a change of repo.json; nothing is changed, the lock is taken.
#[napi]
pub fn prepare_repository_change<'env>(
    env: &'env Env,
    request: RepositoryChange,
    progress: Option<OnProgress>,
    cancel: Option<&CancelToken>,
) -> Result<PromiseRaw<'env, Publication>> {
    let (progress, observer) = (Progress::to(progress), observer(cancel));
    spawn(env, "keys", move || {
        let request = change_of(request)?;
        let prepared = produce::prepare_change(&request, &watch(&progress, "verify"), &observer)?;
        Ok(Publication::holding(prepared))
    })
}

fn change_of(request: RepositoryChange) -> std::result::Result<produce::ChangeRequest, Failure> {
    let force = request.force.unwrap_or_default();
    let key = || PathBuf::from(request.key.clone().unwrap_or_default());
    let fingerprint = || request.fingerprint.as_deref().unwrap_or_default().parse::<Fingerprint>();
    let change = match &*request.kind {
        "add" => Change::Add { key: key() },
        "rotate" => Change::Rotate { new: key(), until: request.until.clone().unwrap_or_default() },
        "revoke" => Change::Revoke { fingerprint: fingerprint()?, re_anchor: force },
        "retire" => Change::Retire { fingerprint: fingerprint()?, force },
        _ => Change::Describe { name: request.name.clone(), description: request.description.clone(), force },
    };
    Ok(produce::ChangeRequest {
        directory: PathBuf::from(request.directory),
        sign_key: PathBuf::from(request.sign_key),
        timestamp: request.timestamp,
        format: format(&request.signature_format),
        change,
    })
}

/// Pre-releases that are to leave the archive.
#[napi(object, object_to_js = false)]
pub struct PruneRequest {
    pub directory: String,
    /// RFC 3339 UTC: those that were built before.
    pub before: String,
    /// A private key file.
    pub sign_key: String,
    /// RFC 3339 UTC.
    pub timestamp: String,
    #[napi(ts_type = "'envelope' | 'bare'")]
    pub signature_format: String,
}

/// Decides what is pruned; nothing is changed, the lock is taken. The report's `added` are those that go.
#[napi]
pub fn prepare_prune(env: &Env, request: PruneRequest) -> Result<PromiseRaw<'_, Publication>> {
    spawn(env, "prune", move || {
        Ok(Publication::holding(produce::prepare_prune(&produce::PruneRequest {
            directory: PathBuf::from(request.directory),
            before: request.before,
            sign_key: PathBuf::from(request.sign_key),
            timestamp: request.timestamp,
            format: format(&request.signature_format),
        })?))
    })
}
