//! Frame and block headers (RFC 8878 §3.1), read without decompressing: enough to cut a file into frames,
//! to bound what each yields, and to refuse dictionaries and large windows by name.

use super::{MAX_WINDOW, ZstdError};

const MAGIC: u32 = 0xFD2F_B528;
const SKIPPABLE: std::ops::RangeInclusive<u32> = 0x184D_2A50..=0x184D_2A5F;
/// The most a frame header can take.
const HEADER_MAX: usize = 18;
const BLOCK_MAX: u64 = 128 * 1024;

/// What stands at the start of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// More bytes are needed to tell.
    Partial,
    /// A skippable frame of so many bytes, header included.
    Skippable(u64),
    /// A frame that holds data.
    Data(DataHead),
    /// Not the start of a frame.
    Foreign,
}

/// The header of a frame that holds data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DataHead {
    /// Bytes of the header, magic included.
    length: usize,
    /// Bytes that it decompresses to, where the header says.
    pub content: Option<u64>,
    /// What a decoder must hold.
    pub window: u64,
    checksum: bool,
}

/// Reads the head of the frame at the start of `bytes`. `byte` is its place in the file, for messages.
pub(super) fn head(bytes: &[u8], byte: u64) -> Result<Head, ZstdError> {
    let Some(magic) = little_endian(bytes, 0, 4) else { return Ok(Head::Partial) };
    let magic = magic as u32;
    if SKIPPABLE.contains(&magic) {
        return Ok(little_endian(bytes, 4, 4).map_or(Head::Partial, |size| Head::Skippable(size + 8)));
    }
    if magic != MAGIC {
        return Ok(Head::Foreign);
    }
    let Some(descriptor) = bytes.get(4) else { return Ok(Head::Partial) };
    let single = descriptor & 0x20 != 0;
    if descriptor & 0x08 != 0 {
        let value = format!("frame header descriptor {descriptor:#04x}");
        return Err(ZstdError::Frame { byte, rule: "the reserved bit must be 0", value });
    }
    let dictionary_length = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content_length = match descriptor >> 6 {
        0 => usize::from(single),
        flag => 1 << flag,
    };
    let dictionary_at = 5 + usize::from(!single);
    let content_at = dictionary_at + dictionary_length;
    let length = content_at + content_length;
    debug_assert!(length <= HEADER_MAX);
    if bytes.len() < length {
        return Ok(Head::Partial);
    }
    refuse_dictionary(bytes, dictionary_at, dictionary_length, byte)?;
    let content = match content_length {
        0 => None,
        2 => little_endian(bytes, content_at, 2).map(|size| size + 256),
        width => little_endian(bytes, content_at, width),
    };
    let window = if single { content.unwrap_or(0) } else { window(bytes[5]) };
    if window > MAX_WINDOW {
        return Err(ZstdError::Frame {
            byte,
            rule: "the window must be at most 128 MiB",
            value: format!("{window} bytes"),
        });
    }
    Ok(Head::Data(DataHead { length, content, window, checksum: descriptor & 4 != 0 }))
}

/// How far a frame has been walked, block by block.
#[derive(Debug)]
pub(super) struct Walk {
    /// Bytes walked; may lie beyond the bytes at hand.
    at: usize,
    /// An upper bound of what the walked blocks decompress to.
    pub yields: u64,
    block_max: u64,
    checksum: bool,
    last_seen: bool,
}

impl Walk {
    pub(super) fn new(head: &DataHead) -> Self {
        let block_max = head.window.min(BLOCK_MAX);
        Self { at: head.length, yields: 0, block_max, checksum: head.checksum, last_seen: false }
    }

    /// Goes on as far as `bytes` (from the start of the frame) reach: the frame's length once its end is known.
    pub(super) fn advance(&mut self, bytes: &[u8], byte: u64) -> Result<Option<usize>, ZstdError> {
        while !self.last_seen {
            let Some(header) = little_endian(bytes, self.at, 3) else { return Ok(None) };
            let size = header >> 3;
            if size > BLOCK_MAX {
                return Err(ZstdError::Frame {
                    byte,
                    rule: "a block must be at most 128 KiB",
                    value: format!("{size} bytes"),
                });
            }
            let (stored, yields) = match (header >> 1) & 3 {
                0 => (size, size),
                1 => (1, size),
                2 => (size, self.block_max),
                _ => {
                    let value = "type 3".to_owned();
                    return Err(ZstdError::Frame {
                        byte,
                        rule: "a block must be raw, run-length or compressed",
                        value,
                    });
                }
            };
            self.last_seen = header & 1 != 0;
            self.at += 3 + stored as usize;
            self.yields += yields;
            if self.last_seen && self.checksum {
                self.at += 4;
            }
        }
        Ok((self.at <= bytes.len()).then_some(self.at))
    }

    /// Bytes of the frame that are certainly needed.
    pub(super) fn needed(&self) -> usize {
        self.at + if self.last_seen { 0 } else { 3 }
    }
}

fn refuse_dictionary(bytes: &[u8], at: usize, length: usize, byte: u64) -> Result<(), ZstdError> {
    match little_endian(bytes, at, length) {
        Some(id) if id != 0 => Err(ZstdError::Frame {
            byte,
            rule: "a dictionary is not allowed",
            value: format!("dictionary {id}"),
        }),
        _ => Ok(()),
    }
}

/// RFC 8878 §3.1.1.1.2: exponent in the upper five bits, mantissa in the lower three.
fn window(descriptor: u8) -> u64 {
    let base = 1_u64 << (10 + (descriptor >> 3));
    base + base / 8 * u64::from(descriptor & 7)
}

fn little_endian(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let field = bytes.get(at..at + length)?;
    Some(field.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}
