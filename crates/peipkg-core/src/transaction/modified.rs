//! Files that somebody changed since they were installed, asked about before a removal.

use super::TransactionError;
use super::arrive::is_configuration;
use super::look::Looker;
use super::verify::threads;
use crate::fsx::{Kind, Root};
use crate::store::paths::Object;
use crate::store::{Store, packages, paths};

/// Fewer packages than this are not worth a thread.
const SHARE: usize = 32;

/// One modified file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modified {
    /// Its package.
    pub package: String,
    /// Its path, relative to the root.
    pub path: String,
}

/// The modified files and links of the named packages, `/etc` left out (those are always kept). Several threads look.
pub fn modified_files(root: &Root, names: &[String]) -> Result<Vec<Modified>, TransactionError> {
    let share = names.len().div_ceil(threads()).max(SHARE);
    std::thread::scope(|scope| {
        let mut shares = names.chunks(share);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|names| scope.spawn(move || modified_among(root, names))).collect();
        let mut modified = modified_among(root, first)?;
        for thread in others {
            modified.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(modified)
    })
}

fn modified_among(root: &Root, names: &[String]) -> Result<Vec<Modified>, TransactionError> {
    let Some(store) = Store::read(root)? else { return Ok(Vec::new()) };
    let mut looker = Looker::new(root);
    let mut modified = Vec::new();
    for name in names {
        let Some(package) = packages::find(store.connection(), name)? else { continue };
        for owned in paths::of_package(store.connection(), package.id)? {
            if matches!(owned.object, Object::Directory) || is_configuration(&owned.path) {
                continue;
            }
            // Behind a link or a file: left alone by the removal, which says so.
            let Ok(Some(found)) = looker.metadata(&owned.path) else { continue };
            let replaced = matches!(found.kind, Kind::Directory | Kind::Special);
            if replaced || !looker.is_unmodified_quick(&owned, &found)? {
                modified.push(Modified { package: name.clone(), path: owned.path.into() });
            }
        }
    }
    Ok(modified)
}
