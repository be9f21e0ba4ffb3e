//! What the packages on their way in want to own, and whether they may (PSD-009 §3.4.10, §7.1.5).

use std::collections::HashSet;

use rusqlite::Connection;

use super::{Incoming, TransactionError};
use crate::archive::PayloadKind;
use crate::fsx::{split, state};
use crate::sorting;
use crate::store::{StoreError, paths};

/// One path that a package wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub path: &'a str,
    /// Index of the package.
    pub package: usize,
    /// Index of its entry; none for a directory that the archive implies without an entry of its own.
    pub entry: Option<usize>,
    pub directory: bool,
}

/// Every claimed path once. A directory comes right before all that it holds: `a`, `a/b`, `a-c` (by components, not by
/// the bytes of the whole).
pub(super) fn claims(incoming: &[Incoming]) -> Result<Vec<Claim<'_>>, TransactionError> {
    let mut claims = Vec::new();
    for (package, arriving) in incoming.iter().enumerate() {
        collect(package, arriving, &mut claims)?;
    }
    sorting::sort_by(&mut claims, |a, b| by_components(a.path, b.path).then(a.package.cmp(&b.package)));
    let mut unique: Vec<Claim<'_>> = Vec::with_capacity(claims.len());
    for claim in claims {
        match unique.last() {
            Some(last) if last.path == claim.path => {
                if !(last.directory && claim.directory) {
                    return Err(collision(
                        claim.path,
                        &incoming[claim.package],
                        &incoming[last.package].name,
                    ));
                }
            }
            _ => unique.push(claim),
        }
    }
    Ok(unique)
}

fn by_components(a: &str, b: &str) -> std::cmp::Ordering {
    // No component holds a byte below 0x20, so the separator sorts first as 0.
    let key = |byte: u8| if byte == b'/' { 0 } else { byte };
    a.bytes().map(key).cmp(b.bytes().map(key))
}

fn collect<'a>(
    package: usize,
    arriving: &'a Incoming,
    claims: &mut Vec<Claim<'a>>,
) -> Result<(), TransactionError> {
    let mut directories: HashSet<&str> = HashSet::new();
    for (index, entry) in arriving.entries().iter().enumerate() {
        let path: &str = &entry.path;
        if state::is_own(path) {
            let reason = format!("/{path} is one of peipkg's own places, where no package may put anything");
            return Err(TransactionError::Refused { package: arriving.title(), reason });
        }
        let directory = matches!(entry.kind, PayloadKind::Directory);
        // A directory may come after what it holds when the archive is sorted the other way.
        if !directory || directories.insert(path) {
            claims.push(Claim { path, package, entry: Some(index), directory });
        }
        let mut above = split(path).0;
        while !above.is_empty() && directories.insert(above) {
            claims.push(Claim { path: above, package, entry: None, directory: true });
            above = split(above).0;
        }
    }
    Ok(())
}

/// Refuses paths that packages outside this plan own. `staying`: whether there are any.
pub(super) fn check_owners(
    connection: &Connection,
    claims: &[Claim<'_>],
    incoming: &[Incoming],
    in_plan: &HashSet<i64>,
    staying: bool,
) -> Result<(), TransactionError> {
    if !staying {
        return Ok(());
    }
    for claim in claims {
        for (owner, name, owned) in paths::owners(connection, claim.path)? {
            let shared = claim.directory && owned.object.is_directory();
            if !in_plan.contains(&owner) && !shared {
                return Err(collision(claim.path, &incoming[claim.package], &name));
            }
        }
    }
    Ok(())
}

fn collision(path: &str, package: &Incoming, owner: &str) -> TransactionError {
    TransactionError::Collision { path: path.to_owned(), package: package.title(), owner: owner.to_owned() }
}

/// Whether the database holds packages that the plan leaves alone.
pub(super) fn any_staying(connection: &Connection, in_plan: usize) -> Result<bool, StoreError> {
    let installed: usize = connection.query_row("SELECT count(*) FROM package", [], |row| row.get(0))?;
    Ok(installed > in_plan)
}
