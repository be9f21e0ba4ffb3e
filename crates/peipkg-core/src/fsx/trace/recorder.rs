//! Appends events to the record of this process. One write each, so that a killed process leaves whole events.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::super::directory::{Directory, Kind, Metadata, Renaming};
use super::event::{Event, Found};

/// An entry was made.
pub fn made(directory: &Directory, name: &str) {
    record(|| {
        let found = directory.metadata(name).ok()??;
        let content = match found.kind {
            Kind::Symlink => directory.read_link(name).ok()?.into_bytes(),
            _ => Vec::new(),
        };
        Some(Event::Made(directory.join(name), with(&found, content)))
    });
}

/// An open file has other content, mode or time now.
pub fn content(file: &File, directory: &str, name: &str) {
    record(|| {
        let path = if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
        let found = Directory::metadata_of(file, &path).ok()?;
        let mut bytes = Vec::new();
        // It may be open for writing only.
        File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?.read_to_end(&mut bytes).ok()?;
        Some(Event::Content(path, with(&found, bytes)))
    });
}

/// A name was changed.
pub fn renamed(old: (&Directory, &str), new: (&Directory, &str), how: Renaming) {
    record(|| Some(Event::Renamed { from: old.0.join(old.1), to: new.0.join(new.1), how }));
}

/// A file got a second name.
pub fn linked(old: (&Directory, &str), new: (&Directory, &str)) {
    record(|| Some(Event::Linked { from: old.0.join(old.1), to: new.0.join(new.1) }));
}

/// A name went.
pub fn removed(directory: &Directory, name: &str) {
    record(|| Some(Event::Removed(directory.join(name))));
}

/// The content of a file is durable.
pub fn synced_file(path: &str) {
    record(|| Some(Event::SyncedFile(path.to_owned())));
}

/// The names in a directory are durable.
pub fn synced_directory(directory: &Directory) {
    record(|| Some(Event::SyncedDirectory(directory.path().to_owned())));
}

/// Everything is durable.
pub fn synced_all() {
    record(|| Some(Event::SyncedAll));
}

/// The database is durable as it is now.
pub fn database(path: Option<&str>) {
    record(|| {
        let main = std::fs::read(path?).ok()?;
        let log = std::fs::read(format!("{}-wal", path?)).unwrap_or_default();
        Some(Event::Database { main, log })
    });
}

fn with(found: &Metadata, content: Vec<u8>) -> Found {
    Found { kind: found.kind, inode: found.inode, mode: found.mode, mtime: found.mtime, content }
}

fn record(event: impl FnOnce() -> Option<Event>) {
    static RECORD: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    let file = RECORD.get_or_init(|| {
        let path = std::env::var_os("PEIPKG_TRACE")?;
        std::fs::OpenOptions::new().create(true).append(true).open(path).ok().map(Mutex::new)
    });
    if let Some(file) = file {
        // The order of the record is the order of the events: each is looked at and written under the same lock.
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let event = event().unwrap_or_else(|| unreachable!("what was just changed can be looked at"));
        file.write_all(&event.encode())
            .unwrap_or_else(|error| unreachable!("the record cannot be kept: {error}"));
    }
}
