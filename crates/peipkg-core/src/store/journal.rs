//! The file journal of the one pending transaction (PSD-009 §7.4.5).

use rusqlite::Connection;

use super::StoreError;
use crate::digest::Digest;

/// What a step does to its final path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing was there: the staged file, link or whole subtree is renamed in.
    Create,
    /// Staged and final change places; what was there goes to the backup name.
    Replace,
    /// What is there is renamed to the backup name.
    Remove,
    /// An entry of a subtree that is created or replaced whole by an earlier step.
    Inside,
    /// A directory that is removed after the commit if it is empty then.
    Tidy,
}

impl Action {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Create, "create"),
        (Self::Replace, "replace"),
        (Self::Remove, "remove"),
        (Self::Inside, "inside"),
        (Self::Tidy, "tidy"),
    ];

    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(action, _)| *action == self).map_or("", |(_, word)| word)
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text);
        found
            .map(|(action, _)| *action)
            .ok_or_else(|| StoreError::Invalid { what: "action", value: text.to_owned() })
    }
}

/// The type of a journalled file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory, with what it holds.
    Directory,
    /// A symlink; its digest is that of its target.
    Symlink,
}

impl FileKind {
    pub(super) fn letter(self) -> &'static str {
        match self {
            Self::File => "f",
            Self::Directory => "d",
            Self::Symlink => "l",
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        match text {
            "f" => Self::File,
            "d" => Self::Directory,
            _ => Self::Symlink,
        }
    }
}

/// What is staged, as far as it is known before staging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its type.
    pub kind: FileKind,
    /// SHA-256 of a file's content or a symlink's target; none for a directory.
    pub digest: Option<Digest>,
    /// Size in bytes.
    pub size: u64,
}

/// What is displaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldFile {
    /// Its type.
    pub kind: FileKind,
    /// SHA-256 of a file's content or a symlink's target; none for a directory.
    pub digest: Option<Digest>,
    /// Size in bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime: i64,
}

/// One step of the journal. Paths are relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// The final path.
    pub path: String,
    /// The staged path beside it.
    pub staged: Option<String>,
    /// The backup path beside it.
    pub backup: Option<String>,
    /// What is staged.
    pub new: Option<NewFile>,
    /// What is displaced.
    pub old: Option<OldFile>,
}

/// Inode, size and modification time of one file, taken at step 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Inode number.
    pub inode: u64,
    /// Size in bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime: i64,
}

/// What step 4 stores of a journal step: the staged file and the original.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// The staged file.
    pub new: Option<Identity>,
    /// The original.
    pub old: Option<Identity>,
}

/// Writes the journal, in order.
pub fn write(connection: &Connection, id: i64, steps: &[Step]) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO journal (txn, seq, action, path, staged, backup, kind, digest, size,
           old_kind, old_digest, old_size, old_mtime) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (seq, step) in steps.iter().enumerate() {
        let (new, old) = (step.new.as_ref(), step.old.as_ref());
        insert.execute((
            id,
            seq,
            step.action.as_str(),
            &step.path,
            &step.staged,
            &step.backup,
            new.map(|new| new.kind.letter()),
            new.and_then(|new| new.digest).map(|digest| digest.0),
            new.map(|new| new.size),
            old.map(|old| old.kind.letter()),
            old.and_then(|old| old.digest).map(|digest| digest.0),
            old.map(|old| old.size),
            old.map(|old| old.mtime),
        ))?;
    }
    Ok(())
}

/// Stores the identities of step 4, and the witness that tells a copied root.
pub fn write_applied(
    connection: &Connection,
    id: i64,
    applied: &[Applied],
    witness: u64,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO applied (txn, seq, inode, size, mtime, old_inode, old_size, old_mtime) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (seq, row) in applied.iter().enumerate() {
        if row.new.is_none() && row.old.is_none() {
            continue;
        }
        let (new, old) = (row.new, row.old);
        insert.execute((
            id,
            seq,
            new.map(|new| new.inode as i64),
            new.map(|new| new.size),
            new.map(|new| new.mtime),
            old.map(|old| old.inode as i64),
            old.map(|old| old.size),
            old.map(|old| old.mtime),
        ))?;
    }
    let changed = connection.execute(
        "UPDATE txn SET state = 'applying', witness = ? WHERE id = ? AND state = 'staging'",
        (witness as i64, id),
    )?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotApplying) }
}

/// Reads the journal back, with the identities of step 4 where they were stored.
pub fn read(connection: &Connection, id: i64) -> Result<Vec<(Step, Applied)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT action, path, staged, backup, kind, digest, journal.size, old_kind, old_digest, journal.old_size,
           journal.old_mtime, inode, applied.size, mtime, old_inode, applied.old_size, applied.old_mtime
         FROM journal LEFT JOIN applied USING (txn, seq) WHERE txn = ? ORDER BY seq",
    )?;
    let mut rows = statement.query([id])?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        let action: String = row.get(0)?;
        let kind: Option<String> = row.get(4)?;
        let old_kind: Option<String> = row.get(7)?;
        let new = match kind {
            None => None,
            Some(kind) => Some(NewFile {
                kind: FileKind::parse(&kind),
                digest: row.get::<_, Option<[u8; 32]>>(5)?.map(Digest),
                size: row.get(6)?,
            }),
        };
        let old = match old_kind {
            None => None,
            Some(kind) => Some(OldFile {
                kind: FileKind::parse(&kind),
                digest: row.get::<_, Option<[u8; 32]>>(8)?.map(Digest),
                size: row.get(9)?,
                mtime: row.get(10)?,
            }),
        };
        let step = Step {
            action: Action::parse(&action)?,
            path: row.get(1)?,
            staged: row.get(2)?,
            backup: row.get(3)?,
            new,
            old,
        };
        let applied = Applied { new: identity(row, 11)?, old: identity(row, 14)? };
        steps.push((step, applied));
    }
    Ok(steps)
}

fn identity(row: &rusqlite::Row<'_>, first: usize) -> Result<Option<Identity>, StoreError> {
    let inode: Option<i64> = row.get(first)?;
    match inode {
        None => Ok(None),
        Some(inode) => {
            Ok(Some(Identity { inode: inode as u64, size: row.get(first + 1)?, mtime: row.get(first + 2)? }))
        }
    }
}

/// The directories to be removed after the commit if they are empty then, deepest first.
pub fn read_tidy(connection: &Connection, id: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = connection
        .prepare("SELECT path FROM journal WHERE txn = ? AND action = 'tidy' ORDER BY path DESC")?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
