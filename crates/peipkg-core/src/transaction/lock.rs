//! One writer at a time (PSD-009 §7.4.4): an flock that the kernel releases when its holder dies.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::request::{Control, Phase};
use super::{Directory, TransactionError};
use crate::fsx::{FsError, Kind, Root, split, state};
use crate::timestamp::Timestamp;

/// How long to wait for another transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    No,
    /// So long.
    For(Duration),
    /// Until it is free.
    Forever,
}

/// The held lock. Dropping it releases it.
#[derive(Debug)]
pub struct Lock {
    file: File,
    inode: u64,
}

impl Lock {
    /// Takes the lock below `root` for `command`, writing pid, command and time into it for whoever is refused.
    pub fn acquire(
        root: &Root,
        command: &str,
        wait: Wait,
        now: i64,
        control: &Control,
    ) -> Result<Self, TransactionError> {
        let mut file = open(root)?;
        let started = Instant::now();
        loop {
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                // Removed and made anew in the meantime: then this one locks nothing.
                Ok(()) if !is_at_its_place(root, &file)? => {
                    file = open(root)?;
                    continue;
                }
                Ok(()) => break,
                Err(Errno::INTR) => continue,
                Err(Errno::WOULDBLOCK) => {}
                Err(errno) => return Err(FsError::new("lock", state::LOCK, errno).into()),
            }
            let waited = started.elapsed();
            let go_on = match wait {
                Wait::No => false,
                Wait::For(limit) => waited < limit,
                Wait::Forever => true,
            };
            if !go_on {
                return Err(TransactionError::Locked { holder: holder(&mut file) });
            }
            control.check()?;
            (control.progress)(Phase::Wait, waited.as_secs(), 0);
            // flock cannot wait with a limit or be cancelled, so it is asked for again.
            std::thread::sleep(Duration::from_millis(50));
        }
        let since = Timestamp::from_seconds(now).map_or_else(String::new, |time| format!(", since {time}"));
        let line = format!("pid {}, {command}{since}\n", std::process::id());
        // For the message only: a full disk must not keep a recovery from running.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(line.as_bytes()));
        let inode = Directory::metadata_of(&file, state::LOCK)?.inode;
        Ok(Self { file, inode })
    }

    /// Fails when the lock file is not the one that is held: somebody removed it, and another process may be at work.
    pub fn check(&self, root: &Root) -> Result<(), TransactionError> {
        if is_at_its_place(root, &self.file)? {
            return Ok(());
        }
        Err(TransactionError::Raced { path: state::LOCK.to_owned() })
    }

    /// The inode of the lock file: a root that was copied has another one.
    pub fn inode(&self) -> u64 {
        self.inode
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
    }
}

/// Whether some process holds the lock now, by the kernel's table: to try it would keep others from it.
pub(super) fn is_held(root: &Root) -> bool {
    let (Ok(Some(found)), Ok(locks)) = (root.metadata(state::LOCK), std::fs::read_to_string("/proc/locks"))
    else {
        return false;
    };
    let inode = format!(":{}", found.inode);
    let holds = |line: &str| {
        let mut fields = line.split_whitespace();
        fields.nth(1) == Some("FLOCK") && fields.nth(3).is_some_and(|place| place.ends_with(&inode))
    };
    locks.lines().any(holds)
}

fn is_at_its_place(root: &Root, file: &File) -> Result<bool, FsError> {
    let held = Directory::metadata_of(file, state::LOCK)?;
    let found = root.metadata(state::LOCK)?;
    Ok(found.is_some_and(|found| found.inode == held.inode && found.device == held.device))
}

fn open(root: &Root) -> Result<File, FsError> {
    let (parent, name) = split(state::LOCK);
    let directory = root.make_directories(parent, 0o755)?;
    match directory.create_file(name, 0o600) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let file = directory.open_for_lock(name)?;
    let found = Directory::metadata_of(&file, state::LOCK)?;
    // A second name would have its file emptied.
    if found.kind == Kind::File && found.links <= 1 {
        Ok(file)
    } else {
        Err(FsError::NotBeneath { path: state::LOCK.to_owned() })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(4096).read_to_string(&mut text));
    match (read, text.trim_end()) {
        (Ok(_), line) if !line.is_empty() => line.to_owned(),
        _ => "its program is not known".to_owned(),
    }
}
