//! The system below one root: what is installed, what happened, what its configuration files say.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use std::path::{Path, PathBuf};

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::fsx::{Root, state};
use peipkg_core::identity::Architecture;
use peipkg_core::integrity::{self, Trouble, Watch};
use peipkg_core::store::history::State;
use peipkg_core::store::packages::{self, InstalledPackage as Installed};
use peipkg_core::store::paths::Object;
use peipkg_core::store::{Store, history, paths};
use peipkg_core::text::escape;
use peipkg_core::timestamp::Timestamp;
use peipkg_core::transaction;

use crate::cancel::CancelToken;
use crate::failure::{Failure, Result, throwing};
use crate::progress::{OnProgress, Progress, ProgressEvent};
use crate::task::spawn;

/// The largest configuration file that is read, in bytes.
const CONFIGURATION_LIMIT: u64 = 1 << 20;

/// The largest file of credentials that is read, in bytes.
const SECRET_LIMIT: u64 = 64 << 10;

/// One root. Nothing is created by looking.
#[napi]
pub struct System {
    pub(crate) path: PathBuf,
}

/// Where a root stands.
#[napi(object, object_from_js = false)]
pub struct SystemStatus {
    /// Whether a database is there.
    pub database: bool,
    /// Grows with every commit that a plan may depend on; 0 without a database.
    pub generation: f64,
    /// The primary architecture: recorded, else the machine's.
    pub architecture: String,
    /// An interrupted transaction.
    pub pending: Option<f64>,
    /// Whether one is to be rolled back or, once committed, to be tidied up.
    pub unclean: bool,
    /// One that can be neither finished nor undone.
    pub indeterminate: Option<Indeterminate>,
}

/// A transaction that recovery could not undo.
#[napi(object, object_from_js = false)]
pub struct Indeterminate {
    /// Its number.
    pub transaction: f64,
    /// Paths that are neither as before nor as after it.
    pub paths: Vec<String>,
}

/// An installed package.
#[napi(object, object_from_js = false)]
pub struct InstalledPackage {
    pub name: String,
    pub version: String,
    pub architecture: String,
    /// The repository it came from; null for a local file.
    #[napi(ts_type = "string | null")]
    pub origin: napi::Either<String, napi::bindgen_prelude::Null>,
    /// The priority that repository had then.
    pub origin_priority: Option<u32>,
    #[napi(ts_type = "'explicit' | 'dependency'")]
    pub reason: &'static str,
    pub held: bool,
    /// RFC 3339 UTC.
    pub installed_at: String,
    /// manifest.json, verbatim; absent in lists.
    pub manifest: Option<String>,
}

impl From<Installed> for InstalledPackage {
    fn from(package: Installed) -> Self {
        Self {
            name: package.name,
            version: package.version,
            architecture: package.architecture,
            origin: nullable(package.origin),
            origin_priority: package.origin_priority,
            reason: package.reason.as_str(),
            held: package.held,
            installed_at: time(package.installed_at),
            manifest: (!package.manifest.is_empty())
                .then(|| String::from_utf8_lossy(&package.manifest).into_owned()),
        }
    }
}

/// A file of credentials.
#[napi(object, object_from_js = false)]
pub struct SecretFile {
    pub text: String,
    /// Permission bits.
    pub mode: u32,
}

/// A path that a package owns.
#[napi(object, object_from_js = false)]
pub struct OwnedPath {
    /// Relative to the root.
    pub path: String,
    #[napi(ts_type = "'file' | 'directory' | 'symlink'")]
    pub kind: &'static str,
    /// Bytes of a file.
    pub size: f64,
    /// Of a file, 64 hex digits.
    pub sha256: Option<String>,
    /// Of a symlink.
    pub target: Option<String>,
}

/// What `verifyInstalled` found.
#[napi(object, object_from_js = false)]
pub struct VerifyReport {
    /// Paths looked at.
    pub checked: f64,
    pub problems: Vec<VerifyProblem>,
}

/// One damaged path.
#[napi(object, object_from_js = false)]
pub struct VerifyProblem {
    pub package: String,
    pub path: String,
    #[napi(
        ts_type = "'missing' | 'modified' | 'not-a-directory' | 'not-a-file' | 'points-at' | 'unreadable'"
    )]
    pub kind: &'static str,
    /// Where a link points, or why a file cannot be read.
    pub detail: Option<String>,
    /// Where a link was installed to point.
    pub recorded: Option<String>,
}

/// A file that somebody changed.
#[napi(object, object_from_js = false)]
pub struct ModifiedFile {
    pub package: String,
    pub path: String,
}

/// A file below conf/peipkg.
#[napi(object, object_from_js = false)]
pub struct ConfigurationFile {
    /// Its file name.
    pub name: String,
    pub text: Option<String>,
    /// Why it cannot be read.
    pub error: Option<String>,
}

#[napi]
impl System {
    /// The system below `root`, which is resolved once.
    #[napi(constructor)]
    pub fn new(root: String) -> Result<Self> {
        throwing(|| Ok(Self { path: Root::open(Path::new(&root))?.path().to_owned() }))
    }

    /// The resolved root.
    #[napi(getter)]
    pub fn root(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Where the root stands.
    #[napi]
    pub fn status(&self) -> Result<SystemStatus> {
        throwing(|| {
            let Some(store) = self.read()? else {
                let architecture = Architecture::of_this_machine().to_string();
                let (pending, indeterminate) = (None, None);
                return Ok(SystemStatus {
                    database: false,
                    generation: 0.0,
                    architecture,
                    pending,
                    unclean: false,
                    indeterminate,
                });
            };
            let found = history::unclean(store.connection())?;
            let unclean = found.is_some();
            let pending =
                found.filter(|(_, state, _)| !matches!(state, State::Committed | State::RolledBack));
            let indeterminate = match &pending {
                Some((id, _, _)) => Some((*id, history::doubts(store.connection(), *id)?)),
                None => None,
            };
            Ok(SystemStatus {
                database: true,
                generation: store.generation()? as f64,
                architecture: store.architecture()?,
                pending: pending.map(|(id, _, _)| id as f64),
                unclean,
                indeterminate: indeterminate
                    .filter(|(_, paths)| !paths.is_empty())
                    .map(|(id, paths)| Indeterminate { transaction: id as f64, paths }),
            })
        })
    }

    /// Every installed package, by name, without manifests.
    #[napi]
    pub fn list_packages(&self) -> Result<Vec<InstalledPackage>> {
        throwing(|| {
            let Some(store) = self.read()? else { return Ok(Vec::new()) };
            Ok(packages::list_without_manifests(store.connection())?
                .into_iter()
                .map(InstalledPackage::from)
                .collect())
        })
    }

    /// The installed package of that name.
    #[napi]
    pub fn find_package(&self, name: String) -> Result<Option<InstalledPackage>> {
        throwing(|| {
            let Some(store) = self.read()? else { return Ok(None) };
            Ok(packages::find(store.connection(), &name)?.map(InstalledPackage::from))
        })
    }

    /// The paths of a package, by bytes, directories too; null when it is not installed.
    #[napi]
    pub fn owned_paths(&self, name: String) -> Result<Option<Vec<OwnedPath>>> {
        throwing(|| {
            let Some(store) = self.read()? else { return Ok(None) };
            let Some(package) = packages::find(store.connection(), &name)? else { return Ok(None) };
            let owned = paths::of_package(store.connection(), package.id)?;
            Ok(Some(owned.into_iter().map(OwnedPath::from).collect()))
        })
    }

    /// Every package that owns `path`, relative to the root.
    #[napi]
    pub fn owners(&self, path: String) -> Result<Vec<String>> {
        throwing(|| {
            let Some(store) = self.read()? else { return Ok(Vec::new()) };
            let owners = paths::owners(store.connection(), path.trim_matches('/'))?;
            Ok(owners.into_iter().map(|(_, name, _)| name).collect())
        })
    }

    /// Verifies installed files against the database: the named packages, or all.
    #[napi]
    pub fn verify_installed<'env>(
        &self,
        env: &'env Env,
        names: Option<Vec<String>>,
        quick: bool,
        progress: Option<OnProgress>,
        cancel: Option<&CancelToken>,
    ) -> Result<PromiseRaw<'env, VerifyReport>> {
        let (path, progress, cancel) = (self.path.clone(), Progress::to(progress), CancelToken::flag(cancel));
        spawn(env, "verify", move || {
            let report = |done: u64, total: u64| {
                let (done, total) = (done as f64, total as f64);
                progress.report(|| ProgressEvent { phase: "verify", done, total, unit: "files", item: None });
            };
            let watch = Watch { cancel: &cancel, progress: &report };
            Ok(integrity::verify(&Root::open(&path)?, names.as_deref(), quick, &watch)?.into())
        })
    }

    /// The modified files of packages that a plan removes, `/etc` left out.
    #[napi]
    pub fn modified_files<'env>(
        &self,
        env: &'env Env,
        names: Vec<String>,
    ) -> Result<PromiseRaw<'env, Vec<ModifiedFile>>> {
        let path = self.path.clone();
        spawn(env, "modified", move || {
            let modified = transaction::modified_files(&Root::open(&path)?, &names)?;
            Ok(modified
                .into_iter()
                .map(|file| ModifiedFile { package: file.package, path: file.path })
                .collect())
        })
    }

    /// A file that only its owner may read, below the root; null when it is not there. Whether the mode will do is the
    /// caller's to judge.
    #[napi]
    pub fn read_secret(&self, path: String) -> Result<Option<SecretFile>> {
        throwing(|| {
            let root = self.open()?;
            let path = path.trim_start_matches('/');
            let Some(found) = root.metadata(path)? else { return Ok(None) };
            let text = root.read(path, SECRET_LIMIT)?.unwrap_or_default();
            Ok(Some(SecretFile { text: String::from_utf8_lossy(&text).into_owned(), mode: found.mode }))
        })
    }

    /// `peipkg.toml` and every `*.repo` below conf/peipkg, by name. One that cannot be read says why.
    #[napi]
    pub fn read_configuration(&self) -> Result<Vec<ConfigurationFile>> {
        throwing(|| {
            let root = self.open()?;
            let mut files = Vec::new();
            for name in root.list(state::CONFIGURATION)? {
                let repository = Path::new(&name).extension().is_some_and(|extension| extension == "repo");
                if repository || name == "peipkg.toml" {
                    files.push(read_configuration_file(&root, name));
                }
            }
            Ok(files)
        })
    }
}

impl System {
    /// Opens the root anew: descriptors are not kept between calls.
    pub(crate) fn open(&self) -> std::result::Result<Root, Failure> {
        Ok(Root::open(&self.path)?)
    }

    pub(crate) fn read(&self) -> std::result::Result<Option<Store>, Failure> {
        Ok(Store::read(&self.open()?)?)
    }
}

fn read_configuration_file(root: &Root, name: String) -> ConfigurationFile {
    let read = root.read(&format!("{}/{name}", state::CONFIGURATION), CONFIGURATION_LIMIT);
    let (text, error) = match read {
        Ok(Some(bytes)) => match String::from_utf8(bytes) {
            Ok(text) => (Some(text), None),
            Err(_) => (None, Some(format!("/{}/{} is not valid UTF-8", state::CONFIGURATION, escape(&name)))),
        },
        Ok(None) => (None, Some(format!("/{}/{} has vanished", state::CONFIGURATION, escape(&name)))),
        Err(error) => (None, Some(error.to_string())),
    };
    ConfigurationFile { name, text, error }
}

impl From<paths::OwnedPath> for OwnedPath {
    fn from(owned: paths::OwnedPath) -> Self {
        let (kind, size, sha256, target) = match owned.object {
            Object::File { size, digest } => ("file", size as f64, Some(digest.to_string()), None),
            Object::Directory => ("directory", 0.0, None, None),
            Object::Symlink { target } => ("symlink", 0.0, None, Some(target.into())),
        };
        Self { path: owned.path.into(), kind, size, sha256, target }
    }
}

impl From<integrity::Report> for VerifyReport {
    fn from(report: integrity::Report) -> Self {
        let problems = report.problems.into_iter().map(VerifyProblem::from).collect();
        Self { checked: report.checked as f64, problems }
    }
}

impl From<integrity::Problem> for VerifyProblem {
    fn from(problem: integrity::Problem) -> Self {
        let (kind, detail, recorded) = match problem.trouble {
            Trouble::Missing => ("missing", None, None),
            Trouble::Modified => ("modified", None, None),
            Trouble::NotADirectory => ("not-a-directory", None, None),
            Trouble::NotAFile => ("not-a-file", None, None),
            Trouble::PointsAt { found, recorded } => ("points-at", found, Some(recorded)),
            Trouble::Unreadable(reason) => ("unreadable", Some(reason), None),
        };
        Self { package: problem.package, path: problem.path, kind, detail, recorded }
    }
}

/// Seconds since 1970 as RFC 3339 UTC.
pub(crate) fn time(seconds: i64) -> String {
    Timestamp::from_seconds(seconds).map_or_else(String::new, |time| time.to_string())
}

pub(crate) fn nullable<T>(value: Option<T>) -> napi::Either<T, napi::bindgen_prelude::Null> {
    value.map_or(napi::Either::B(napi::bindgen_prelude::Null), napi::Either::A)
}
