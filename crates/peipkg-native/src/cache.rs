//! The cache of fetched packages: bytes are hashed as they are written.

use std::str::FromStr;
use std::sync::Mutex;

use napi::bindgen_prelude::{Buffer, Either, Null};
use napi_derive::napi;
use peipkg_core::digest::Digest;
use peipkg_core::repository::cache;

use crate::failure::{Result, throwing};
use crate::system::System;
use crate::universe::Universe;

/// Where the bytes of a partial package came from.
#[napi(object, object_from_js = false)]
pub struct PartialSource {
    /// As it was asked for.
    pub address: String,
    /// What `If-Range` is asked with.
    pub validator: String,
}

/// A package on its way into the cache.
#[napi]
pub struct CacheWriter {
    inner: Mutex<cache::CacheWriter>,
}

#[napi]
impl CacheWriter {
    /// Bytes that an earlier run left, and what was written since.
    #[napi(getter)]
    pub fn written(&self) -> f64 {
        self.lock().written() as f64
    }

    /// Where those bytes came from; null when nothing can be gone on with.
    #[napi(getter, ts_return_type = "PartialSource | null")]
    pub fn source(&self) -> Either<PartialSource, Null> {
        let source = self.lock().source().map(|(address, validator)| PartialSource {
            address: address.to_owned(),
            validator: validator.to_owned(),
        });
        source.map_or(Either::B(Null), Either::A)
    }

    /// Notes where the bytes come from, so that they can be gone on with after a failure.
    #[napi]
    pub fn remember(&self, address: String, validator: String) -> Result<()> {
        throwing(|| Ok(self.lock().remember(&address, &validator)?))
    }

    /// Begins anew.
    #[napi]
    pub fn restart(&self) -> Result<()> {
        throwing(|| Ok(self.lock().restart()?))
    }

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

    /// Gives up for now: what can be gone on with stays.
    #[napi]
    pub fn keep(&self) {
        self.lock().keep();
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

    /// Of each of these candidates whether nothing has to be fetched for it: it is installed, retained, a local file, or
    /// cached with the size that was announced. Its bytes are verified at the install.
    #[napi]
    pub fn are_cached(&self, universe: &Universe, candidates: Vec<u32>) -> Result<Vec<bool>> {
        throwing(|| {
            let remote = |&candidate: &u32| universe.remote(candidate);
            let wanted: Vec<_> = candidates.iter().filter_map(remote).collect();
            let mut found = cache::contains(&self.open()?, &wanted)?.into_iter();
            let is_cached = |candidate| remote(candidate).is_none() || found.next().unwrap_or(false);
            Ok(candidates.iter().map(is_cached).collect())
        })
    }

    /// As `cachedPackage`, for one that is about to be used: what was not used for longest leaves the cache first.
    #[napi]
    pub fn use_cached_package(&self, sha256: String, size: f64) -> Result<Option<String>> {
        throwing(|| {
            let found = cache::find_to_use(&self.open()?, Digest::from_str(&sha256)?, size as u64)?;
            Ok(found.map(|path| path.to_string_lossy().into_owned()))
        })
    }

    /// Removes the packages that were not used for longest until at most `most` bytes are left; returns how many went.
    #[napi]
    pub fn trim_cache(&self, most: f64) -> Result<f64> {
        throwing(|| Ok(cache::trim(&self.open()?, most as u64)?.files as f64))
    }

    /// Begins, or goes on with, a cached package of exactly that digest and size.
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
