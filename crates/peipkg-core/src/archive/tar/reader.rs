//! The strict tar reader: it is fed the stream in pieces of any size and hands entries to a visitor.

use super::header::{self, Broken, Flag, Header};
use super::pax::{self, Records};
use super::{BLOCK, RECORD, TarError};
use crate::package::EntryKind;
use crate::text::{escape, escape_bytes};

/// One named entry, as its headers say.
#[derive(Debug)]
pub struct Entry<'a> {
    /// What it is.
    pub kind: EntryKind,
    /// The name as written: that of a directory ends in `/`.
    pub name: &'a str,
    /// The target of a symlink, else empty.
    pub link: &'a str,
    /// Bytes of the body; 0 for directories and symlinks.
    pub size: u64,
    /// Seconds since 1970.
    pub mtime: u64,
    /// Where its own header block starts in the stream (a pax block of its own comes before).
    pub header_at: u64,
}

/// What is done with the entries.
pub trait Visitor {
    /// Its own error, which can carry the reader's.
    type Error: From<TarError>;
    /// An entry starts.
    fn begin(&mut self, entry: &Entry<'_>) -> Result<(), Self::Error>;
    /// The next bytes of its body.
    fn data(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
    /// Its body is complete (also called for entries without one).
    fn end(&mut self) -> Result<(), Self::Error>;
}

enum State {
    /// `filled` bytes of the next header block are in the buffer.
    Header,
    Body {
        left: u64,
        padding: u64,
    },
    PaxBody {
        left: u64,
        padding: u64,
    },
    Padding {
        left: u64,
        started: u64,
    },
    /// One zero block was seen.
    HalfEnd,
    /// The end marker is complete: only zeros, up to the end of the record.
    End {
        limit: u64,
    },
}

/// A push parser over one tar stream.
pub struct Reader {
    state: State,
    /// Bytes consumed so far.
    position: u64,
    block: [u8; BLOCK],
    filled: usize,
    pax_bytes: Vec<u8>,
    pax_at: u64,
    records: Option<Records>,
    ended_at: u64,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            state: State::Header,
            position: 0,
            block: [0; BLOCK],
            filled: 0,
            pax_bytes: Vec::new(),
            pax_at: 0,
            records: None,
            ended_at: 0,
        }
    }
}

impl Reader {
    /// Bytes consumed that certainly lie before the next header block still to be read: the stream's hash
    /// may take these, while the bytes of an incomplete header wait until it is known whose header it is.
    pub fn settled(&self) -> u64 {
        self.position - self.filled as u64
    }

    /// Where the end marker starts, once it has been read.
    pub fn ended_at(&self) -> u64 {
        self.ended_at
    }

    /// Takes the next bytes of the stream.
    pub fn feed<V: Visitor>(&mut self, mut bytes: &[u8], visitor: &mut V) -> Result<(), V::Error> {
        while !bytes.is_empty() {
            let taken = match self.state {
                State::Header | State::HalfEnd => self.take_block(bytes, visitor)?,
                State::Body { left, padding } => {
                    let taken = clamp(left, bytes);
                    visitor.data(&bytes[..taken])?;
                    self.position += taken as u64;
                    self.after_body(left - taken as u64, padding, visitor)?;
                    taken
                }
                State::PaxBody { left, padding } => {
                    let taken = clamp(left, bytes);
                    self.pax_bytes.extend_from_slice(&bytes[..taken]);
                    self.position += taken as u64;
                    self.after_pax_body(left - taken as u64, padding)?;
                    taken
                }
                State::Padding { left, started } => self.take_padding(left, started, bytes)?,
                State::End { limit } => self.take_end(limit, bytes)?,
            };
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// The stream has ended: returns its length.
    pub fn finish(self) -> Result<u64, TarError> {
        let within = match self.state {
            State::End { .. } if self.position.is_multiple_of(BLOCK as u64) => return Ok(self.position),
            State::End { .. } => "within the padding after the end marker",
            State::HalfEnd => "after one of the two zero blocks that mark its end",
            State::Header if self.records.is_some() => "after a pax header that belongs to no entry",
            State::Header if self.filled == 0 => "without the two zero blocks that mark its end",
            State::Header => "within a header",
            State::Body { .. } | State::PaxBody { .. } => "within the body of an entry",
            State::Padding { .. } => "within the padding of an entry",
        };
        Err(TarError::Truncated { byte: self.position, within })
    }

    fn take_block<V: Visitor>(&mut self, bytes: &[u8], visitor: &mut V) -> Result<usize, V::Error> {
        let taken = bytes.len().min(BLOCK - self.filled);
        self.block[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        self.position += taken as u64;
        if self.filled == BLOCK {
            self.filled = 0;
            let at = self.position - BLOCK as u64;
            if self.block.iter().all(|byte| *byte == 0) {
                self.zero_block(at)?;
            } else {
                self.header_block(at, visitor)?;
            }
        }
        Ok(taken)
    }

    fn zero_block(&mut self, at: u64) -> Result<(), TarError> {
        if self.records.is_some() {
            return Err(self.entry_error(
                at,
                ("a pax header must be followed by its entry", "the end marker".to_owned()),
            ));
        }
        self.state = if matches!(self.state, State::HalfEnd) {
            State::End { limit: self.position.next_multiple_of(RECORD) }
        } else {
            self.ended_at = at;
            State::HalfEnd
        };
        Ok(())
    }

    fn header_block<V: Visitor>(&mut self, at: u64, visitor: &mut V) -> Result<(), V::Error> {
        if matches!(self.state, State::HalfEnd) {
            return Err(TarError::Padding {
                byte: at,
                rule: "a zero block must be followed by a second one",
            }
            .into());
        }
        let header = header::parse(&self.block).map_err(|broken| self.entry_error(at, broken))?;
        if header.flag == Flag::Pax {
            return Ok(self.begin_pax(at, &header)?);
        }
        let padding = padding_after(header.size);
        let size = header.size;
        let records = self.records.take().unwrap_or_default();
        let named = Named::of(header, records).map_err(|broken| self.entry_error(at, broken))?;
        visitor.begin(&named.entry(at))?;
        self.state = State::Body { left: size, padding };
        if size == 0 {
            self.after_body(0, 0, visitor)?;
        }
        Ok(())
    }

    fn begin_pax(&mut self, at: u64, header: &Header) -> Result<(), TarError> {
        if self.records.is_some() {
            return Err(self.entry_error(
                at,
                ("a pax header must be followed by its entry", "another pax header".to_owned()),
            ));
        }
        if header.size > pax::MAX_BYTES {
            return Err(
                self.entry_error(at, ("a pax header must be at most 16384 bytes", header.size.to_string()))
            );
        }
        self.pax_at = at;
        self.pax_bytes.clear();
        self.state = State::PaxBody { left: header.size, padding: padding_after(header.size) };
        if header.size == 0 {
            self.after_pax_body(0, 0)?;
        }
        Ok(())
    }

    fn after_body<V: Visitor>(&mut self, left: u64, padding: u64, visitor: &mut V) -> Result<(), V::Error> {
        if left > 0 {
            self.state = State::Body { left, padding };
            return Ok(());
        }
        self.state = self.padding_or_header(padding);
        visitor.end()
    }

    fn after_pax_body(&mut self, left: u64, padding: u64) -> Result<(), TarError> {
        if left > 0 {
            self.state = State::PaxBody { left, padding };
            return Ok(());
        }
        let records = pax::parse(&self.pax_bytes).map_err(|broken| self.entry_error(self.pax_at, broken))?;
        self.records = Some(records);
        self.state = self.padding_or_header(padding);
        Ok(())
    }

    fn padding_or_header(&self, padding: u64) -> State {
        if padding == 0 { State::Header } else { State::Padding { left: padding, started: self.position } }
    }

    fn take_padding(&mut self, left: u64, started: u64, bytes: &[u8]) -> Result<usize, TarError> {
        let taken = clamp(left, bytes);
        if bytes[..taken].iter().any(|byte| *byte != 0) {
            return Err(TarError::Padding { byte: started, rule: "the padding after an entry must be NUL" });
        }
        self.position += taken as u64;
        let left = left - taken as u64;
        self.state = if left == 0 { State::Header } else { State::Padding { left, started } };
        Ok(taken)
    }

    fn take_end(&mut self, limit: u64, bytes: &[u8]) -> Result<usize, TarError> {
        let byte = self.position;
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(TarError::Padding { byte, rule: "only zero bytes may follow the end marker" });
        }
        self.position += bytes.len() as u64;
        if self.position > limit {
            return Err(TarError::Padding {
                byte,
                rule: "the padding after the end marker must end with the record",
            });
        }
        Ok(bytes.len())
    }

    fn entry_error(&self, byte: u64, (rule, value): Broken) -> TarError {
        let path = self.records.as_ref().and_then(|records| records.path.as_deref());
        let entry = path.map_or_else(|| header::shown_name(&self.block), escape_bytes);
        TarError::Entry { entry, byte, rule, value }
    }
}

/// A header with its pax records applied and its names checked for encoding.
struct Named {
    kind: EntryKind,
    name: String,
    link: String,
    size: u64,
    mtime: u64,
}

impl Named {
    fn of(header: Header, records: Records) -> Result<Self, Broken> {
        let kind = match header.flag {
            Flag::Directory => EntryKind::Directory,
            Flag::Symlink => EntryKind::Symlink,
            Flag::Regular | Flag::Pax => EntryKind::File,
        };
        if kind != EntryKind::Symlink && records.link.is_some() {
            return Err(("only a symlink may have a pax linkpath", "one on another entry".to_owned()));
        }
        let name = utf8(records.path.unwrap_or(header.name), "the name must be valid UTF-8")?;
        let link = utf8(records.link.unwrap_or(header.link), "the link name must be valid UTF-8")?;
        if name.is_empty() {
            return Err(("the name must not be empty", "\"\"".to_owned()));
        }
        if name.ends_with('/') != (kind == EntryKind::Directory) {
            return Err((
                "the name of a directory, and no other, must end in \"/\"",
                escape(&name).into_owned(),
            ));
        }
        Ok(Self { kind, name, link, size: header.size, mtime: header.mtime })
    }

    fn entry(&self, header_at: u64) -> Entry<'_> {
        Entry {
            kind: self.kind,
            name: &self.name,
            link: &self.link,
            size: self.size,
            mtime: self.mtime,
            header_at,
        }
    }
}

fn utf8(bytes: Vec<u8>, rule: &'static str) -> Result<String, Broken> {
    String::from_utf8(bytes).map_err(|error| (rule, header::shown(error.as_bytes())))
}

fn padding_after(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}

fn clamp(left: u64, bytes: &[u8]) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len())
}
