//! Bounds-checked reading of little-endian parts.

use super::SecurityError;

/// A part of a descriptor: what it is called in messages, and where it starts in the whole.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) name: &'static str,
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
}

impl Part<'_> {
    pub(super) const fn broken(&self, rule: &'static str) -> SecurityError {
        SecurityError::Binary { part: self.name, offset: self.offset, rule }
    }

    /// The first `N` bytes, and the part that follows them.
    pub(super) fn take<const N: usize>(self) -> Result<([u8; N], Self), SecurityError> {
        let (head, bytes) =
            self.bytes.split_first_chunk::<N>().ok_or_else(|| self.broken("it ends too early"))?;
        Ok((*head, Self { offset: self.offset + N, bytes, ..self }))
    }

    /// The first `length` bytes as a part of their own, and the part that follows them.
    pub(super) fn split(self, length: usize) -> Result<(Self, Self), SecurityError> {
        let (head, bytes) =
            self.bytes.split_at_checked(length).ok_or_else(|| self.broken("it ends too early"))?;
        Ok((Self { bytes: head, ..self }, Self { offset: self.offset + length, bytes, ..self }))
    }

    /// The same bytes under another name.
    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}
