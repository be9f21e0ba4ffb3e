//! Buffers for decoded bytes: a bounded number is in flight, and each is used again.

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Decoded bytes; the buffer goes back to its pool when the last holder drops it.
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    pool: Option<Arc<Pool>>,
}

impl Chunk {
    /// Bytes of no pool.
    pub(crate) fn free(bytes: Vec<u8>) -> Self {
        Self { bytes, pool: None }
    }

    pub(super) fn of(bytes: Vec<u8>, pool: Arc<Pool>) -> Self {
        Self { bytes, pool: Some(pool) }
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.give_back(std::mem::take(&mut self.bytes));
        }
    }
}

/// Buffers of one decoding run.
pub(super) struct Pool {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    idle: Vec<Vec<u8>>,
    /// Buffers that may still be handed out.
    left: usize,
    /// No limit: the consumer keeps what it gets and counts it against its own budget.
    unlimited: bool,
    closed: bool,
}

impl Pool {
    pub(super) fn new(buffers: usize) -> Arc<Self> {
        let state = State { idle: Vec::new(), left: buffers, unlimited: false, closed: false };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    /// An empty buffer, as soon as one may be used; `None` once the pool is closed.
    pub(super) fn take(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        while !state.closed && !state.unlimited && state.left == 0 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return None;
        }
        state.left = state.left.saturating_sub(1);
        Some(state.idle.pop().unwrap_or_default())
    }

    /// Chunks handed out are kept: hand out as many as are asked for.
    pub(super) fn lift(&self) {
        self.lock().unlimited = true;
        self.changed.notify_all();
    }

    /// Nothing more is wanted.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut state = self.lock();
        state.left += 1;
        if !state.unlimited && !state.closed {
            state.idle.push(buffer);
        }
        drop(state);
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
