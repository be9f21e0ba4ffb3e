//! Binary signing.

use std::path::Path;

use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use peipkg_core::archive::Observer;
use peipkg_core::elf;
use peipkg_core::signature::key_file;
use peipkg_core::text::escape;

use crate::cancel::CancelToken;
use crate::failure::{Failure, Result};
use crate::progress::OnProgress;
use crate::task::spawn;
use crate::watch::watched;

/// Puts a signed ELF file in the place of the file at `path`; returns the fingerprint of the key.
#[napi]
pub fn sign_binary<'env>(
    env: &'env Env,
    path: String,
    key: String,
    progress: Option<OnProgress>,
    cancel: Option<&CancelToken>,
) -> Result<PromiseRaw<'env, String>> {
    let observer = Observer { cancel: CancelToken::flag(cancel), ..Observer::default() };
    spawn(env, "sign-binary", move || {
        let (key, _) = key_file::read_secret(Path::new(&key))?;
        let size = std::fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
        let signed = watched(progress, "sign", &path, size, &observer, || {
            elf::sign(Path::new(&path), &key, &observer)
        });
        let fingerprint = signed.map_err(|error| {
            let failure = Failure::from(error);
            Failure { message: format!("cannot sign {}: {}", escape(&path), failure.message), ..failure }
        })?;
        Ok(fingerprint.to_string())
    })
}
