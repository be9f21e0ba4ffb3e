//! Progress events: lossy, at most 30 a second, never a reason for the process to stay alive.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

/// Milliseconds between two events.
const INTERVAL: u64 = 34;

/// How far a call is.
#[napi(object, object_from_js = false)]
pub struct ProgressEvent {
    /// What is being done: `verify`, `stage`, …
    pub phase: &'static str,
    /// Of `unit`.
    pub done: f64,
    /// Of `unit`; 0 when it is not known.
    pub total: f64,
    /// What `done` and `total` count.
    #[napi(ts_type = "'bytes' | 'files' | 'packages'")]
    pub unit: &'static str,
    /// What it is being done to.
    pub item: Option<String>,
}

/// A callback for events: called on the JavaScript thread, some time later; events may be left out.
#[napi]
pub type OnProgress = ThreadsafeFunction<ProgressEvent, (), ProgressEvent, Status, false, true, 8>;

/// Where a call reports how far it is. Any thread may report, as often as it likes.
pub struct Progress {
    callback: Option<OnProgress>,
    started: Instant,
    /// Milliseconds after `started` before which the next event is dropped.
    next: AtomicU64,
}

impl Progress {
    /// Reports to the callback of an optional argument.
    pub fn to(callback: Option<OnProgress>) -> Self {
        Self { callback, started: Instant::now(), next: AtomicU64::new(0) }
    }

    /// Sends the event, unless one was sent a moment ago: then `event` is not even made.
    pub fn report(&self, event: impl FnOnce() -> ProgressEvent) {
        let Some(callback) = &self.callback else { return };
        let now = self.started.elapsed().as_millis() as u64;
        let next = self.next.load(Ordering::Relaxed);
        let mine = now >= next
            && self.next.compare_exchange(next, now + INTERVAL, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if mine {
            // A full queue or a closing environment loses the event, which is allowed.
            callback.call(event(), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}
