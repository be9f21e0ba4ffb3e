//! The forensic report of recovery mode (PSD-009 §7.5.1.5): what is pending, what lies where, what disagrees, what nobody
//! owns. Reads only.

use std::collections::{BTreeSet, HashSet};

use rusqlite::Connection;

use super::lock::{Lock, Wait};
use super::request::Control;
use super::{TransactionError, rollback};
use crate::fsx::{FsError, Kind, Root, split, state};
use crate::integrity::{self, Watch};
use crate::sorting;
use crate::store::history::{self, State, TransactionRecord};
use crate::store::journal::{self, Action, Applied, Step};
use crate::store::{Store, StoreError, backups, packages};

/// Everything that a person may need to decide.
#[derive(Debug, Default)]
pub struct Report {
    /// The transaction that is not at rest.
    pub pending: Option<PendingReport>,
    /// Files that differ from what the database records.
    pub problems: Vec<integrity::Problem>,
    /// Rows that contradict each other or the disk, as sentences.
    pub disagreements: Vec<String>,
    /// Staged and backup files that no row knows.
    pub orphans: Vec<Orphan>,
}

/// The transaction that is not at rest.
#[derive(Debug)]
pub struct PendingReport {
    /// As history shows it.
    pub record: TransactionRecord,
    /// Its steps that changed names, in order.
    pub findings: Vec<Finding>,
}

/// One step of the journal, and what lies at its names.
#[derive(Debug)]
pub struct Finding {
    /// create, replace or remove.
    pub action: &'static str,
    /// The final path.
    pub path: String,
    /// Whether recovery can account for it.
    pub in_doubt: bool,
    /// What lies at the final, the staged and the backup name: `absent`, `the original`, `the new one`, `something else`.
    pub lies: [&'static str; 3],
}

/// A file that only an interrupted transaction leaves.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Orphan {
    /// Its path.
    pub path: String,
    /// staged or backup.
    pub kind: &'static str,
}

/// Looks at everything. Takes the lock meanwhile, so that what it tells belongs together.
pub fn report(
    root: &Root,
    command: &str,
    wait: Wait,
    now: i64,
    control: &Control,
) -> Result<Report, TransactionError> {
    if Store::read(root)?.is_none() {
        return Ok(Report::default());
    }
    let lock = Lock::acquire(root, command, wait, now, control)?;
    let Some(store) = Store::read(root)? else { return Ok(Report::default()) };
    let connection = store.connection();
    let (mut pending, mut steps) = (None, Vec::new());
    if let Some((id, state, witness)) = history::unclean(connection)? {
        steps = journal::read(connection, id)?;
        let trusted = witness.is_none_or(|inode| inode as u64 == lock.inode());
        let records = history::list(connection, 0)?;
        if let Some(record) = records.into_iter().find(|record| record.id == id) {
            let findings = match state {
                State::Applying | State::RollingBack => rollback::findings(root, &steps, trusted)?,
                _ => Vec::new(),
            };
            pending = Some(PendingReport { record, findings });
        }
    }
    let watch = Watch { cancel: &control.cancel, progress: &|_, _| {} };
    let problems = match integrity::verify(root, None, false, &watch) {
        Ok(report) => report.problems,
        Err(integrity::IntegrityError::Cancelled) => return Err(TransactionError::Cancelled),
        Err(integrity::IntegrityError::Store(error)) => return Err(error.into()),
        Err(integrity::IntegrityError::NotInstalled(_)) => Vec::new(),
    };
    let (missing, hidden) = missing_backups(root, connection)?;
    let mut disagree = disagreements(connection)?;
    disagree.extend(missing.into_iter().chain(hidden.map(|error| error.to_string())));
    Ok(Report { pending, problems, disagreements: disagree, orphans: orphans(root, connection, &steps)? })
}

pub(super) fn disagreements(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut found =
        texts(connection, "SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok'")?;
    found.extend(texts(
        connection,
        "SELECT 'a row of ' || \"table\" || ' refers to a row of ' || parent || ' that is not there'
         FROM pragma_foreign_key_check",
    )?);
    found.extend(texts(
        connection,
        "SELECT '/' || one.path || ' is a directory of one package and something else of another'
         FROM path AS one JOIN path AS other ON other.path = one.path
         WHERE one.kind = 'd' AND other.kind <> 'd' GROUP BY one.path",
    )?);
    for package in packages::list(connection)? {
        let named = std::str::from_utf8(&package.manifest).ok().is_some_and(|text| {
            text.contains(&format!("\"{}\"", package.name))
                && text.contains(&format!("\"{}\"", package.version))
        });
        if !named {
            found.push(format!(
                "the manifest recorded for {} is not that of {}",
                package.name, package.version
            ));
        }
    }
    Ok(found)
}

/// What of the retained backups is not there, or cannot be looked at (told once, in the system's words).
pub(super) fn missing_backups(
    root: &Root,
    connection: &Connection,
) -> Result<(Vec<String>, Option<FsError>), StoreError> {
    let (mut missing, mut hidden) = (Vec::new(), None);
    for (id, _, _) in backups::holders(connection)? {
        for backup in backups::of_transaction(connection, id)? {
            match root.metadata(&backup.lies) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    missing.push(format!("the backup /{} of transaction {id} is not there", backup.lies));
                }
                Err(error) => hidden = hidden.or(Some(error)),
            }
        }
    }
    Ok((missing, hidden))
}

fn texts(connection: &Connection, query: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Looks where packages and the journal have directories, and where backups are retained.
pub(super) fn orphans(
    root: &Root,
    connection: &Connection,
    steps: &[(Step, Applied)],
) -> Result<Vec<Orphan>, TransactionError> {
    let mut directories: BTreeSet<String> =
        texts(connection, "SELECT DISTINCT path FROM path WHERE kind = 'd'")?.into_iter().collect();
    let mut known: HashSet<String> =
        texts(connection, "SELECT path FROM path WHERE path LIKE '%.peipkg-%'")?.into_iter().collect();
    known.extend(texts(connection, "SELECT lies FROM backup")?);
    for (step, _) in steps.iter().filter(|(step, _)| !matches!(step.action, Action::Inside | Action::Tidy)) {
        directories.insert(split(&step.path).0.to_owned());
        known.extend([&step.staged, &step.backup].into_iter().flatten().cloned());
    }
    let mut found = Vec::new();
    for directory in directories {
        for name in root.list(&directory).unwrap_or_default() {
            let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            if let (Some(kind), false) = (kind_of(&name), known.contains(&path)) {
                found.push(Orphan { path, kind });
            }
        }
    }
    for id in root.list(state::BACKUPS).unwrap_or_default() {
        let home = format!("{}/{id}", state::BACKUPS);
        for name in root.list(&home).unwrap_or_default() {
            let path = format!("{home}/{name}");
            if !known.contains(&path) {
                found.push(Orphan { path, kind: "backup" });
            }
        }
    }
    sorting::sort(&mut found);
    Ok(found)
}

/// Whether a name is one that transactions give: `….peipkg-staged-13`, `….peipkg-backup-13-1`.
fn kind_of(name: &str) -> Option<&'static str> {
    [("staged", ".peipkg-staged-"), ("backup", ".peipkg-backup-")].into_iter().find_map(|(kind, mark)| {
        let (_, number) = name.rsplit_once(mark)?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        (digits && !number.is_empty()).then_some(kind)
    })
}

/// In words.
pub(super) fn place(found: Option<&crate::fsx::Metadata>, is_new: bool, is_old: bool) -> &'static str {
    match found {
        None => "absent",
        Some(_) if is_old => "the original",
        Some(_) if is_new => "the new one",
        Some(found) if found.kind == Kind::Special => "a device, FIFO or socket",
        Some(_) => "something else",
    }
}
