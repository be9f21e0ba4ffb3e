//! Access control entries (MS-DTYP §2.4.4).

use super::bytes::Part;
use super::{Guid, SecurityError, Sid};

/// One entry of an access control list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ace {
    /// What it does.
    pub kind: AceKind,
    /// Inheritance and audit flags.
    pub flags: u8,
    /// Which accesses it is about.
    pub mask: u32,
    /// Object ACEs: the type of object.
    pub object_type: Option<Guid>,
    /// Object ACEs: the type of child that inherits it.
    pub inherited_object_type: Option<Guid>,
    /// Whom it is about.
    pub sid: Sid,
    /// Callback, filter and attribute ACEs: a condition or a value, not interpreted.
    pub data: Vec<u8>,
}

/// The ACE types that are accepted: see the table at the top of this module's parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AceKind {
    pub(super) code: u8,
    pub(super) sddl: &'static str,
    pub(super) is_object: bool,
    pub(super) has_data: bool,
}

pub(super) const MANDATORY_LABEL: u8 = 0x11;

const OBJECT_TYPE: u32 = 1;
const INHERITED_OBJECT_TYPE: u32 = 2;

const fn kind(code: u8, sddl: &'static str, is_object: bool, has_data: bool) -> AceKind {
    AceKind { code, sddl, is_object, has_data }
}

const KINDS: [AceKind; 17] = [
    kind(0x00, "A", false, false),
    kind(0x01, "D", false, false),
    kind(0x02, "AU", false, false),
    kind(0x05, "OA", true, false),
    kind(0x06, "OD", true, false),
    kind(0x07, "OU", true, false),
    kind(0x09, "XA", false, true),
    kind(0x0a, "XD", false, true),
    kind(0x0b, "ZA", true, true),
    kind(0x0c, "ZD", true, true),
    kind(0x0d, "XU", false, true),
    kind(0x0f, "ZU", true, true),
    kind(MANDATORY_LABEL, "ML", false, false),
    kind(0x12, "RA", false, true),
    kind(0x13, "SP", false, false),
    kind(0x14, "TL", false, false),
    kind(0x15, "FL", false, true),
];

impl AceKind {
    /// The kind of that binary type.
    pub fn from_code(code: u8) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.code == code)
    }

    /// The kind of that SDDL type.
    pub fn from_sddl(text: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.sddl == text)
    }
}

impl Ace {
    /// Reads one entry; returns what follows it in the list.
    pub(super) fn read(list: Part<'_>) -> Result<(Self, Part<'_>), SecurityError> {
        let start = list.named("ACE");
        let ([code, flags, low, high], _) = start.take()?;
        let size = usize::from(u16::from_le_bytes([low, high]));
        if size < 4 || !size.is_multiple_of(4) {
            return Err(start.broken("its size must be a multiple of 4, header included"));
        }
        let (ace, rest) = start.split(size)?;
        let kind = AceKind::from_code(code).ok_or_else(|| start.broken("its type is reserved or unknown"))?;
        let (_, body) = ace.split(4)?;
        Ok((Self::read_body(kind, flags, body)?, rest.named(list.name)))
    }

    fn read_body(kind: AceKind, flags: u8, body: Part<'_>) -> Result<Self, SecurityError> {
        let (mask, mut body) = body.take()?;
        let mut guids = [None, None];
        if kind.is_object {
            let present;
            (present, body) = body.take()?;
            let present = u32::from_le_bytes(present);
            if present & !(OBJECT_TYPE | INHERITED_OBJECT_TYPE) != 0 {
                return Err(body.broken("an object ACE has a flag that does not exist"));
            }
            for (guid, bit) in guids.iter_mut().zip([OBJECT_TYPE, INHERITED_OBJECT_TYPE]) {
                if present & bit != 0 {
                    let bytes;
                    (bytes, body) = body.take()?;
                    *guid = Some(Guid(bytes));
                }
            }
        }
        let (sid, rest) = Sid::read(body)?;
        if !kind.has_data && !rest.bytes.is_empty() {
            return Err(rest.broken("its size does not end with its SID"));
        }
        let [object_type, inherited_object_type] = guids;
        let data = rest.bytes.to_vec();
        Ok(Self {
            kind,
            flags,
            mask: u32::from_le_bytes(mask),
            object_type,
            inherited_object_type,
            sid,
            data,
        })
    }

    /// Appends the binary form; data is padded to a multiple of 4. `None` when it does not fit 16 bits of size.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        out.extend([self.kind.code, self.flags, 0, 0]);
        out.extend(self.mask.to_le_bytes());
        if self.kind.is_object {
            let bit = |guid: &Option<Guid>, bit| if guid.is_some() { bit } else { 0 };
            let present =
                bit(&self.object_type, OBJECT_TYPE) | bit(&self.inherited_object_type, INHERITED_OBJECT_TYPE);
            out.extend(u32::to_le_bytes(present));
            for guid in [self.object_type, self.inherited_object_type].into_iter().flatten() {
                out.extend(guid.0);
            }
        }
        self.sid.write(out);
        out.extend(&self.data);
        out.resize(out.len().next_multiple_of(4), 0);
        let size = u16::try_from(out.len() - start).ok()?;
        out[start + 2..start + 4].copy_from_slice(&size.to_le_bytes());
        Some(())
    }
}
