//! One header of the section table.

use super::header::{u32_at, u64_at};

/// Bytes of a section header.
pub(super) const SIZE: usize = 64;

/// A section without bytes in the file.
const NO_BITS: u32 = 8;

/// Names of sections and symbols.
pub(super) const STRINGS: u32 = 3;

/// Bytes that mean something to the program only.
pub(super) const PROGRAM_BITS: u32 = 1;

/// Flags: part of the memory image, compressed.
pub(super) const ALLOCATED: u64 = 0x2;
pub(super) const COMPRESSED: u64 = 0x800;

/// The header as it is in the file.
#[derive(Clone, Copy)]
pub(super) struct Section(pub [u8; SIZE]);

impl Section {
    /// The first section of every table.
    pub(super) const NONE: Self = Self([0; SIZE]);

    /// A section that is in no memory image.
    pub(super) fn new(name: u32, kind: u32) -> Self {
        let mut section = Self::NONE;
        section.put_u32(0, name);
        section.put_u32(4, kind);
        section.put_u64(48, 1);
        section
    }

    /// Where its name starts in the names.
    pub(super) fn name(&self) -> u32 {
        u32_at(&self.0, 0)
    }

    pub(super) fn kind(&self) -> u32 {
        u32_at(&self.0, 4)
    }

    pub(super) fn flags(&self) -> u64 {
        u64_at(&self.0, 8)
    }

    pub(super) fn offset(&self) -> u64 {
        u64_at(&self.0, 24)
    }

    pub(super) fn size(&self) -> u64 {
        u64_at(&self.0, 32)
    }

    pub(super) fn link(&self) -> u32 {
        u32_at(&self.0, 40)
    }

    pub(super) fn info(&self) -> u32 {
        u32_at(&self.0, 44)
    }

    /// Whether it has bytes in the file. (The first section of a table never does.)
    pub(super) fn has_bytes(&self) -> bool {
        !matches!(self.kind(), 0 | NO_BITS)
    }

    pub(super) fn rename(&mut self, name: u32) {
        self.put_u32(0, name);
    }

    pub(super) fn put(&mut self, offset: u64, size: u64) {
        self.put_u64(24, offset);
        self.put_size(size);
    }

    pub(super) fn put_size(&mut self, size: u64) {
        self.put_u64(32, size);
    }

    pub(super) fn put_link(&mut self, link: u32) {
        self.put_u32(40, link);
    }

    fn put_u32(&mut self, at: usize, value: u32) {
        self.0[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn put_u64(&mut self, at: usize, value: u64) {
        self.0[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
}
