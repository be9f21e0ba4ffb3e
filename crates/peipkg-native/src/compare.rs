//! Adding signatures to packages, and telling packages apart.

use std::path::Path;

use napi::Env;
use napi::bindgen_prelude::{Buffer, PromiseRaw};
use napi_derive::napi;
use peipkg_core::archive::compare::{self as core, Comparison};
use peipkg_core::archive::sign::{Compression, Signer, sign};
use peipkg_core::archive::{Observer, VerifiedPackage, VerifyRules, glob};
use peipkg_core::identity::Architecture;
use peipkg_core::signature::{SignatureError, key_file};

use crate::archive::{PackageInspection, inspection, verified};
use crate::cancel::CancelToken;
use crate::failure::{Failure, Result, throwing};
use crate::progress::OnProgress;
use crate::task::spawn;
use crate::watch::watched;

/// An unsigned package, and what it is to be signed with: one of `sign_key` and `signature_of`.
#[napi(object, object_to_js = false)]
pub struct SignRequest {
    /// The package.
    pub path: String,
    /// Where the signed one goes: written under a temporary name beside it, made durable, renamed.
    pub out: String,
    /// A private key file.
    pub sign_key: Option<String>,
    /// A signed package: its signature is taken over as it is.
    pub signature_of: Option<String>,
    /// Of zstd.
    pub level: Option<i32>,
    /// Never changes the bytes.
    pub threads: Option<u32>,
}

/// A package that was signed.
#[napi(object, object_from_js = false)]
pub struct SignedPackage {
    /// Of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub size: f64,
}

/// Adds a signature to an unsigned package; the tar bytes before it stay the same.
#[napi]
pub fn sign_package<'env>(
    env: &'env Env,
    request: SignRequest,
    progress: Option<OnProgress>,
    cancel: Option<&CancelToken>,
) -> Result<PromiseRaw<'env, SignedPackage>> {
    let observer = Observer { cancel: CancelToken::flag(cancel), ..Observer::default() };
    spawn(env, "sign", move || {
        let SignRequest { path, out, sign_key, signature_of, level, threads } = request;
        let key = sign_key.map(|path| key_file::read_secret(Path::new(&path))).transpose()?;
        let rules = VerifyRules::default();
        let other = signature_of.map(|path| verified(&path, &rules, None, &observer)).transpose()?;
        let envelope = other.and_then(|package| package.envelope);
        let signer = match (&key, &envelope) {
            (Some((key, _)), _) => Signer::Key(key),
            (None, Some(envelope)) => Signer::Envelope(envelope),
            (None, None) => return Err(SignatureError::Missing.into()),
        };
        let package = verified(&path, &rules, None, &observer)?;
        let compression = Compression { level, threads: threads.map(|threads| threads as usize) };
        let writing = Observer { cancel: observer.cancel.clone(), ..Observer::default() };
        let made = watched(progress, "sign", &path, package.tar_size, &writing, || {
            sign(&package, signer, Path::new(&out), compression, &writing)
        })?;
        Ok(SignedPackage { sha256: made.digest.to_string(), size: made.size as f64 })
    })
}

/// Where two tar streams part.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct TarDifference {
    /// The first byte that differs, or that only one of them has.
    pub byte: f64,
    /// The name of the entry of the first package that it belongs to; `null`: the end marker.
    pub left: Option<String>,
    /// As `left`, of the second one.
    pub right: Option<String>,
}

/// Where the contents of a file that both packages have part.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct FileDifference {
    /// Without leading or trailing slash.
    pub path: String,
    /// The first byte that differs, or that only one of them has.
    pub byte: f64,
    /// Its line, from 1; `null` for what is no text.
    pub line: Option<f64>,
    /// A few bytes from there on.
    pub left: Buffer,
    /// As `left`.
    pub right: Buffer,
}

/// Two packages, and where they differ.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct PackageComparison {
    /// The first one.
    pub left: PackageInspection,
    /// The second one.
    pub right: PackageInspection,
    /// `null`: the tar streams are the same, byte for byte.
    #[napi(ts_type = "TarDifference | null")]
    pub tar: Option<TarDifference>,
    /// Files that both have, with other contents.
    pub files: Vec<FileDifference>,
}

/// Verifies two packages (everything but trust) and compares them.
#[napi]
pub fn compare_packages<'env>(
    env: &'env Env,
    left: String,
    right: String,
    progress: Option<OnProgress>,
    cancel: Option<&CancelToken>,
) -> Result<PromiseRaw<'env, PackageComparison>> {
    let observer = Observer { cancel: CancelToken::flag(cancel), ..Observer::default() };
    spawn(env, "compare", move || {
        let size = |path: &str| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        // Both are read twice, unless they are equal.
        let total = 2 * (size(&left) + size(&right));
        let (left, right, Comparison { tar, files }) =
            watched(progress, "compare", &right, total, &observer, || compared(&left, &right, &observer))?;
        Ok(PackageComparison {
            left: inspection(&left),
            right: inspection(&right),
            tar: tar.map(|found| TarDifference {
                byte: found.byte as f64,
                left: found.left,
                right: found.right,
            }),
            files: files.into_iter().map(FileDifference::from).collect(),
        })
    })
}

fn compared(
    left: &str,
    right: &str,
    observer: &Observer,
) -> std::result::Result<(VerifiedPackage, VerifiedPackage, Comparison), Failure> {
    let rules = VerifyRules::default();
    let left = verified(left, &rules, None, observer)?;
    let right = verified(right, &rules, None, observer)?;
    let comparison = core::compare(&left, &right, observer)?;
    Ok((left, right, comparison))
}

impl From<core::FileDifference> for FileDifference {
    fn from(found: core::FileDifference) -> Self {
        Self {
            path: found.path,
            byte: found.byte as f64,
            line: found.line.map(|line| line as f64),
            left: found.left.into(),
            right: found.right.into(),
        }
    }
}

/// Whether a pattern of `files` can match anything that a package for that architecture may hold.
#[napi]
pub fn pattern_reaches(pattern: String, architecture: String) -> Result<bool> {
    throwing(|| Ok(glob::reaches(&pattern, &Architecture::parse(&architecture)?)?))
}
