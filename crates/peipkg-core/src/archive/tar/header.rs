//! One ustar header block, field by field.

use super::{BLOCK, MODE};

/// The broken rule and the value that breaks it; the reader adds entry and position.
pub(super) type Broken = (&'static str, String);

/// What the type flag says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    Regular,
    Directory,
    Symlink,
    /// Records for the next header (`x`).
    Pax,
}

/// A header block whose every field obeys PSD-009 §3.1. Names are raw bytes: pax records may replace them.
#[derive(Debug)]
pub(super) struct Header {
    pub flag: Flag,
    pub name: Vec<u8>,
    pub link: Vec<u8>,
    pub size: u64,
    pub mtime: u64,
}

const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Reads one block that is not all zeros.
pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Header, Broken> {
    check_magic(block)?;
    check_sum(block)?;
    let flag = flag(block[156])?;
    let size = octal(&block[124..136], "size must be an octal number")?;
    let mtime = octal(&block[136..148], "mtime must be an octal number")?;
    check_owner(block, flag)?;
    if block[500..].iter().any(|byte| *byte != 0) {
        return Err(("the last 12 bytes of a header must be NUL", hex(&block[500..])));
    }
    let name = full_name(block)?;
    let link = text(&block[157..257], "the bytes after the link name must be NUL")?.to_vec();
    check_by_flag(flag, size, mtime, &link)?;
    Ok(Header { flag, name, link, size, mtime })
}

/// The name as far as it can be told from a block that may be broken, for messages.
pub(super) fn shown_name(block: &[u8; BLOCK]) -> String {
    let name = block[..100].split(|byte| *byte == 0).next().unwrap_or_default();
    crate::text::escape_bytes(name)
}

/// Sum of all bytes, those of the checksum field taken as spaces.
pub(super) fn sum(block: &[u8; BLOCK]) -> u64 {
    let spaces = CHECKSUM.len() as u64 * u64::from(b' ');
    let field: u64 = block[CHECKSUM].iter().map(|byte| u64::from(*byte)).sum();
    block.iter().map(|byte| u64::from(*byte)).sum::<u64>() - field + spaces
}

fn check_magic(block: &[u8; BLOCK]) -> Result<(), Broken> {
    if &block[257..263] != b"ustar\0" {
        return Err(("the magic must be \"ustar\" and a NUL", shown(&block[257..263])));
    }
    if &block[263..265] != b"00" {
        return Err(("the version must be \"00\"", shown(&block[263..265])));
    }
    Ok(())
}

fn check_sum(block: &[u8; BLOCK]) -> Result<(), Broken> {
    let stored = octal(&block[CHECKSUM], "the checksum must be an octal number")?;
    let actual = sum(block);
    if stored != actual {
        return Err((
            "the checksum must be the sum of the header's bytes",
            format!("{stored:o}, the sum is {actual:o}"),
        ));
    }
    Ok(())
}

fn flag(byte: u8) -> Result<Flag, Broken> {
    match byte {
        b'0' | 0 => Ok(Flag::Regular),
        b'5' => Ok(Flag::Directory),
        b'2' => Ok(Flag::Symlink),
        b'x' => Ok(Flag::Pax),
        b'g' => Err(("a pax global header is not allowed", "type g".to_owned())),
        b'L' | b'K' => Err(("a GNU long-name entry is not allowed", shown_type(byte))),
        b'S' => Err(("a GNU sparse file is not allowed", shown_type(byte))),
        b'1' => Err((
            "a hard link is not allowed: only regular files, directories and symlinks are",
            shown_type(byte),
        )),
        _ => Err(("only regular files, directories and symlinks are allowed", shown_type(byte))),
    }
}

fn check_owner(block: &[u8; BLOCK], flag: Flag) -> Result<(), Broken> {
    // An `x` block's own fields are zero and its names empty; every other header has the fixed ones.
    let (mode, mode_rule, owner, owner_rule): (_, _, &[u8], _) = if flag == Flag::Pax {
        (
            0,
            "the mode of a pax header must be 0",
            b"",
            "the owner and group names of a pax header must be empty",
        )
    } else {
        (MODE, "mode must be 0777", b"root", "owner and group must be named root")
    };
    let found = octal(&block[100..108], "mode must be an octal number")?;
    if found != mode {
        return Err((mode_rule, format!("{found:04o}")));
    }
    for (range, rule) in [(108..116, "uid must be 0"), (116..124, "gid must be 0")] {
        let id = octal(&block[range], rule)?;
        if id != 0 {
            return Err((rule, id.to_string()));
        }
    }
    for range in [265..297, 297..329] {
        let name = text(&block[range], "the bytes after an owner name must be NUL")?;
        if name != owner {
            return Err((owner_rule, shown(name)));
        }
    }
    for (range, rule) in [(329..337, "devmajor must be 0"), (337..345, "devminor must be 0")] {
        let field = &block[range];
        if field.iter().any(|byte| *byte != 0) && octal(field, rule)? != 0 {
            return Err((rule, shown(field)));
        }
    }
    Ok(())
}

fn check_by_flag(flag: Flag, size: u64, mtime: u64, link: &[u8]) -> Result<(), Broken> {
    if matches!(flag, Flag::Directory | Flag::Symlink) && size != 0 {
        return Err(("a directory or symlink must have size 0", size.to_string()));
    }
    if flag != Flag::Symlink && !link.is_empty() {
        return Err(("only a symlink may have a link name", shown(link)));
    }
    if flag == Flag::Pax && mtime != 0 {
        return Err(("the mtime of a pax header must be 0", mtime.to_string()));
    }
    Ok(())
}

fn full_name(block: &[u8; BLOCK]) -> Result<Vec<u8>, Broken> {
    let name = text(&block[..100], "the bytes after the name must be NUL")?;
    let prefix = text(&block[345..500], "the bytes after the prefix must be NUL")?;
    if prefix.is_empty() {
        return Ok(name.to_vec());
    }
    Ok([prefix, b"/", name].concat())
}

/// The bytes before the first NUL; all after it must be NUL too.
fn text<'a>(field: &'a [u8], rule: &'static str) -> Result<&'a [u8], Broken> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    if field[end..].iter().any(|byte| *byte != 0) {
        return Err((rule, hex(&field[end..])));
    }
    Ok(&field[..end])
}

/// Octal digits, at least one, then only NUL or space. No base-256, no sign.
fn octal(field: &[u8], rule: &'static str) -> Result<u64, Broken> {
    let digits = field.iter().take_while(|byte| (b'0'..=b'7').contains(*byte)).count();
    if digits == 0 || field[digits..].iter().any(|byte| !matches!(byte, 0 | b' ')) {
        return Err((rule, shown(field)));
    }
    Ok(field[..digits].iter().fold(0, |value, digit| value * 8 + u64::from(digit - b'0')))
}

fn shown_type(byte: u8) -> String {
    format!("type {}", byte.escape_ascii())
}

/// Bytes for a message.
pub(super) fn shown(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
