//! The cache of fetched packages: bytes are hashed as they are written.

use std::str::FromStr;
use std::sync::Mutex;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use peipkg_core::digest::Digest;
use peipkg_core::repository::cache;

use crate::failure::{Result, throwing};
use crate::system::System;

/// A package on its way into the cache.
#[napi]
pub struct CacheWriter {
    inner: Mutex<cache::CacheWriter>,
}

#[napi]
impl CacheWriter {
    /// Adds bytes; throws once there are more than were announced.
    #[napi]
    pub fn write(&self, chunk: Buffer) -> Result<()> {
        throwing(|| Ok(self.lock().write(&chunk)?))
    }

    /// Checks size and digest and gives the file its name; returns its absolute path.
    #[napi]
    pub fn finish(&self) -> Result<String> {
        throwing(|| Ok(self.lock().finish()?.to_string_lossy().into_owned()))
    }

    /// Gives the file up.
    #[napi]
    pub fn abort(&self) {
        self.lock().abort();
    }
}

impl CacheWriter {
    fn lock(&self) -> std::sync::MutexGuard<'_, cache::CacheWriter> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[napi]
impl System {
    /// The absolute path of a cached package, when it is there with that size. Its bytes are verified at the install.
    #[napi]
    pub fn cached_package(&self, sha256: String, size: f64) -> Result<Option<String>> {
        throwing(|| {
            let found = cache::find(&self.open()?, Digest::from_str(&sha256)?, size as u64)?;
            Ok(found.map(|path| path.to_string_lossy().into_owned()))
        })
    }

    /// Begins a cached package of exactly that digest and size.
    #[napi]
    pub fn create_cache_file(&self, sha256: String, size: f64) -> Result<CacheWriter> {
        throwing(|| {
            let writer = cache::CacheWriter::create(&self.open()?, Digest::from_str(&sha256)?, size as u64)?;
            Ok(CacheWriter { inner: Mutex::new(writer) })
        })
    }

    /// Removes cached metadata of repositories that are not `configured` and, if asked, all cached packages. Returns how
    /// many files went.
    #[napi]
    pub fn clean_cache(&self, configured: Vec<String>, packages: bool) -> Result<f64> {
        throwing(|| Ok(cache::clean(&self.open()?, &configured, packages)? as f64))
    }
}
