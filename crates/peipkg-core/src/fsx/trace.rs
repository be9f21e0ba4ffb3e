//! A record of everything that changes below the root: names, contents, barriers, database commits. Compiled in by the
//! cargo feature `faults` only; `tests/power_loss` replays it without what no barrier covered.
//!
//! `PEIPKG_TRACE=FILE` appends each event once it has happened.

#[cfg(feature = "faults")]
mod event;
#[cfg(feature = "faults")]
mod recorder;

#[cfg(feature = "faults")]
pub use event::{Event, Found};
#[cfg(feature = "faults")]
pub use recorder::{
    content, database, linked, made, removed, renamed, synced_all, synced_directory, synced_file,
};

#[cfg(not(feature = "faults"))]
pub use absent::*;

/// Nothing is recorded in a shipped build.
#[cfg(not(feature = "faults"))]
#[allow(clippy::inline_always, reason = "empty functions on hot paths of a shipped build")]
mod absent {
    use std::fs::File;

    use super::super::directory::{Directory, Renaming};

    /// An entry was made.
    #[inline(always)]
    pub fn made(_directory: &Directory, _name: &str) {}
    /// An open file has other content, mode or time now.
    #[inline(always)]
    pub fn content(_file: &File, _directory: &str, _name: &str) {}
    /// A name was changed.
    #[inline(always)]
    pub fn renamed(_old: (&Directory, &str), _new: (&Directory, &str), _how: Renaming) {}
    /// A file got a second name.
    #[inline(always)]
    pub fn linked(_old: (&Directory, &str), _new: (&Directory, &str)) {}
    /// A name went.
    #[inline(always)]
    pub fn removed(_directory: &Directory, _name: &str) {}
    /// The content of a file is durable.
    #[inline(always)]
    pub fn synced_file(_path: &str) {}
    /// The names in a directory are durable.
    #[inline(always)]
    pub fn synced_directory(_directory: &Directory) {}
    /// Everything is durable.
    #[inline(always)]
    pub fn synced_all() {}
    /// The database is durable as it is now.
    #[inline(always)]
    pub fn database(_path: Option<&str>) {}
}
