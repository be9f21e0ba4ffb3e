//! Access control lists (MS-DTYP §2.4.5).

use super::bytes::Part;
use super::{Ace, SecurityError};

/// A list of entries, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acl {
    /// The entries.
    pub aces: Vec<Ace>,
}

const HEADER: usize = 8;
const REVISION: u8 = 2;
/// The revision of lists with object entries.
const REVISION_OBJECTS: u8 = 4;

impl Acl {
    pub(super) fn read(start: Part<'_>) -> Result<Self, SecurityError> {
        let ([revision, zero, size_low, size_high, count_low, count_high, zero_low, zero_high], _) =
            start.take()?;
        let size = usize::from(u16::from_le_bytes([size_low, size_high]));
        let count = u16::from_le_bytes([count_low, count_high]);
        if !matches!(revision, REVISION | REVISION_OBJECTS) {
            return Err(start.broken("its revision must be 2 or 4"));
        }
        if [zero, zero_low, zero_high] != [0; 3] {
            return Err(start.broken("its reserved fields must be zero"));
        }
        if size < HEADER || !size.is_multiple_of(4) {
            return Err(start.broken("its size must be a multiple of 4, header included"));
        }
        let (list, _) = start.split(size)?;
        let (_, mut rest) = list.split(HEADER)?;
        // The count is foreign: entries are at least 16 bytes long, so the list's size bounds the memory.
        let mut aces = Vec::new();
        for _ in 0..count {
            let ace;
            (ace, rest) = Ace::read(rest)?;
            if ace.kind.is_object && revision != REVISION_OBJECTS {
                return Err(start.broken("object entries need revision 4"));
            }
            aces.push(ace);
        }
        Ok(Self { aces })
    }

    /// Appends the binary form. `None` when it does not fit 16 bits of size.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        let has_objects = self.aces.iter().any(|ace| ace.kind.is_object);
        out.extend([if has_objects { REVISION_OBJECTS } else { REVISION }, 0, 0, 0]);
        out.extend(u16::try_from(self.aces.len()).ok()?.to_le_bytes());
        out.extend([0, 0]);
        for ace in &self.aces {
            ace.write(out)?;
        }
        let size = u16::try_from(out.len() - start).ok()?;
        out[start + 2..start + 4].copy_from_slice(&size.to_le_bytes());
        Some(())
    }
}
