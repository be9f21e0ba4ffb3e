//! Configuration files that wait for a person: the new defaults that were not put in place, and the modified files of
//! packages that are gone (file 5 of the specification, `/etc`).

use crate::error::Coded;
use crate::fsx::{FsError, Kind, Root};
use crate::sorting;
use crate::store::{Store, StoreError, history, paths};

/// Where configuration lies.
const CONFIGURATION: &str = "etc";
/// Directories below one another that are looked into.
const DEEPEST: usize = 64;

/// What a waiting file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// `.peipkg-new`: the new default beside a file that somebody modified.
    NewDefault,
    /// `.peipkg-save`: a modified file that its package no longer ships, or whose package is gone.
    Saved,
}

impl Waiting {
    const ALL: [(Self, &'static str); 2] = [(Self::NewDefault, ".peipkg-new"), (Self::Saved, ".peipkg-save")];
}

/// One waiting file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Relative to the root.
    pub path: String,
    /// The file that it belongs beside, relative to the root.
    pub of: String,
    /// What it is.
    pub waiting: Waiting,
    /// The package that ships the file, or shipped it last; none where no transaction tells.
    pub package: Option<String>,
}

/// What was found below `etc`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// By path.
    pub pending: Vec<Pending>,
    /// Directories that could not be looked into, with the reason.
    pub unreadable: Vec<String>,
}

/// Why nothing could be said.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Coded for ConfigurationError {
    fn code(&self) -> &'static str {
        let Self::Store(error) = self;
        error.code()
    }
}

/// Finds what waits below `root`.
pub fn pending(root: &Root) -> Result<Report, ConfigurationError> {
    let mut report = Report::default();
    let mut directories = vec![(CONFIGURATION.to_owned(), 0)];
    while let Some((directory, depth)) = directories.pop() {
        match look_into(root, &directory, &mut report.pending) {
            Ok(below) if depth < DEEPEST => {
                directories.extend(below.into_iter().map(|path| (path, depth + 1)));
            }
            Ok(_) => {}
            Err(error) => report.unreadable.push(error.to_string()),
        }
    }
    sorting::sort_by(&mut report.pending, |left, right| left.path.cmp(&right.path));
    sorting::sort(&mut report.unreadable);
    if report.pending.is_empty() {
        return Ok(report);
    }
    if let Some(store) = Store::read(root)? {
        for found in &mut report.pending {
            found.package = package_of(&store, &found.of)?;
        }
    }
    Ok(report)
}

/// Adds what waits in one directory; returns the directories below it.
fn look_into(root: &Root, path: &str, pending: &mut Vec<Pending>) -> Result<Vec<String>, FsError> {
    let directory = match root.open_directory(path) {
        Ok(directory) => directory,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut below = Vec::new();
    for name in directory.list()? {
        let kind = directory.metadata(&name)?.map(|found| found.kind);
        if kind == Some(Kind::Directory) {
            below.push(directory.join(&name));
        } else if let Some((of, waiting)) = named(&name).filter(|_| kind == Some(Kind::File)) {
            let of = directory.join(of);
            pending.push(Pending { path: directory.join(&name), of, waiting, package: None });
        }
    }
    Ok(below)
}

fn named(name: &str) -> Option<(&str, Waiting)> {
    Waiting::ALL.iter().find_map(|(waiting, suffix)| {
        name.strip_suffix(suffix).filter(|of| !of.is_empty()).map(|of| (of, *waiting))
    })
}

fn package_of(store: &Store, path: &str) -> Result<Option<String>, StoreError> {
    let owners = paths::owners(store.connection(), path)?;
    match owners.into_iter().next() {
        Some((_, name, _)) => Ok(Some(name)),
        None => history::last_owner(store.connection(), path),
    }
}
