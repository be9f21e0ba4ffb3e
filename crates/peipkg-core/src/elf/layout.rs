//! What an ELF file consists of, as far as signing has to know: read within strict bounds.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::error::broken;
use super::header::{self, EXTENDED, Header, RESERVED, u32_at, u64_at};
use super::section::{self, ALLOCATED, COMPRESSED, STRINGS, Section};
use super::{ElfError, SECTION};

/// Linkers make far fewer sections and program headers than this.
const MOST_HEADERS: u64 = 1 << 20;

/// Bytes of section names.
const MOST_NAMES: u64 = 64 << 20;

/// Bytes of a program header.
const PROGRAM_SIZE: usize = 56;

/// A sound, unsigned ELF file.
pub(super) struct Layout {
    pub header: Header,
    /// Bytes of the file.
    pub size: u64,
    /// Empty when the file has no section table.
    pub sections: Vec<Section>,
    /// The section that holds the names; 0 when none does.
    pub names_index: usize,
    /// The names, each ended by a NUL.
    pub names: Vec<u8>,
}

impl Layout {
    /// Reads the headers of `file`, which has `size` bytes.
    pub(super) fn read(file: &File, size: u64) -> Result<Self, ElfError> {
        let mut bytes = [0; header::SIZE];
        if size < bytes.len() as u64 {
            return Err(ElfError::Foreign("it is too short"));
        }
        read_at(file, &mut bytes, 0)?;
        let header = Header(bytes).check()?;
        let source = Source { file, size };
        let sections = source.sections(&header)?;
        let names_index = names_index(&header, &sections)?;
        let names = if names_index == 0 { Vec::new() } else { source.names(&sections[names_index])? };
        source.check_programs(&header, &sections)?;
        let layout = Self { header, size, sections, names_index, names };
        layout.check_names()?;
        Ok(layout)
    }

    fn check_names(&self) -> Result<(), ElfError> {
        if self.names_index == 0 {
            return Ok(());
        }
        for (number, section) in self.sections.iter().enumerate() {
            let rest = self.names.get(section.name() as usize..);
            let name = rest.and_then(|rest| Some(&rest[..rest.iter().position(|byte| *byte == 0)?]));
            let name = name.ok_or_else(|| broken("a section's name must be among the names", &number))?;
            if name == SECTION.as_bytes() {
                return Err(ElfError::Signed);
            }
        }
        Ok(())
    }
}

/// The file, and how far it may be read.
struct Source<'a> {
    file: &'a File,
    size: u64,
}

impl Source<'_> {
    fn sections(&self, header: &Header) -> Result<Vec<Section>, ElfError> {
        let offset = header.section_offset();
        let count = u64::from(header.section_count());
        if offset == 0 {
            let empty = count == 0 && header.names_index() == 0;
            return if empty {
                Ok(Vec::new())
            } else {
                Err(broken("there are sections, but no section table", &count))
            };
        }
        if usize::from(header.section_size()) != section::SIZE {
            return Err(broken("a section header must have 64 bytes", &header.section_size()));
        }
        if count >= RESERVED as u64 {
            return Err(broken("a number of sections from 65280 on must be in section 0", &count));
        }
        let count = if count > 0 { count } else { self.table(offset, 1)?[0].size() };
        if count == 0 || count > MOST_HEADERS {
            return Err(broken("the number of sections must be from 1 to 1048576", &count));
        }
        let sections = self.table(offset, count)?;
        for section in sections.iter().filter(|section| section.has_bytes()) {
            self.check_within("a section must be within the file", section.offset(), section.size())?;
        }
        Ok(sections)
    }

    fn table(&self, offset: u64, count: u64) -> Result<Vec<Section>, ElfError> {
        let bytes =
            self.read("the section table must be within the file", offset, count * section::SIZE as u64)?;
        Ok(bytes.as_chunks::<{ section::SIZE }>().0.iter().copied().map(Section).collect())
    }

    fn names(&self, section: &Section) -> Result<Vec<u8>, ElfError> {
        if section.kind() != STRINGS {
            return Err(broken("the section of the names must be a string table", &section.kind()));
        }
        if section.flags() & (ALLOCATED | COMPRESSED) != 0 {
            return Err(broken("the names must be neither compressed nor in memory", &section.flags()));
        }
        if section.size() > MOST_NAMES {
            return Err(broken("the names must have at most 64 MiB", &section.size()));
        }
        self.read("the names must be within the file", section.offset(), section.size())
    }

    /// What is loaded must end within the file: bytes that are appended must not become part of it.
    fn check_programs(&self, header: &Header, sections: &[Section]) -> Result<(), ElfError> {
        let (offset, count, size) = header.programs();
        let count = match (count, sections.first()) {
            (EXTENDED, Some(first)) => u64::from(first.info()),
            _ => u64::from(count),
        };
        if count == 0 {
            return Ok(());
        }
        if usize::from(size) != PROGRAM_SIZE {
            return Err(broken("a program header must have 56 bytes", &size));
        }
        if count > MOST_HEADERS {
            return Err(broken("the number of program headers must be at most 1048576", &count));
        }
        let table =
            self.read("the program headers must be within the file", offset, count * PROGRAM_SIZE as u64)?;
        for program in table.as_chunks::<PROGRAM_SIZE>().0 {
            // PT_NULL: the rest means nothing.
            if u32_at(program, 0) != 0 {
                let (start, length) = (u64_at(program, 8), u64_at(program, 32));
                self.check_within("a segment must be within the file", start, length)?;
            }
        }
        Ok(())
    }

    fn read(&self, rule: &'static str, offset: u64, length: u64) -> Result<Vec<u8>, ElfError> {
        self.check_within(rule, offset, length)?;
        let mut bytes = vec![0; length as usize];
        read_at(self.file, &mut bytes, offset)?;
        Ok(bytes)
    }

    fn check_within(&self, rule: &'static str, offset: u64, length: u64) -> Result<(), ElfError> {
        match offset.checked_add(length) {
            Some(end) if end <= self.size => Ok(()),
            _ => Err(broken(rule, &format!("{length} bytes from byte {offset}, of {}", self.size))),
        }
    }
}

fn names_index(header: &Header, sections: &[Section]) -> Result<usize, ElfError> {
    let index = match (header.names_index(), sections.first()) {
        (EXTENDED, Some(first)) => first.link() as usize,
        (index, _) => usize::from(index),
    };
    if index > 0 && index >= sections.len() {
        return Err(broken("the section of the names must be one of the sections", &index));
    }
    Ok(index)
}

fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<(), ElfError> {
    file.read_exact_at(bytes, offset).map_err(|source| match source.kind() {
        std::io::ErrorKind::UnexpectedEof => ElfError::Changed,
        _ => ElfError::Io { operation: "read", source },
    })
}
