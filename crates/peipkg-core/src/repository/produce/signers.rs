//! Which published packages are signed by a key: read from the packages, for no index tells.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::layout::local_path;
use super::{ProduceError, Watch};
use crate::archive::{Observer, Spool, VerifyRules, verify};
use crate::fsx::Root;
use crate::repository::index::IndexEntry;
use crate::signature::Fingerprint;
use crate::sorting;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Signed {
    /// File names of packages that are signed by the key.
    by: Vec<String>,
    /// File names of those that lie elsewhere or cannot be read.
    unknown: Vec<String>,
}

/// Reads every package, several at once.
pub(super) fn packages_of(
    root: &Root,
    entries: &[IndexEntry],
    key: &Fingerprint,
    watch: &Watch<'_>,
    observer: &Observer,
) -> Result<Signed, ProduceError> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new((Signed::default(), 0));
    let work = || {
        while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
            let signer = signer(root, entry, observer);
            let name = entry.file_name();
            let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            found.1 += 1;
            watch(found.1, entries.len(), &name);
            match signer {
                Signer::Unknown => found.0.unknown.push(name),
                Signer::Key(signer) if signer == *key => found.0.by.push(name),
                Signer::Key(_) | Signer::Nobody => {}
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(entries.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    observer.advance(0).map_err(|_| ProduceError::Cancelled)?;
    let (mut signed, _) = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    sorting::sort(&mut signed.by);
    sorting::sort(&mut signed.unknown);
    Ok(signed)
}

impl Signed {
    /// Refuses, unless there is nothing against it or `force` was given; then the packages are warned of.
    pub(super) fn judge(self, key: &Fingerprint, force: bool) -> Result<Vec<String>, ProduceError> {
        if self.by.is_empty() && self.unknown.is_empty() {
            return Ok(Vec::new());
        }
        if !force {
            return Err(ProduceError::Stranded { key: *key, packages: self.by, unknown: self.unknown });
        }
        let by = self
            .by
            .into_iter()
            .map(|name| format!("{name} is signed with {key}: consumers refuse it from now on"));
        let unknown =
            self.unknown.into_iter().map(|name| format!("{name} was not looked at: its bytes are not here"));
        Ok(by.chain(unknown).collect())
    }
}

/// Who signed a package.
enum Signer {
    Key(Fingerprint),
    Nobody,
    /// Its bytes are elsewhere, or cannot be read.
    Unknown,
}

fn signer(root: &Root, entry: &IndexEntry, observer: &Observer) -> Signer {
    let rules = VerifyRules { require_signature: false, ..VerifyRules::default() };
    let file = local_path("index/archive.json", &entry.url).and_then(|path| root.open_file(&path).ok()?);
    let package = file.and_then(|file| verify(file, &rules, &Spool::default(), observer).ok());
    match package {
        None => Signer::Unknown,
        Some(package) => {
            package.envelope.map_or(Signer::Nobody, |envelope| Signer::Key(envelope.key_fingerprint))
        }
    }
}
