//! Cancelling work that runs on another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi_derive::napi;

/// A flag that long calls look at between chunks. Cancelling is final; a cancelled call rejects with `PEI_CANCELLED`.
#[napi]
#[derive(Clone, Default)]
pub struct CancelToken {
    flag: Arc<AtomicBool>,
}

#[napi]
impl CancelToken {
    /// A token that is not cancelled.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every call that was given this token to stop.
    #[napi]
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }
}

impl CancelToken {
    /// The flag of an optional argument; without one, a flag that nobody sets.
    pub fn flag(token: Option<&Self>) -> Arc<AtomicBool> {
        token.map(|token| Arc::clone(&token.flag)).unwrap_or_default()
    }
}
