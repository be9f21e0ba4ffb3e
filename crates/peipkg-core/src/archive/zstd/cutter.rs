//! Cuts a compressed file into units that decode on their own.

use super::super::ArchiveError;
use super::frame::{self, DataHead, Head, Walk};
use super::source::Source;
use super::{UNIT, ZstdError};

/// Skippable frames up to this size may stay between the data frames of one unit.
const SMALL_SKIP: u64 = 64 * 1024;

/// What comes next in the file.
pub(super) enum Cut {
    /// One or several whole frames that together yield at most `yields` bytes.
    Unit(Unit),
    /// A frame too large for a unit starts at the source's position.
    Large(Large),
}

/// Whole frames.
pub(super) struct Unit {
    pub bytes: Vec<u8>,
    /// An upper bound of what they decompress to.
    pub yields: usize,
    /// Where they start in the file.
    pub byte: u64,
}

/// A frame that is decoded piece by piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Large {
    pub byte: u64,
    pub window: u64,
}

/// The frames of one file, one after the other.
pub(super) struct Cutter<'a> {
    pub source: Source<'a>,
    /// Data frames seen so far.
    pub frames: u64,
}

/// Whole frames found so far at the source's position.
#[derive(Default)]
struct Found {
    length: usize,
    yields: u64,
    frames: u64,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self { source, frames: 0 }
    }

    /// The next unit or large frame; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Cut>, ArchiveError> {
        let mut found = Found::default();
        loop {
            match self.head(found.length)? {
                None if found.frames == 0 && self.frames == 0 => return Err(self.not_zstd().into()),
                None => return Ok(self.unit(&found)),
                Some(Head::Skippable(length)) if found.length > 0 && length <= SMALL_SKIP => {
                    self.need(found.length + length as usize)?;
                    found.length += length as usize;
                }
                Some(Head::Skippable(_)) if found.length > 0 => return Ok(self.unit(&found)),
                Some(Head::Skippable(length)) => self.skip(length)?,
                Some(Head::Data(head)) => {
                    let whole = self.walk(&head, found.length)?;
                    let fits = whole.as_ref().is_some_and(|(_, yields)| found.yields + yields <= UNIT as u64);
                    match whole {
                        Some((length, yields)) if fits => {
                            found.length += length;
                            found.yields += yields;
                            found.frames += 1;
                        }
                        _ if found.length > 0 => return Ok(self.unit(&found)),
                        _ => return Ok(Some(Cut::Large(self.large(&head)))),
                    }
                    if found.yields >= UNIT as u64 / 2 || found.length >= UNIT / 2 {
                        return Ok(self.unit(&found));
                    }
                }
                Some(Head::Partial | Head::Foreign) => return Err(self.foreign(found.length).into()),
            }
        }
    }

    /// The head at `offset` bytes behind the source's position; `None` at the end of the file.
    fn head(&mut self, offset: usize) -> Result<Option<Head>, ArchiveError> {
        if !self.source.fill(offset + 1)? {
            return Ok(None);
        }
        let byte = self.source.byte() + offset as u64;
        loop {
            let bytes = &self.source.available()[offset..];
            let at_hand = bytes.len();
            match frame::head(bytes, byte)? {
                Head::Partial if self.source.fill(offset + at_hand + 1)? => {}
                // A file that ends within a header: a frame that was begun, unless not even the magic is there.
                Head::Partial if at_hand >= 4 => {
                    return Err(ZstdError::Truncated { byte: self.source.size() }.into());
                }
                head => return Ok(Some(head)),
            }
        }
    }

    /// Length and yield of the frame, or `None` when it is too large for a unit.
    fn walk(&mut self, head: &DataHead, offset: usize) -> Result<Option<(usize, u64)>, ArchiveError> {
        if head.content.is_some_and(|content| content > UNIT as u64) {
            return Ok(None);
        }
        let byte = self.source.byte() + offset as u64;
        let mut walk = Walk::new(head);
        loop {
            let end = walk.advance(&self.source.available()[offset..], byte)?;
            let yields = head.content.map_or(walk.yields, |content| content.min(walk.yields));
            if let Some(length) = end {
                return Ok((yields <= UNIT as u64).then_some((length, yields)));
            }
            if yields > UNIT as u64 || walk.needed() > UNIT {
                return Ok(None);
            }
            self.need(offset + walk.needed())?;
        }
    }

    fn need(&mut self, wanted: usize) -> Result<(), ArchiveError> {
        if self.source.fill(wanted)? {
            Ok(())
        } else {
            Err(ZstdError::Truncated { byte: self.source.size() }.into())
        }
    }

    fn skip(&mut self, mut length: u64) -> Result<(), ArchiveError> {
        while length > 0 {
            self.need(1)?;
            let step = length.min(self.source.available().len() as u64);
            self.source.consume(step as usize);
            length -= step;
        }
        Ok(())
    }

    fn unit(&mut self, found: &Found) -> Option<Cut> {
        if found.length == 0 {
            return None;
        }
        self.frames += found.frames;
        let byte = self.source.byte();
        Some(Cut::Unit(Unit { bytes: self.source.take(found.length), yields: found.yields as usize, byte }))
    }

    fn large(&mut self, head: &DataHead) -> Large {
        self.frames += 1;
        Large { byte: self.source.byte(), window: head.window }
    }

    fn foreign(&self, offset: usize) -> ZstdError {
        let byte = self.source.byte() + offset as u64;
        if byte == 0 { self.not_zstd() } else { ZstdError::Trailing { byte } }
    }

    fn not_zstd(&self) -> ZstdError {
        let bytes = self.source.available();
        if bytes.is_empty() {
            return ZstdError::NotZstd { found: "no data".to_owned() };
        }
        ZstdError::NotZstd { found: format!("\"{}\"", bytes[..bytes.len().min(8)].escape_ascii()) }
    }
}
