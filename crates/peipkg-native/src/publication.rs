//! Producing repositories.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::archive::Observer;
use peipkg_core::repository::produce::{self, Check};
use peipkg_core::signature::detached::Format;

use crate::browse::Publication;
use crate::cancel::CancelToken;
use crate::failure::{Result, throwing};
use crate::progress::{OnProgress, Progress, ProgressEvent};
use crate::repository::DescribedKey;
use crate::task::spawn;

/// A repository's directory that was checked.
#[napi]
pub struct RepositoryDirectory {
    inner: produce::RepositoryDirectory,
}

/// One writer at a time.
#[napi]
pub struct DirectoryLock {
    inner: Option<produce::DirectoryLock>,
}

#[napi]
impl DirectoryLock {
    /// Lets the next writer in. Releasing twice is harmless.
    #[napi]
    pub fn release(&mut self) {
        self.inner = None;
    }
}

#[napi]
impl RepositoryDirectory {
    /// Reads and checks descriptor, indexes and signatures.
    #[napi(factory)]
    pub fn open(directory: String) -> Result<Self> {
        throwing(|| Ok(Self { inner: produce::RepositoryDirectory::open(Path::new(&directory), now())? }))
    }

    /// Takes the lock on the directory itself.
    #[napi]
    pub fn lock(directory: String) -> Result<DirectoryLock> {
        throwing(|| {
            Ok(DirectoryLock { inner: Some(produce::RepositoryDirectory::lock(Path::new(&directory))?) })
        })
    }

    #[napi(getter)]
    pub fn name(&self) -> String {
        self.inner.descriptor.name.clone()
    }

    #[napi(getter)]
    pub fn index_version(&self) -> f64 {
        self.inner.active.index_version as f64
    }

    #[napi(getter)]
    pub fn active_count(&self) -> f64 {
        self.inner.active_count as f64
    }

    #[napi(getter)]
    pub fn archive_count(&self) -> f64 {
        self.inner.entries.len() as f64
    }

    /// The fingerprint of the key that signed repo.json; null when that key is accepted no more.
    #[napi(getter)]
    pub fn signer(&self) -> Option<String> {
        self.inner.descriptor_signer.as_ref().ok().map(ToString::to_string)
    }

    /// The package files of a name, of that version or the current one: absolute paths.
    #[napi]
    pub fn files_of(&self, name: String, version: Option<String>) -> Vec<String> {
        let files = self.inner.files_of(&name, version.as_deref());
        files.iter().map(|path| path.to_string_lossy().into_owned()).collect()
    }

    /// Its keys, by fingerprint.
    #[napi]
    pub fn keys(&self) -> Vec<DescribedKey> {
        self.inner.descriptor.keys.iter().map(DescribedKey::from).collect()
    }
}

/// An empty repository to be made.
#[napi(object, object_to_js = false)]
pub struct InitRequest {
    /// Empty or absent.
    pub out: String,
    pub name: String,
    pub description: Option<String>,
    /// A private key file.
    pub sign_key: String,
    /// RFC 3339 UTC.
    pub timestamp: String,
    #[napi(ts_type = "'envelope' | 'bare'")]
    pub signature_format: String,
}

/// The repository that was made.
#[napi(object, object_from_js = false)]
pub struct InitReport {
    /// Of its key.
    pub fingerprint: String,
}

/// Makes an empty repository.
#[napi]
pub fn init_repository(env: &Env, request: InitRequest) -> Result<PromiseRaw<'_, InitReport>> {
    spawn(env, "init", move || {
        let fingerprint = produce::init(&produce::InitRequest {
            out: PathBuf::from(request.out),
            name: request.name,
            description: request.description.unwrap_or_default(),
            sign_key: PathBuf::from(request.sign_key),
            timestamp: request.timestamp,
            format: format(&request.signature_format),
        })?;
        Ok(InitReport { fingerprint: fingerprint.to_string() })
    })
}

/// What is to be published.
#[napi(object, object_to_js = false)]
pub struct PublishRequest {
    /// The repository that is read.
    pub base: String,
    /// The repository that is written: `base` itself, or an empty or absent directory.
    pub out: String,
    /// Absolute paths of package files.
    pub packages: Vec<String>,
    /// Old entries are ignored: `packages` are all there are.
    pub rebuild: bool,
    /// A private key file.
    pub sign_key: String,
    /// RFC 3339 UTC.
    pub timestamp: String,
    #[napi(ts_type = "'envelope' | 'bare'")]
    pub signature_format: String,
    /// Of {name} {version} {arch} {filename}.
    pub url_template: String,
    pub allow_unsigned: bool,
}

/// What was published.
#[napi(object, object_from_js = false)]
pub struct PublishReport {
    pub index_version: f64,
    pub added: Vec<PublishedPackage>,
    /// Complete texts.
    pub warnings: Vec<String>,
}

/// A new package of a repository.
#[napi(object, object_from_js = false)]
pub struct PublishedPackage {
    pub filename: String,
    pub name: String,
    pub version: String,
    pub architecture: String,
    /// It has no signature.
    pub unsigned: bool,
}

/// Verifies packages and decides what a publish writes; nothing is changed, the lock is taken.
#[napi]
pub fn prepare_publication<'env>(
    env: &'env Env,
    request: PublishRequest,
    progress: Option<OnProgress>,
    cancel: Option<&CancelToken>,
) -> Result<PromiseRaw<'env, Publication>> {
    let (progress, observer) = (Progress::to(progress), observer(cancel));
    spawn(env, "publish", move || {
        let request = produce::PublishRequest {
            base: PathBuf::from(request.base),
            out: PathBuf::from(request.out),
            packages: request.packages.into_iter().map(PathBuf::from).collect(),
            rebuild: request.rebuild,
            sign_key: PathBuf::from(request.sign_key),
            timestamp: request.timestamp,
            format: format(&request.signature_format),
            url_template: request.url_template,
            allow_unsigned: request.allow_unsigned,
        };
        Ok(Publication::holding(produce::prepare(&request, &watch(&progress, "verify"), &observer)?))
    })
}

impl From<produce::PublishReport> for PublishReport {
    fn from(report: produce::PublishReport) -> Self {
        let added = report.added.into_iter().map(|added| PublishedPackage {
            filename: added.file_name,
            name: added.name,
            version: added.version,
            architecture: added.architecture,
            unsigned: added.unsigned,
        });
        Self { index_version: report.index_version as f64, added: added.collect(), warnings: report.warnings }
    }
}

/// What is to be checked.
#[napi(object, object_to_js = false)]
pub struct VerifyRepositoryRequest {
    pub directory: String,
    #[napi(ts_type = "'metadata' | 'hashes'")]
    pub mode: String,
    /// Packages are looked for here too, by file name at any depth.
    pub packages_directory: Option<String>,
}

/// What a check found.
#[napi(object, object_from_js = false)]
pub struct RepositoryCheck {
    /// One line each.
    pub issues: Vec<String>,
    /// Packages whose bytes live elsewhere: one line each.
    pub not_checked: Vec<String>,
    /// Documents or packages looked at.
    pub checked: f64,
}

/// Checks a published repository: its documents, or the bytes that they name.
#[napi]
pub fn verify_repository<'env>(
    env: &'env Env,
    request: VerifyRepositoryRequest,
    progress: Option<OnProgress>,
    cancel: Option<&CancelToken>,
) -> Result<PromiseRaw<'env, RepositoryCheck>> {
    let (progress, observer) = (Progress::to(progress), observer(cancel));
    spawn(env, "verify", move || {
        let check = if request.mode == "hashes" { Check::Hashes } else { Check::Metadata };
        let packages = request.packages_directory.as_deref().map(Path::new);
        let watch = watch(&progress, "hash");
        let checked =
            produce::verify(Path::new(&request.directory), check, packages, now(), &watch, &observer)?;
        Ok(RepositoryCheck {
            issues: checked.issues,
            not_checked: checked.not_checked,
            checked: checked.checked as f64,
        })
    })
}

pub(crate) fn watch<'a>(
    progress: &'a Progress,
    phase: &'static str,
) -> impl Fn(usize, usize, &str) + Sync + 'a {
    move |done, total, item| {
        progress.report(|| ProgressEvent {
            phase,
            done: done as f64,
            total: total as f64,
            unit: "packages",
            item: Some(item.to_owned()),
        });
    }
}

pub(crate) fn observer(cancel: Option<&CancelToken>) -> Observer {
    Observer { cancel: CancelToken::flag(cancel), ..Observer::default() }
}

pub(crate) fn format(name: &str) -> Format {
    if name == "bare" { Format::Bare } else { Format::Envelope }
}

/// Seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
