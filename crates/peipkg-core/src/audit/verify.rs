//! Reading the chain back: every line must follow the one before it, and the line that the database vouches for must be there.

use std::collections::HashSet;

use super::log::{self, LARGEST, NAME, NOTHING};
use crate::digest::Digest;
use crate::fsx::{FsError, Root, state};
use crate::json::{self, JsonError};
use crate::store::{Store, StoreError, outbox};

/// The longest line that is read, in bytes.
const LINE_LIMIT: u64 = 64 << 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Verification {
    /// Files of the log, the current one included.
    pub files: usize,
    /// Lines that are events.
    pub events: usize,
    /// Events that stand there a second time, with the same id: the run that wrote them was killed.
    pub repeated: usize,
    /// Complete sentences: what is unusual, but no break.
    pub notes: Vec<String>,
    /// Where the chain breaks, each once.
    pub breaks: Vec<Break>,
}

/// A place where the chain is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The file's path, relative to the root.
    pub file: String,
    /// Its line, from 1; 0 for the file itself.
    pub line: usize,
    /// What is wrong, as a clause.
    pub reason: &'static str,
}

/// Why the chain cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The filesystem refused.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl crate::error::Coded for VerifyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Fs(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// The fields of a line that the chain is made of.
#[derive(Default)]
struct Link {
    previous: Option<Digest>,
    id: Option<String>,
    continues: bool,
}

struct Chain {
    found: Verification,
    /// The hash of the line before; none at the very beginning.
    last: Option<Digest>,
    ids: HashSet<String>,
    vouched: Option<Digest>,
}

/// Verifies every file of the log, oldest first.
pub fn verify(root: &Root) -> Result<Verification, VerifyError> {
    let vouched = match Store::read(root)? {
        Some(store) => outbox::head(store.connection())?,
        None => None,
    };
    let mut chain = Chain { found: Verification::default(), last: None, ids: HashSet::new(), vouched };
    for (path, bytes) in files(root)? {
        chain.found.files += 1;
        for (index, line) in log::lines(&bytes).enumerate() {
            chain.follow(&path, index + 1, line);
        }
    }
    if chain.vouched.is_some() {
        let path = format!("{}/{NAME}", state::LOG);
        let reason = "the last line that the database knows of is missing: the file was cut or taken away";
        chain.found.breaks.push(Break { file: path, line: 0, reason });
    }
    Ok(chain.found)
}

impl Chain {
    fn follow(&mut self, path: &str, number: usize, bytes: &[u8]) {
        let digest = Digest::of(bytes);
        self.vouched.take_if(|vouched| *vouched == digest);
        let before = self.last.replace(digest);
        let Ok(link) = read_link(bytes) else {
            // Hashed as it is by the next line: only a change of it would break the chain.
            self.found
                .notes
                .push(format!("/{path} line {number} is no whole event: a run was interrupted there"));
            return;
        };
        self.found.events += 1;
        if let Some(id) = link.id
            && !self.ids.insert(id)
        {
            self.found.repeated += 1;
        }
        let reason = match (before, link.previous) {
            (_, None) => Some("it does not name the line before"),
            (Some(before), Some(previous)) if before != previous => {
                Some("it does not follow the line before: a line was changed, added or taken away")
            }
            (None, Some(previous)) if previous != NOTHING && !link.continues => {
                Some("it follows a line that is not there: the beginning was cut off")
            }
            (None, Some(previous)) if previous != NOTHING => {
                self.found.notes.push(format!("/{path} continues a file that is not there any more"));
                None
            }
            _ => None,
        };
        if let Some(reason) = reason {
            self.found.breaks.push(Break { file: path.to_owned(), line: number, reason });
        }
    }
}

/// The newest `limit` events (0: all), oldest first, each a JSON object; those that no file has yet come last.
pub fn events(root: &Root, limit: usize) -> Result<Vec<String>, VerifyError> {
    let mut ids = HashSet::new();
    let mut events = Vec::new();
    for (_, bytes) in files(root)? {
        for line in log::lines(&bytes) {
            if let Ok(Link { id: Some(id), .. }) = read_link(line)
                && ids.insert(id)
            {
                events.push(String::from_utf8_lossy(line).into_owned());
            }
        }
    }
    if let Some(store) = Store::read(root)? {
        let waiting = outbox::waiting(store.connection())?;
        events.extend(waiting.into_iter().filter(|event| !ids.contains(&event.id)).map(|event| event.body));
    }
    let surplus = if limit == 0 { 0 } else { events.len().saturating_sub(limit) };
    Ok(events.split_off(surplus))
}

/// Paths and contents, oldest first.
fn files(root: &Root) -> Result<Vec<(String, Vec<u8>)>, FsError> {
    let directory = match root.open_directory(state::LOG) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut files = Vec::new();
    for name in log::rotated(&directory)?.into_iter().chain([NAME.to_owned()]) {
        let path = format!("{}/{name}", state::LOG);
        if let Some(bytes) = root.read(&path, LARGEST)? {
            files.push((path, bytes));
        }
    }
    Ok(files)
}

fn read_link(bytes: &[u8]) -> Result<Link, JsonError> {
    json::read(bytes, LINE_LIMIT, |reader| {
        let mut link = Link::default();
        reader.object(|reader, key| {
            match key {
                "previous" => link.previous = reader.string()?.parse().ok(),
                "id" => link.id = Some(reader.string()?.into_owned()),
                "continues" => {
                    reader.skip()?;
                    link.continues = true;
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(link)
    })
}
