//! Fault points: kill or fail at the k-th mutating step. Compiled in by the cargo feature `faults` only.
//!
//! `PEIPKG_FAULT=kill:K` kills the process with SIGKILL before its K-th step; `PEIPKG_FAULT=fail:K:ERRNO` lets that step
//! fail with ERRNO. `PEIPKG_FAULT_LOG=FILE` appends one line a step.

#[cfg(not(feature = "faults"))]
use std::io;

/// Announces a mutating step that is about to happen.
#[cfg(not(feature = "faults"))]
#[inline(always)]
#[allow(clippy::inline_always, reason = "an empty function on every hot path of a shipped build")]
pub fn step(_name: &'static str) -> io::Result<()> {
    Ok(())
}

#[cfg(feature = "faults")]
pub use armed::step;

#[cfg(feature = "faults")]
mod armed {
    use std::io::{self, Write};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static COUNT: AtomicU64 = AtomicU64::new(0);

    enum Fault {
        Kill(u64),
        Fail(u64, i32),
        None,
    }

    fn fault() -> &'static Fault {
        static FAULT: OnceLock<Fault> = OnceLock::new();
        FAULT.get_or_init(|| {
            let text = std::env::var("PEIPKG_FAULT").unwrap_or_default();
            let parts: Vec<&str> = text.split(':').collect();
            match parts.as_slice() {
                ["kill", k] => k.parse().map_or(Fault::None, Fault::Kill),
                ["fail", k, errno] => match (k.parse(), errno.parse()) {
                    (Ok(k), Ok(errno)) => Fault::Fail(k, errno),
                    _ => Fault::None,
                },
                _ => Fault::None,
            }
        })
    }

    /// Announces a mutating step that is about to happen.
    pub fn step(name: &'static str) -> io::Result<()> {
        let number = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
        log(number, name);
        match fault() {
            Fault::Kill(k) if *k == number => {
                let _ =
                    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
                loop {
                    std::thread::park();
                }
            }
            Fault::Fail(k, errno) if *k == number => Err(io::Error::from_raw_os_error(*errno)),
            _ => Ok(()),
        }
    }

    fn log(number: u64, name: &str) {
        static LOG: OnceLock<Option<std::fs::File>> = OnceLock::new();
        let file = LOG.get_or_init(|| {
            let path = std::env::var_os("PEIPKG_FAULT_LOG")?;
            std::fs::OpenOptions::new().create(true).append(true).open(path).ok()
        });
        if let Some(mut file) = file.as_ref() {
            let _ = writeln!(file, "{number} {name}");
        }
    }
}
