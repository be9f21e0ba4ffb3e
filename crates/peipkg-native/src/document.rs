//! Fetched documents that may be large, kept outside of JavaScript's memory, and what unpacks them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use peipkg_core::repository::transfer;

use crate::failure::{Failure, Result, throwing};

/// A document in the making: grows in place, and is handed to the core without a copy.
#[napi]
#[derive(Default)]
pub struct FetchedDocument {
    bytes: Mutex<Vec<u8>>,
}

#[napi]
impl FetchedDocument {
    /// Nothing received yet; room for `expected` bytes.
    #[napi(constructor)]
    pub fn new(expected: f64) -> Self {
        let mut bytes = Vec::new();
        // Only a hint; `write` says when there is no memory.
        let _ = bytes.try_reserve_exact(expected as usize);
        Self { bytes: Mutex::new(bytes) }
    }

    /// Adds bytes. How many there may be is the caller's to watch.
    #[napi]
    pub fn write(&self, chunk: Buffer) -> Result<()> {
        throwing(|| {
            let mut bytes = self.lock();
            bytes.try_reserve(chunk.len()).map_err(|error| Failure {
                code: "PEI_LIMIT",
                message: format!("no memory for a document of {} bytes: {error}", bytes.len() + chunk.len()),
            })?;
            bytes.extend_from_slice(&chunk);
            Ok(())
        })
    }

    /// How many bytes are there.
    #[napi(getter)]
    pub fn length(&self) -> f64 {
        self.lock().len() as f64
    }
}

impl FetchedDocument {
    /// The bytes, which are gone from here afterwards.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Undoes the transport encoding `zstd`.
#[napi]
pub struct Unzstd {
    inner: Mutex<transfer::Unzstd>,
}

#[napi]
impl Unzstd {
    /// A decoder of one answer.
    #[napi(constructor)]
    pub fn new() -> Result<Self> {
        throwing(|| Ok(Self { inner: Mutex::new(transfer::Unzstd::new()?) }))
    }

    /// Takes received bytes; what was taken before must have been pulled out.
    #[napi]
    pub fn push(&self, chunk: Buffer) {
        self.lock().push(&chunk);
    }

    /// The next unpacked bytes, at most `most`; empty when the received ones are used up.
    #[napi]
    pub fn pull(&self, most: f64) -> Result<Buffer> {
        throwing(|| Ok(self.lock().pull(most as usize)?.into()))
    }

    /// Throws when the answer ended too early.
    #[napi]
    pub fn finish(&self) -> Result<()> {
        throwing(|| Ok(self.lock().finish()?))
    }
}

impl Unzstd {
    fn lock(&self) -> MutexGuard<'_, transfer::Unzstd> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
