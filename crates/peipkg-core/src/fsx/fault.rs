//! Fault points: kill or fail at the k-th mutating step. Compiled in by the cargo feature `faults` only.
//!
//! `PEIPKG_FAULT=kill:K` kills the process with SIGKILL before its K-th step; `PEIPKG_FAULT=fail:K:ERRNO` lets that step
//! fail with ERRNO; `PEIPKG_FAULT=panic:K` makes a mistake there. `PEIPKG_FAULT_LOG=FILE` appends one line a step. `PEIPKG_FILESYSTEM=links` is a filesystem that knows
//! no flags of `renameat2`; `plain` one that has no links either, and whose inode numbers do not last: as vfat.

#[cfg(not(feature = "faults"))]
use std::io;

/// Announces a mutating step that is about to happen.
#[cfg(not(feature = "faults"))]
#[inline(always)]
#[allow(clippy::inline_always, reason = "an empty function on every hot path of a shipped build")]
pub fn step(_name: &'static str) -> io::Result<()> {
    Ok(())
}

/// What the filesystems of this process are said to lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filesystem {
    /// Nothing: as they are.
    Real,
    /// The flags of `renameat2`.
    #[cfg(feature = "faults")]
    Links,
    /// These, links, and inode numbers that last.
    #[cfg(feature = "faults")]
    Plain,
}

impl Filesystem {
    /// Names cannot be exchanged, and a rename cannot be held to a free name.
    pub fn without_flags(self) -> bool {
        self != Self::Real
    }

    /// A file cannot have a second name.
    pub fn without_links(self) -> bool {
        self.without_inodes()
    }

    /// Inode numbers change when a file is read again.
    pub fn without_inodes(self) -> bool {
        #[cfg(feature = "faults")]
        return self == Self::Plain;
        #[cfg(not(feature = "faults"))]
        false
    }
}

/// What filesystems are said to lack: nothing, in a shipped build.
#[cfg(not(feature = "faults"))]
#[inline(always)]
#[allow(clippy::inline_always, reason = "a constant on every hot path of a shipped build")]
pub fn filesystem() -> Filesystem {
    Filesystem::Real
}

/// The inode number that a look at `path` tells.
#[cfg(not(feature = "faults"))]
#[inline(always)]
#[allow(clippy::inline_always, reason = "as above")]
pub fn inode(_path: &str, found: u64) -> u64 {
    found
}

#[cfg(feature = "faults")]
pub use armed::{filesystem, inode, step};

#[cfg(feature = "faults")]
mod armed {
    use std::io::{self, Write};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::super::state;
    use super::Filesystem;

    static COUNT: AtomicU64 = AtomicU64::new(0);

    enum Fault {
        Kill(u64),
        Panic(u64),
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
                ["panic", k] => k.parse().map_or(Fault::None, Fault::Panic),
                ["fail", k, errno] => match (k.parse(), errno.parse()) {
                    (Ok(k), Ok(errno)) => Fault::Fail(k, errno),
                    _ => Fault::None,
                },
                _ => Fault::None,
            }
        })
    }

    /// What the filesystems of this process are said to lack.
    pub fn filesystem() -> Filesystem {
        static FILESYSTEM: OnceLock<Filesystem> = OnceLock::new();
        *FILESYSTEM.get_or_init(|| match std::env::var("PEIPKG_FILESYSTEM").as_deref() {
            Ok("links") => Filesystem::Links,
            Ok("plain") => Filesystem::Plain,
            _ => Filesystem::Real,
        })
    }

    /// The inode number that a look at `path` tells: where they do not last, another one in each process. That of the lock
    /// is a real one, for state lies where inodes last.
    pub fn inode(path: &str, found: u64) -> u64 {
        if filesystem().without_inodes() && !path.starts_with(state::STATE) {
            found ^ u64::from(std::process::id()) << 40
        } else {
            found
        }
    }

    /// Announces a mutating step that is about to happen.
    ///
    /// # Panics
    /// Where it is told to.
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
            Fault::Panic(k) if *k == number => panic!("a mistake at {name} \u{1b}[31m"),
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
