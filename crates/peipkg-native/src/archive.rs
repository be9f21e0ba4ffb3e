//! Producing and inspecting package files.

use std::path::{Path, PathBuf};

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::archive::pack as core;
use peipkg_core::archive::{
    Observer, PayloadEntry, PayloadKind, Spool, VerifiedPackage, VerifyRules, glob, open, verify,
};
use peipkg_core::signature::{Fingerprint, PublicKey, TrustSet, key_file};
use peipkg_core::text::escape;

use crate::cancel::CancelToken;
use crate::failure::{Failure, Result, throwing};
use crate::progress::OnProgress;
use crate::task::spawn;
use crate::watch::watched;

/// An entry below a staged directory.
#[napi(object, object_from_js = false)]
pub struct StagedEntry {
    /// Without leading or trailing slash.
    pub path: String,
    /// `special` is a device, pipe or socket.
    #[napi(ts_type = "'file' | 'directory' | 'symlink' | 'special'")]
    pub kind: &'static str,
    /// Bytes; 0 for all but files.
    pub size: f64,
    /// Of a symlink.
    pub target: Option<String>,
    /// Whether a file starts as ELF files do.
    pub elf: bool,
}

impl From<core::StagedEntry> for StagedEntry {
    fn from(entry: core::StagedEntry) -> Self {
        let (kind, size, target, elf) = match entry.kind {
            core::StagedKind::File { size, elf, .. } => ("file", size, None, elf),
            core::StagedKind::Directory => ("directory", 0, None, false),
            core::StagedKind::Symlink { target } => ("symlink", 0, Some(target), false),
            core::StagedKind::Special => ("special", 0, None, false),
        };
        Self { path: entry.path, kind, size: size as f64, target, elf }
    }
}

/// Everything below `directory`, by path bytes.
#[napi]
pub fn scan_staged(env: &Env, directory: String) -> Result<PromiseRaw<'_, Vec<StagedEntry>>> {
    spawn(env, "scan", move || {
        Ok(core::scan(Path::new(&directory))?.into_iter().map(StagedEntry::from).collect::<Vec<_>>())
    })
}

/// For each doublestar pattern the indexes of the paths it matches; one that ends in `/` matches directories only.
#[napi]
pub fn match_globs(
    patterns: Vec<String>,
    paths: Vec<String>,
    directories: Vec<bool>,
) -> Result<Vec<Vec<u32>>> {
    throwing(|| Ok(glob::match_all(&patterns, &paths, &directories)?))
}

/// What is to be packed.
#[napi(object, object_to_js = false)]
pub struct PackRequest {
    /// A manifest draft (JSON): `schema_version` and `size_installed` are computed, relation arrays are sorted.
    pub manifest: String,
    /// The directory that holds the payload.
    pub staged: String,
    /// The paths to take, their ancestors added; absent: everything.
    pub paths: Option<Vec<String>>,
    /// Where the package goes: written under a temporary name beside it, made durable, renamed.
    pub out: String,
    /// A private key file.
    pub sign_key: Option<String>,
    /// Of zstd.
    pub level: Option<i32>,
    /// Never changes the bytes.
    pub threads: Option<u32>,
}

impl From<PackRequest> for core::PackRequest {
    fn from(request: PackRequest) -> Self {
        Self {
            manifest: request.manifest,
            staged: PathBuf::from(request.staged),
            paths: request.paths,
            out: PathBuf::from(request.out),
            level: request.level,
            threads: request.threads.map(|threads| threads as usize),
        }
    }
}

/// A package that was made.
#[napi(object, object_from_js = false)]
pub struct PackedPackage {
    /// Where it is.
    pub path: String,
    /// From its manifest.
    pub name: String,
    /// From its manifest.
    pub version: String,
    /// From its manifest.
    pub architecture: String,
    /// Bytes of the file.
    pub size: f64,
    /// Bytes of its payload files.
    pub size_installed: f64,
    /// Of the file.
    pub sha256: String,
    /// Of the uncompressed tar stream.
    pub tar_sha256: String,
    /// Advice.
    pub warnings: Vec<String>,
}

/// Packs one package; rejects with every broken rule, one a line.
#[napi]
pub fn pack<'env>(
    env: &'env Env,
    request: PackRequest,
    progress: Option<OnProgress>,
    cancel: Option<&CancelToken>,
) -> Result<PromiseRaw<'env, PackedPackage>> {
    let observer = Observer { cancel: CancelToken::flag(cancel), ..Observer::default() };
    spawn(env, "pack", move || {
        let key = request.sign_key.as_ref().map(|path| key_file::read_secret(Path::new(path))).transpose()?;
        let path = request.out.clone();
        let request = request.into();
        let key = key.as_ref().map(|(key, _)| key);
        let packed = watched(progress, "pack", &path, 0, &observer, || core::pack(&request, key, &observer))?;
        Ok(PackedPackage {
            path,
            name: packed.manifest.name.as_str().to_owned(),
            version: packed.manifest.version.as_str().to_owned(),
            architecture: packed.manifest.architecture.as_str().to_owned(),
            size: packed.size as f64,
            size_installed: packed.manifest.size_installed as f64,
            sha256: packed.digest.to_string(),
            tar_sha256: packed.tar_digest.to_string(),
            warnings: packed.warnings,
        })
    })
}

/// What stands against packing.
#[napi(object, object_from_js = false)]
pub struct PackageCheck {
    /// Broken rules.
    pub errors: Vec<String>,
    /// Advice.
    pub warnings: Vec<String>,
}

/// All rule violations of a draft and its paths, together, without packing.
#[napi]
pub fn check_package(env: &Env, request: PackRequest) -> Result<PromiseRaw<'_, PackageCheck>> {
    spawn(env, "check", move || {
        let core::Findings { errors, warnings } = core::check(&request.into())?;
        Ok(PackageCheck { errors, warnings })
    })
}

/// What an inspection demands.
#[napi(object, object_to_js = false)]
pub struct InspectOptions {
    /// Public key files: a signature must verify with one of them.
    pub keys: Option<Vec<String>>,
    /// An unsigned package is refused.
    pub require_signature: Option<bool>,
}

/// A package's signature.
#[napi(object, object_from_js = false)]
pub struct PackageSignature {
    /// Of the key that is said to have signed.
    pub fingerprint: String,
    /// With one of the given keys.
    pub verified: bool,
}

/// A payload entry.
#[napi(object, object_from_js = false)]
pub struct InspectedEntry {
    /// Without leading or trailing slash.
    pub path: String,
    /// What it is.
    #[napi(ts_type = "'file' | 'directory' | 'symlink'")]
    pub kind: &'static str,
    /// Bytes; 0 for all but files.
    pub size: f64,
    /// Of a file.
    pub sha256: Option<String>,
    /// Of a symlink.
    pub target: Option<String>,
}

impl From<&PayloadEntry> for InspectedEntry {
    fn from(entry: &PayloadEntry) -> Self {
        let path = entry.path.to_string();
        match &entry.kind {
            PayloadKind::Directory => Self { path, kind: "directory", size: 0.0, sha256: None, target: None },
            PayloadKind::Symlink { target } => {
                Self { path, kind: "symlink", size: 0.0, sha256: None, target: Some(target.to_string()) }
            }
            PayloadKind::File { size, digest } => Self {
                path,
                kind: "file",
                size: *size as f64,
                sha256: Some(digest.to_string()),
                target: None,
            },
        }
    }
}

/// A security descriptor that the package asks for.
#[napi(object, object_from_js = false)]
pub struct InspectedDescriptor {
    /// A file or directory of the payload.
    pub path: String,
    /// The descriptor as text.
    pub sddl: String,
}

/// What a package file holds.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct PackageInspection {
    /// The text of manifest.json, unchanged.
    pub manifest: String,
    /// Of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub size: f64,
    /// Of the uncompressed tar stream.
    pub tar_sha256: String,
    /// Bytes of the uncompressed tar stream.
    pub tar_size: f64,
    /// Zstandard frames.
    pub frames: f64,
    /// `null` when it is unsigned.
    #[napi(ts_type = "PackageSignature | null")]
    pub signature: Option<PackageSignature>,
    /// In archive order.
    pub entries: Vec<InspectedEntry>,
    /// Its overrides.
    pub security_descriptors: Vec<InspectedDescriptor>,
}

/// Verifies a package file as a whole, in one pass; trust only as far as `options` say.
#[napi]
pub fn inspect_package<'env>(
    env: &'env Env,
    path: String,
    options: InspectOptions,
    progress: Option<OnProgress>,
    cancel: Option<&CancelToken>,
) -> Result<PromiseRaw<'env, PackageInspection>> {
    let observer = Observer { cancel: CancelToken::flag(cancel), ..Observer::default() };
    spawn(env, "inspect", move || {
        let trust = options.keys.map(|keys| trust_in(&keys)).transpose()?;
        let require_signature = options.require_signature.unwrap_or(false);
        let rules = VerifyRules { trust: trust.as_ref(), require_signature, ..VerifyRules::default() };
        let verified = verified(&path, &rules, progress, &observer)?;
        Ok(inspection(&verified))
    })
}

/// Opens and verifies a package; errors name the file.
pub(crate) fn verified(
    path: &str,
    rules: &VerifyRules<'_>,
    progress: Option<OnProgress>,
    observer: &Observer,
) -> std::result::Result<VerifiedPackage, Failure> {
    let (file, size) = open(Path::new(path))?;
    let verified = watched(progress, "verify", path, size, observer, || {
        verify(file, rules, &Spool::default(), observer)
    });
    verified.map_err(|error| {
        let failure = Failure::from(error);
        Failure { message: format!("{}: {}", escape(path), failure.message), ..failure }
    })
}

pub(crate) fn inspection(package: &VerifiedPackage) -> PackageInspection {
    let overrides = package.manifest.sd_overrides.iter();
    PackageInspection {
        manifest: String::from_utf8_lossy(&package.manifest_bytes).into_owned(),
        sha256: package.digest.to_string(),
        size: package.size as f64,
        tar_sha256: package.tar_digest.to_string(),
        tar_size: package.tar_size as f64,
        frames: package.frames as f64,
        signature: package.envelope.as_ref().map(|envelope| PackageSignature {
            fingerprint: envelope.key_fingerprint.to_string(),
            verified: package.signed_by == Some::<Fingerprint>(envelope.key_fingerprint),
        }),
        entries: package.entries.iter().map(InspectedEntry::from).collect(),
        security_descriptors: overrides
            .map(|named| InspectedDescriptor { path: named.path.to_string(), sddl: named.sd.to_sddl() })
            .collect(),
    }
}

fn trust_in(keys: &[String]) -> std::result::Result<TrustSet, Failure> {
    let keys: std::result::Result<Vec<PublicKey>, _> =
        keys.iter().map(|path| key_file::read_public(Path::new(path))).collect();
    Ok(keys?.into_iter().collect())
}
