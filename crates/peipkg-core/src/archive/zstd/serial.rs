//! Decoding on the calling thread, for small packages.

use std::sync::Arc;

use super::super::ArchiveError;
use super::context::Context;
use super::cutter::{Cut, Cutter, Large};
use super::pool::Chunk;
use super::source::Source;
use super::{Chunks, PIECE, Totals};

/// The decoded bytes of one file.
pub(crate) struct Serial<'a> {
    cutter: Cutter<'a>,
    context: Context,
    large: Option<Large>,
}

impl<'a> Serial<'a> {
    pub(crate) fn new(source: Source<'a>) -> Result<Self, ArchiveError> {
        Ok(Self { cutter: Cutter::new(source), context: Context::take()?, large: None })
    }
}

impl Chunks for Serial<'_> {
    fn next(&mut self) -> Result<Option<Arc<Chunk>>, ArchiveError> {
        loop {
            if let Some(large) = self.large {
                let mut out = Vec::with_capacity(PIECE);
                if !self.context.piece(large, &mut self.cutter.source, &mut out)? {
                    self.large = None;
                }
                return Ok(Some(Arc::new(Chunk::free(out))));
            }
            match self.cutter.next()? {
                None => return Ok(None),
                Some(Cut::Unit(unit)) => {
                    let mut out = Vec::new();
                    self.context.unit(&unit, &mut out)?;
                    return Ok(Some(Arc::new(Chunk::free(out))));
                }
                Some(Cut::Large(large)) => {
                    self.context.begin(large)?;
                    self.large = Some(large);
                }
            }
        }
    }

    fn keep(&mut self) {}

    fn totals(&self) -> Totals {
        Totals { digest: self.cutter.source.digest(), frames: self.cutter.frames }
    }
}
