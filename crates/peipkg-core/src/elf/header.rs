//! The file header of ELF64, little-endian.

use super::ElfError;
use super::error::broken;

/// Bytes of the header.
pub(super) const SIZE: usize = 64;

/// Section numbers from here on have meanings of their own: larger counts stand in section 0.
pub(super) const RESERVED: usize = 0xff00;

/// "The index is in section 0."
pub(super) const EXTENDED: u16 = 0xffff;

/// The header as it is in the file; what is asked of it is read where it stands.
#[derive(Clone, Copy)]
pub(super) struct Header(pub [u8; SIZE]);

impl Header {
    /// Accepts the header of a little-endian ELF64 file.
    pub(super) fn check(self) -> Result<Self, ElfError> {
        let bytes = &self.0;
        if &bytes[..4] != b"\x7fELF" {
            return Err(ElfError::Foreign("it does not start as ELF files do"));
        }
        if bytes[4] != 2 {
            return Err(ElfError::Foreign("it is not for 64 bits"));
        }
        if bytes[5] != 1 {
            return Err(ElfError::Foreign("it is not little-endian"));
        }
        if bytes[6] != 1 || u32_at(bytes, 20) != 1 {
            return Err(broken("its version must be 1", &u32_at(bytes, 20)));
        }
        if self.u16(52) != SIZE as u16 {
            return Err(broken("its header must say that it has 64 bytes", &self.u16(52)));
        }
        Ok(self)
    }

    /// Where program headers start, how many there are (0xffff: section 0 knows), and the size of one.
    pub(super) fn programs(&self) -> (u64, u16, u16) {
        (u64_at(&self.0, 32), self.u16(56), self.u16(54))
    }

    /// Where the section table starts; 0 when there is none.
    pub(super) fn section_offset(&self) -> u64 {
        u64_at(&self.0, 40)
    }

    /// The size of a section header.
    pub(super) fn section_size(&self) -> u16 {
        self.u16(58)
    }

    /// Sections; 0 when section 0 knows.
    pub(super) fn section_count(&self) -> u16 {
        self.u16(60)
    }

    /// The section with the names; 0: none, [`EXTENDED`]: section 0 knows.
    pub(super) fn names_index(&self) -> u16 {
        self.u16(62)
    }

    /// The same header for another section table. Numbers that do not fit are those of section 0.
    pub(super) fn with_table(mut self, offset: u64, count: usize, names: usize) -> Self {
        let count = if count < RESERVED { count as u16 } else { 0 };
        let names = if names < RESERVED { names as u16 } else { EXTENDED };
        self.0[40..48].copy_from_slice(&offset.to_le_bytes());
        for (at, value) in [(58, super::section::SIZE as u16), (60, count), (62, names)] {
            self.0[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        self
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }
}

/// `at` must be within `bytes`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// `at` must be within `bytes`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at + 4)) << 32 | u64::from(u32_at(bytes, at))
}
