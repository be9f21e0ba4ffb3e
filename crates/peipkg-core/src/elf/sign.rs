//! Appending the section, and signing the whole.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::header::{self, RESERVED};
use super::layout::Layout;
use super::section::{PROGRAM_BITS, STRINGS, Section};
use super::{ElfError, FORMAT, SECTION, SECTION_SIZE};
use crate::archive::Observer;
use crate::digest::{Digest, Hasher};
use crate::fsx::Temporary;
use crate::signature::{Fingerprint, SecretKey};

/// The name of the names' own section, where there was none.
const NAMES: &str = ".shstrtab";

/// Bytes copied at once.
const COPY: usize = 256 * 1024;

/// Signs the file at `path`: a signed copy, durable and of the same mode, takes its place. A symlink is not followed.
pub fn sign(path: &Path, key: &SecretKey, observer: &Observer) -> Result<Fingerprint, ElfError> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
    let reading = |source| ElfError::Io { operation: "read", source };
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(reading)?;
    let metadata = file.metadata().map_err(reading)?;
    if !metadata.is_file() {
        return Err(ElfError::Foreign("it is not a regular file"));
    }
    let layout = Layout::read(&file, metadata.len())?;
    let signed = Temporary::beside(path)?;
    write(&file, &layout, &signed.file, key, observer)?;
    let mode = Permissions::from_mode(metadata.mode() & 0o7777);
    signed.file.set_permissions(mode).map_err(|source| ElfError::Io { operation: "write", source })?;
    signed.place(path)?;
    Ok(key.public().fingerprint())
}

/// What stands where in the signed file.
struct Appendix {
    header: header::Header,
    /// Everything after the bytes of the unsigned file; the signature's bytes are zero.
    tail: Vec<u8>,
    /// Where the signature's bytes are.
    signature_at: u64,
}

impl Appendix {
    fn of(layout: &Layout) -> Self {
        let mut sections = layout.sections.clone();
        let mut names = layout.names.clone();
        if sections.is_empty() {
            sections.push(Section::NONE);
        }
        let mut names_index = layout.names_index;
        if names_index == 0 {
            // Names that lead nowhere would lead somewhere now.
            for section in &mut sections {
                section.rename(0);
            }
            names.push(0);
            names_index = sections.len();
            sections.push(Section::new(append_name(&mut names, NAMES), STRINGS));
        }
        let mut signature = Section::new(append_name(&mut names, SECTION), PROGRAM_BITS);
        sections[names_index].put(layout.size, names.len() as u64);
        let signature_at = layout.size + names.len() as u64;
        signature.put(signature_at, SECTION_SIZE as u64);
        sections.push(signature);
        if sections.len() >= RESERVED {
            let count = sections.len() as u64;
            sections[0].put_size(count);
        }
        if names_index >= RESERVED {
            sections[0].put_link(names_index as u32);
        }
        let table_at = (signature_at + SECTION_SIZE as u64).next_multiple_of(8);
        let mut tail = names;
        tail.resize((table_at - layout.size) as usize, 0);
        for section in &sections {
            tail.extend_from_slice(&section.0);
        }
        Self { header: layout.header.with_table(table_at, sections.len(), names_index), tail, signature_at }
    }
}

/// Appends a name and returns where it starts.
fn append_name(names: &mut Vec<u8>, name: &str) -> u32 {
    if names.last().is_some_and(|byte| *byte != 0) {
        names.push(0);
    }
    let at = names.len() as u32;
    names.extend_from_slice(name.as_bytes());
    names.push(0);
    at
}

/// Writes the signed file to `out`, which is empty.
pub(super) fn write(
    file: &File,
    layout: &Layout,
    mut out: &File,
    key: &SecretKey,
    observer: &Observer,
) -> Result<(), ElfError> {
    let appendix = Appendix::of(layout);
    let mut hasher = Hasher::new();
    let mut put = |bytes: &[u8]| {
        hasher.update(bytes);
        out.write_all(bytes).map_err(|source| ElfError::Io { operation: "write", source })
    };
    put(&appendix.header.0)?;
    copy(file, layout.size, observer, &mut put)?;
    put(&appendix.tail)?;
    let Digest(digest) = hasher.finish();
    let mut contents = [FORMAT; SECTION_SIZE];
    contents[1..].copy_from_slice(&key.sign(&digest).0);
    let written = out.write_all_at(&contents, appendix.signature_at);
    written.map_err(|source| ElfError::Io { operation: "write", source })
}

/// Hands over everything after the header.
fn copy(
    file: &File,
    size: u64,
    observer: &Observer,
    put: &mut impl FnMut(&[u8]) -> Result<(), ElfError>,
) -> Result<(), ElfError> {
    let mut buffer = vec![0; COPY];
    let mut at = header::SIZE as u64;
    while at < size {
        let length = (size - at).min(COPY as u64) as usize;
        let read = file.read_at(&mut buffer[..length], at);
        let read = read.map_err(|source| ElfError::Io { operation: "read", source })?;
        if read == 0 {
            return Err(ElfError::Changed);
        }
        put(&buffer[..read])?;
        at += read as u64;
        observer.advance(read as u64).map_err(|_| ElfError::Cancelled)?;
    }
    Ok(())
}
