//! Decoding contexts, kept for the next package.

use std::sync::{Mutex, PoisonError};

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

use super::super::ArchiveError;
use super::cutter::{Large, Unit};
use super::source::Source;
use super::{MAX_WINDOW, ZstdError};

static IDLE: Mutex<Vec<DCtx<'static>>> = Mutex::new(Vec::new());

/// Idle contexts kept at most: one for each thread that works at a time.
const KEPT: usize = 16;

/// A context whose window buffer is larger than this is not kept: the buffer would be, too.
const KEPT_WINDOW: u64 = 1 << 20;

/// One decoder.
pub(super) struct Context {
    inner: Option<DCtx<'static>>,
    keep: bool,
}

impl Context {
    pub(super) fn take() -> Result<Self, ArchiveError> {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let inner = match idle {
            Some(context) => context,
            None => new()?,
        };
        Ok(Self { inner: Some(inner), keep: true })
    }

    /// Decodes whole frames in one step.
    pub(super) fn unit(&mut self, unit: &Unit, out: &mut Vec<u8>) -> Result<(), ZstdError> {
        out.clear();
        out.reserve(unit.yields);
        let context = self.inner.as_mut().ok_or_else(|| damaged(unit.byte, 0))?;
        context.decompress(out, &unit.bytes).map_err(|code| damaged(unit.byte, code))?;
        Ok(())
    }

    /// Readies the context for a large frame.
    pub(super) fn begin(&mut self, large: Large) -> Result<(), ZstdError> {
        self.keep &= large.window <= KEPT_WINDOW;
        let context = self.inner.as_mut().ok_or_else(|| damaged(large.byte, 0))?;
        context.reset(ResetDirective::SessionOnly).map_err(|code| damaged(large.byte, code))?;
        Ok(())
    }

    /// Fills `out` up to its capacity with the next bytes of the large frame; false when the frame has ended.
    pub(super) fn piece(
        &mut self,
        large: Large,
        source: &mut Source<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, ArchiveError> {
        let context = self.inner.as_mut().ok_or_else(|| damaged(large.byte, 0))?;
        let capacity = out.capacity();
        while out.len() < capacity {
            let more = source.fill(1)?;
            let mut input = InBuffer::around(source.available());
            let filled = out.len();
            let mut output = OutBuffer::around_pos(out, filled);
            let left = context
                .decompress_stream(&mut output, &mut input)
                .map_err(|code| damaged(large.byte, code))?;
            let used = input.pos();
            source.consume(used);
            if left == 0 {
                return Ok(false);
            }
            // The decoder may still hold output when the input is used up.
            if !more && out.len() == filled {
                return Err(ZstdError::Truncated { byte: source.size() }.into());
            }
        }
        Ok(true)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let Some(mut context) = self.inner.take().filter(|_| self.keep) else {
            return;
        };
        if context.reset(ResetDirective::SessionOnly).is_ok() {
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < KEPT {
                idle.push(context);
            }
        }
    }
}

fn new() -> Result<DCtx<'static>, ArchiveError> {
    let mut context = DCtx::try_create().ok_or(ArchiveError::Memory)?;
    context.set_parameter(DParameter::WindowLogMax(MAX_WINDOW.ilog2())).map_err(|code| damaged(0, code))?;
    Ok(context)
}

fn damaged(byte: u64, code: usize) -> ZstdError {
    ZstdError::Damaged { byte, reason: zstd_safe::get_error_name(code) }
}
