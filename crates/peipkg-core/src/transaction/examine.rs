//! `doctor`: what is wrong with the state of a root, and what to do about each. Reads only; takes no lock.

use std::collections::HashSet;
use std::io;

use rusqlite::Connection;

use super::report::{disagreements, missing_backups, orphans};
use super::{TransactionError, lock};
use crate::audit;
use crate::fsx::{FsError, Kind, Root, state};
use crate::store::history::{self, State};
use crate::store::{Store, StoreError, descriptors, journal, outbox};
use crate::text::escape;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Something should be done.
    Warning,
    /// Something does not work, or will not.
    Error,
}

impl Level {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// state, database, transaction, files, audit.
    pub area: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong.
    pub text: String,
    /// What to do; empty where nothing is.
    pub advice: String,
}

/// A write-ahead log of this size is one that some reader keeps from being emptied, in bytes.
const LARGE_LOG: u64 = 64 << 20;

/// Looks at state directory, database, pending transaction, leftovers and audit trail.
pub fn examine(root: &Root) -> Vec<Concern> {
    let mut concerns = Vec::new();
    permissions(root, &mut concerns);
    let store = match Store::read(root) {
        Ok(store) => store,
        Err(error) => {
            let advice = match error {
                StoreError::Foreign => "run: peipkg doctor --import",
                StoreError::Fs(_) => "",
                _ => "put a backup of it back; or set it aside, then run: peipkg doctor --rebuild",
            };
            concerns.push(concern("database", Level::Error, error.to_string(), advice));
            None
        }
    };
    if let Some(store) = store
        && let Err(error) = database(root, &store, &mut concerns)
    {
        let advice = "put a backup of it back; or set it aside, then run: peipkg doctor --rebuild";
        concerns.push(concern("database", Level::Error, error.to_string(), advice));
    }
    trail(root, &mut concerns);
    // What nothing can be read of is told once, however many looked.
    let mut told = HashSet::new();
    concerns.retain(|one| told.insert(one.text.clone()));
    concerns
}

fn concern(area: &'static str, level: Level, text: impl Into<String>, advice: impl Into<String>) -> Concern {
    Concern { area, level, text: text.into(), advice: advice.into() }
}

/// State that others may write, or that belongs to somebody else.
fn permissions(root: &Root, concerns: &mut Vec<Concern>) {
    let expected = [
        (state::STATE, 0o755, Kind::Directory),
        (state::DATABASE, 0o644, Kind::File),
        (state::LOCK, 0o600, Kind::File),
        (state::BACKUPS, 0o700, Kind::Directory),
        (state::REPORTS, 0o700, Kind::Directory),
        (state::LOG, 0o755, Kind::Directory),
        (state::CONFIGURATION, 0o755, Kind::Directory),
    ];
    let owner = root.metadata(state::STATE).ok().flatten().map(|found| found.uid);
    for (path, mode, kind) in expected {
        let found = match root.metadata(path) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(error) => {
                concerns.push(concern("state", Level::Error, error.to_string(), ""));
                continue;
            }
        };
        if found.kind != kind {
            let text = format!("/{path} is a link, or something else than it must be");
            concerns.push(concern("state", Level::Error, text, "move it away and put the real one there"));
        } else if found.mode & !mode != 0 {
            let text = format!("/{path} has mode {:o}, more than {mode:o}", found.mode);
            concerns.push(concern("state", Level::Warning, text, format!("run: chmod {mode:o} /{path}")));
        } else if owner.is_some_and(|owner| owner != found.uid) {
            let text = format!("/{path} belongs to user {}, the state directory to another", found.uid);
            concerns.push(concern("state", Level::Warning, text, format!("give /{path} to its owner")));
        }
    }
}

fn database(root: &Root, store: &Store, concerns: &mut Vec<Concern>) -> Result<(), TransactionError> {
    let connection = store.connection();
    for text in disagreements(connection)? {
        let advice = "put a backup of the database back; or set it aside, then run: peipkg doctor --rebuild";
        concerns.push(concern("database", Level::Error, escape(&text), advice));
    }
    retained(root, connection, concerns)?;
    let log = root.metadata(&format!("{}-wal", state::DATABASE))?.map_or(0, |found| found.size);
    if log > LARGE_LOG {
        let text = format!("the database's write-ahead log has {log} bytes");
        let advice = "some program keeps the database open: end it, and the next change empties the log";
        concerns.push(concern("database", Level::Warning, text, advice));
    }
    let unclean = history::unclean(connection)?;
    let steps = match unclean {
        Some((id, _, _)) => journal::read(connection, id)?,
        None => Vec::new(),
    };
    let is_running = lock::is_held(root);
    if is_running {
        concerns.push(concern("transaction", Level::Note, "another transaction is in progress", ""));
    }
    if let (Some((id, state, _)), false) = (unclean, is_running) {
        let what = if state == State::Committed { "was not tidied up" } else { "was interrupted" };
        let text = format!("transaction {id} {what} (state {})", state.as_str());
        concerns.push(concern("transaction", Level::Error, text, "run: peipkg recover"));
    }
    if !is_running {
        for orphan in orphans(root, connection, &steps)? {
            let text =
                format!("/{} is a {} file that no transaction knows", escape(&orphan.path), orphan.kind);
            concerns.push(concern("files", Level::Warning, text, "look at it, then remove it"));
        }
    }
    let owed = history::owed(connection)?;
    if !owed.is_empty() && !is_running {
        let text = format!("{} side effect(s) of earlier transactions did not run", owed.len());
        concerns.push(concern("transaction", Level::Warning, text, "run: peipkg recover"));
    }
    let unapplied = descriptors::list(connection)?.into_iter().filter(|one| !one.applied).count();
    if unapplied > 0 {
        let text = format!("{unapplied} security descriptor override(s) are recorded, but not applied");
        concerns.push(concern("files", Level::Note, text, ""));
    }
    let waiting = outbox::waiting(connection)?.len();
    if waiting > 0 && !is_running {
        let text = format!("{waiting} audit event(s) wait to be sent");
        concerns.push(concern("audit", Level::Warning, text, "run: peipkg recover"));
    }
    Ok(())
}

/// What is kept for an undo. Somebody who may not look there is told so: nothing is known to be wrong.
fn retained(
    root: &Root,
    connection: &Connection,
    concerns: &mut Vec<Concern>,
) -> Result<(), TransactionError> {
    let (missing, hidden) = missing_backups(root, connection)?;
    for text in missing {
        let advice =
            "an undo fetches packages instead; `peipkg clean --backups` gives up what is left of them";
        concerns.push(concern("transaction", Level::Warning, escape(&text), advice));
    }
    concerns.extend(hidden.map(|error| concern("transaction", level_of(&error), error.to_string(), "")));
    Ok(())
}

/// What this user may not look at is no fault of the root.
fn level_of(error: &FsError) -> Level {
    if error.kind() == io::ErrorKind::PermissionDenied { Level::Note } else { Level::Error }
}

fn trail(root: &Root, concerns: &mut Vec<Concern>) {
    let found = match audit::verify(root) {
        Ok(found) => found,
        // What is wrong with the database was told.
        Err(audit::VerifyError::Store(_)) => return,
        Err(audit::VerifyError::Fs(error)) => {
            concerns.push(concern("audit", level_of(&error), error.to_string(), ""));
            return;
        }
    };
    for one in found.breaks {
        let place = if one.line == 0 { String::new() } else { format!(" line {}", one.line) };
        let text = format!("/{}{place}: {}", one.file, one.reason);
        let advice = "find out who changed it; the next lines are chained to what is there now";
        concerns.push(concern("audit", Level::Error, text, advice));
    }
    concerns.extend(found.notes.into_iter().map(|text| concern("audit", Level::Note, text, "")));
}
