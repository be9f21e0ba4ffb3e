//! Progress of work in the core that only counts.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use peipkg_core::archive::Observer;

use crate::progress::{OnProgress, Progress, ProgressEvent};

/// How often the count is looked at.
const INTERVAL: Duration = Duration::from_millis(50);

/// Runs `work` while another thread reports what `observer` counts. `total` is in bytes, 0 when it is not known.
pub fn watched<T>(
    callback: Option<OnProgress>,
    phase: &'static str,
    item: &str,
    total: u64,
    observer: &Observer,
    work: impl FnOnce() -> T,
) -> T {
    if callback.is_none() {
        return work();
    }
    let progress = Progress::to(callback);
    let (finished, stop) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(INTERVAL) {
                let done = observer.done.load(Ordering::Relaxed) as f64;
                let item = Some(item.to_owned());
                progress.report(|| ProgressEvent { phase, done, total: total as f64, unit: "bytes", item });
            }
        });
        let result = work();
        drop(finished);
        result
    })
}
