//! One event of the record, and its bytes: a letter, then each field with its length before it.

use super::super::directory::{Kind, Renaming};

/// What lies at a path after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its type.
    pub kind: Kind,
    /// Its inode number in the recorded run.
    pub inode: u64,
    /// Permission bits.
    pub mode: u32,
    /// Modification time in nanoseconds since 1970.
    pub mtime: i64,
    /// The bytes of a file, the target of a symlink.
    pub content: Vec<u8>,
}

/// Something that happened; paths are relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An entry was made: a file, directory or symlink. Of a file the content is what it had at birth.
    Made(String, Found),
    /// A file has this content, mode and time now.
    Content(String, Found),
    /// `from` was renamed to `to`.
    Renamed {
        /// The old path.
        from: String,
        /// The new path.
        to: String,
        /// How the new path was treated.
        how: Renaming,
    },
    /// A file got a second name.
    Linked {
        /// The path it had.
        from: String,
        /// Its second path.
        to: String,
    },
    /// A name went.
    Removed(String),
    /// The content of a file is durable.
    SyncedFile(String),
    /// The names in a directory are durable.
    SyncedDirectory(String),
    /// Everything is durable.
    SyncedAll,
    /// The database is durable in this state: its main file and its log.
    Database {
        /// `db.sqlite`.
        main: Vec<u8>,
        /// `db.sqlite-wal`.
        log: Vec<u8>,
    },
}

impl Event {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Made(path, found) => fields(b'm', &[path.as_bytes(), &of_found(found), &found.content]),
            Self::Content(path, found) => fields(b'c', &[path.as_bytes(), &of_found(found), &found.content]),
            Self::Renamed { from, to, how } => {
                let how = match how {
                    Renaming::Over => b"o",
                    Renaming::NoReplace => b"n",
                    Renaming::Exchange => b"x",
                };
                fields(b'r', &[from.as_bytes(), to.as_bytes(), how])
            }
            Self::Linked { from, to } => fields(b'l', &[from.as_bytes(), to.as_bytes()]),
            Self::Removed(path) => fields(b'd', &[path.as_bytes()]),
            Self::SyncedFile(path) => fields(b'f', &[path.as_bytes()]),
            Self::SyncedDirectory(path) => fields(b's', &[path.as_bytes()]),
            Self::SyncedAll => fields(b'a', &[]),
            Self::Database { main, log } => fields(b'b', &[main, log]),
        }
    }

    /// Reads a record back; what was cut off at its end is left out.
    pub fn decode_all(bytes: &[u8]) -> Vec<Self> {
        let mut reader = Reader(bytes);
        std::iter::from_fn(|| reader.event()).collect()
    }
}

fn fields(letter: u8, fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![letter];
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_le_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

fn of_found(found: &Found) -> Vec<u8> {
    let kind = match found.kind {
        Kind::File => b'f',
        Kind::Directory => b'd',
        Kind::Symlink => b'l',
        Kind::Special => b's',
    };
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&found.inode.to_le_bytes());
    bytes.extend_from_slice(&found.mode.to_le_bytes());
    bytes.extend_from_slice(&found.mtime.to_le_bytes());
    bytes
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn event(&mut self) -> Option<Event> {
        let (letter, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(match letter {
            b'm' => Event::Made(self.path()?, self.found()?),
            b'c' => Event::Content(self.path()?, self.found()?),
            b'r' => {
                let (from, to) = (self.path()?, self.path()?);
                let how = match self.field()? {
                    b"n" => Renaming::NoReplace,
                    b"x" => Renaming::Exchange,
                    _ => Renaming::Over,
                };
                Event::Renamed { from, to, how }
            }
            b'l' => Event::Linked { from: self.path()?, to: self.path()? },
            b'd' => Event::Removed(self.path()?),
            b'f' => Event::SyncedFile(self.path()?),
            b's' => Event::SyncedDirectory(self.path()?),
            b'a' => Event::SyncedAll,
            b'b' => Event::Database { main: self.field()?.to_vec(), log: self.field()?.to_vec() },
            _ => return None,
        })
    }

    fn field(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<8>()?;
        let (field, rest) = rest.split_at_checked(u64::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(field)
    }

    fn path(&mut self) -> Option<String> {
        String::from_utf8(self.field()?.to_vec()).ok()
    }

    fn found(&mut self) -> Option<Found> {
        let (kind, rest) = self.field()?.split_first()?;
        let (inode, rest) = rest.split_first_chunk::<8>()?;
        let (mode, rest) = rest.split_first_chunk::<4>()?;
        let (mtime, _) = rest.split_first_chunk::<8>()?;
        Some(Found {
            kind: match kind {
                b'f' => Kind::File,
                b'd' => Kind::Directory,
                b'l' => Kind::Symlink,
                _ => Kind::Special,
            },
            inode: u64::from_le_bytes(*inode),
            mode: u32::from_le_bytes(*mode),
            mtime: i64::from_le_bytes(*mtime),
            content: self.field()?.to_vec(),
        })
    }
}
