//! Installed files against what the database says of them (the `verify` command).

use std::fs::File;
use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::digest::Hasher;
use crate::error::Coded;
use crate::fsx::{Directory, FsError, Kind, Metadata, Root, split};
use crate::sorting;
use crate::store::paths::{Object, OwnedPath};
use crate::store::{Store, StoreError, packages, paths};

/// What is wrong with one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing is there.
    Missing,
    /// A regular file with another content.
    Modified,
    /// Something else where a directory was installed.
    NotADirectory,
    /// Something else where a regular file was installed.
    NotAFile,
    /// A link that points elsewhere, or is none.
    PointsAt {
        /// Where it points; none when it is no link.
        found: Option<String>,
        /// What was installed.
        recorded: String,
    },
    /// The system refused.
    Unreadable(String),
}

/// One damaged path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its package.
    pub package: String,
    /// Relative to the root.
    pub path: String,
    /// What is wrong.
    pub trouble: Trouble,
}

/// What a verification found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Paths looked at.
    pub checked: u64,
    /// By path, then package.
    pub problems: Vec<Problem>,
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum IntegrityError {
    /// A name that is not installed.
    #[error("{} is not installed", crate::text::quote(.0))]
    NotInstalled(String),
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Coded for IntegrityError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotInstalled(_) => "PEI_NOT_INSTALLED",
            Self::Cancelled => "PEI_CANCELLED",
            Self::Store(error) => error.code(),
        }
    }
}

/// Watches and stops a verification.
pub struct Watch<'a> {
    /// Set to stop it.
    pub cancel: &'a AtomicBool,
    /// Called with paths done and paths in all; must return at once.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// Neighbours that one thread looks at: they share their directory.
const RUN: usize = 64;

type Owned = (usize, OwnedPath);

/// Verifies the named packages, or all. `quick`: size and modification time stand for the content.
pub fn verify(
    root: &Root,
    names: Option<&[String]>,
    quick: bool,
    watch: &Watch<'_>,
) -> Result<Report, IntegrityError> {
    let store = Store::read(root)?;
    let (owners, work) = gather(store.as_ref(), names)?;
    drop(store);
    let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
    let problems = Mutex::new(Vec::new());
    let run = || {
        let mut checker = Checker { root, quick, directory: None, buffer: vec![0; 256 << 10] };
        loop {
            let start = next.fetch_add(RUN, Ordering::Relaxed);
            if start >= work.len() || watch.cancel.load(Ordering::Relaxed) {
                return;
            }
            let run = &work[start..work.len().min(start + RUN)];
            for (owner, owned) in run {
                if let Some(trouble) = checker.check(owned) {
                    let problem =
                        Problem { package: owners[*owner].clone(), path: owned.path.to_string(), trouble };
                    problems.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(problem);
                }
            }
            let count = done.fetch_add(run.len() as u64, Ordering::Relaxed) + run.len() as u64;
            (watch.progress)(count, work.len() as u64);
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    if watch.cancel.load(Ordering::Relaxed) {
        return Err(IntegrityError::Cancelled);
    }
    let mut problems = problems.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    sorting::sort_by(&mut problems, |a, b| (&a.path, &a.package).cmp(&(&b.path, &b.package)));
    Ok(Report { checked: work.len() as u64, problems })
}

/// Every path to look at, in path order, with the index of its owner.
fn gather(
    store: Option<&Store>,
    names: Option<&[String]>,
) -> Result<(Vec<String>, Vec<Owned>), IntegrityError> {
    let Some(store) = store else {
        return match names.and_then(<[String]>::first) {
            Some(name) => Err(IntegrityError::NotInstalled(name.clone())),
            None => Ok((Vec::new(), Vec::new())),
        };
    };
    let (mut owners, mut work) = (Vec::new(), Vec::new());
    let chosen = match names {
        None => packages::list(store.connection())?,
        Some(names) => {
            let mut chosen = Vec::new();
            for name in names {
                let found = packages::find(store.connection(), name)?;
                chosen.push(found.ok_or_else(|| IntegrityError::NotInstalled(name.clone()))?);
            }
            chosen
        }
    };
    for package in chosen {
        work.extend(
            paths::of_package(store.connection(), package.id)?.into_iter().map(|owned| (owners.len(), owned)),
        );
        owners.push(package.name);
    }
    sorting::sort_by(&mut work, |a, b| a.1.path.cmp(&b.1.path));
    Ok((owners, work))
}

struct Checker<'a> {
    root: &'a Root,
    quick: bool,
    directory: Option<Directory>,
    buffer: Vec<u8>,
}

impl Checker<'_> {
    fn check(&mut self, owned: &OwnedPath) -> Option<Trouble> {
        match self.look(owned) {
            Ok(trouble) => trouble,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(Trouble::Missing),
            // A symlink or a file on the way: what was installed is not there.
            Err(FsError::NotBeneath { .. }) => Some(Trouble::Missing),
            Err(error) => Some(Trouble::Unreadable(error.to_string())),
        }
    }

    fn look(&mut self, owned: &OwnedPath) -> Result<Option<Trouble>, FsError> {
        let (above, name) = split(&owned.path);
        if self.directory.as_ref().is_none_or(|open| open.path() != above) {
            self.directory = Some(self.root.open_directory(above)?);
        }
        let Some(directory) = &self.directory else { return Ok(Some(Trouble::Missing)) };
        let Some(found) = directory.metadata(name)? else { return Ok(Some(Trouble::Missing)) };
        Ok(match &owned.object {
            Object::Directory => (found.kind != Kind::Directory).then_some(Trouble::NotADirectory),
            Object::Symlink { target } => {
                let points =
                    if found.kind == Kind::Symlink { Some(directory.read_link(name)?) } else { None };
                let same = points.as_deref() == Some(&**target);
                (!same).then(|| Trouble::PointsAt { found: points, recorded: target.to_string() })
            }
            Object::File { .. } if found.kind != Kind::File => Some(Trouble::NotAFile),
            Object::File { size, digest } => {
                let same = found.size == *size
                    && if self.quick {
                        is_time(&found, owned.mtime)
                    } else {
                        let file = directory.open_file(name)?;
                        match file {
                            Some(file) => self.hash(file, &owned.path)?.finish() == *digest,
                            None => return Ok(Some(Trouble::Missing)),
                        }
                    };
                (!same).then_some(Trouble::Modified)
            }
        })
    }

    fn hash(&mut self, mut file: File, path: &str) -> Result<Hasher, FsError> {
        let mut hasher = Hasher::new();
        loop {
            match file.read(&mut self.buffer) {
                Ok(0) => return Ok(hasher),
                Ok(count) => hasher.update(&self.buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(FsError::new("read", path, error)),
            }
        }
    }
}

/// Recorded times are whole seconds.
fn is_time(found: &Metadata, seconds: i64) -> bool {
    found.mtime.div_euclid(1_000_000_000) == seconds
}
