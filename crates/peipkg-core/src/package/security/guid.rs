//! GUIDs of object ACEs (MS-DTYP §2.3.4).

use std::fmt;

/// The 16 bytes as they stand in an ACE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guid(pub [u8; 16]);

/// Which byte each pair of digits of the text shows: the first three groups are little-endian.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

impl Guid {
    /// Reads `bf967aba-0de6-11d0-a285-00aa003049e2`.
    pub fn parse(text: &str) -> Option<Self> {
        let groups = [8, 13, 18, 23];
        let shape = text.len() == 36
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| if groups.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() });
        if !shape {
            return None;
        }
        let digits = text.replace('-', "");
        let mut bytes = [0; 16];
        for (pair, at) in ORDER.into_iter().enumerate() {
            bytes[at] = u8::from_str_radix(&digits[pair * 2..pair * 2 + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (pair, at) in ORDER.into_iter().enumerate() {
            if matches!(pair, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0[at])?;
        }
        Ok(())
    }
}
