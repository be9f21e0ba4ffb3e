//! What a descriptor holds (MS-DTYP §2.4.6).

use super::bytes::Part;
use super::{Acl, SecurityError, Sid};

pub(super) const DACL_PRESENT: u16 = 0x0004;
pub(super) const SACL_PRESENT: u16 = 0x0010;
pub(super) const DACL_AUTO_INHERIT_REQUIRED: u16 = 0x0100;
pub(super) const SACL_AUTO_INHERIT_REQUIRED: u16 = 0x0200;
pub(super) const DACL_AUTO_INHERITED: u16 = 0x0400;
pub(super) const SACL_AUTO_INHERITED: u16 = 0x0800;
pub(super) const DACL_PROTECTED: u16 = 0x1000;
pub(super) const SACL_PROTECTED: u16 = 0x2000;
const RM_CONTROL_VALID: u16 = 0x4000;
pub(super) const SELF_RELATIVE: u16 = 0x8000;

const HEADER: usize = 20;

/// A descriptor taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    pub(super) control: u16,
    /// Who owns the object; `None`: not set.
    pub owner: Option<Sid>,
    /// The primary group; `None`: not set.
    pub group: Option<Sid>,
    /// What is audited, and labels. `None`: not set, or ([`Self::has_sacl`]) null.
    pub sacl: Option<Acl>,
    /// Who may do what. `None`: not set, or ([`Self::has_dacl`]) a null list, which allows everything to everyone.
    pub dacl: Option<Acl>,
}

impl Parts {
    /// Reads the binary form: every SID, list and entry must lie within bounds.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, SecurityError> {
        let whole = Part { name: "header", offset: 0, bytes };
        let ([revision, resource_manager, low, high], rest) = whole.take()?;
        let (offsets, _) = rest.take::<16>()?;
        let control = u16::from_le_bytes([low, high]);
        if revision != 1 {
            return Err(whole.broken("its revision must be 1"));
        }
        if control & SELF_RELATIVE == 0 {
            return Err(whole.broken("its control must have SE_SELF_RELATIVE"));
        }
        if resource_manager != 0 && control & RM_CONTROL_VALID == 0 {
            return Err(whole.broken("its reserved byte must be zero"));
        }
        let part = |field: usize, name| at_offset(whole, &offsets[field * 4..field * 4 + 4], name);
        let sid =
            |part: Option<Part<'_>>| part.map(Sid::read).transpose().map(|read| read.map(|(sid, _)| sid));
        Ok(Self {
            control,
            owner: sid(part(0, "owner")?)?,
            group: sid(part(1, "group")?)?,
            sacl: listed(part(2, "SACL")?, control & SACL_PRESENT != 0)?,
            dacl: listed(part(3, "DACL")?, control & DACL_PRESENT != 0)?,
        })
    }

    /// The binary form: header, owner, group, SACL, DACL. `None` when a list does not fit 16 bits of size.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; HEADER];
        bytes[0] = 1;
        bytes[2..4].copy_from_slice(&self.control.to_le_bytes());
        for (field, sid) in [(4, &self.owner), (8, &self.group)] {
            if let Some(sid) = sid {
                put_offset(&mut bytes, field);
                sid.write(&mut bytes);
            }
        }
        for (field, acl) in [(12, &self.sacl), (16, &self.dacl)] {
            if let Some(acl) = acl {
                put_offset(&mut bytes, field);
                acl.write(&mut bytes)?;
            }
        }
        Some(bytes)
    }

    /// Whether it says anything about access.
    pub const fn has_dacl(&self) -> bool {
        self.control & DACL_PRESENT != 0
    }

    /// Whether it says anything about auditing.
    pub const fn has_sacl(&self) -> bool {
        self.control & SACL_PRESENT != 0
    }
}

/// Writes where the bytes end now, which is where the next part starts.
fn put_offset(bytes: &mut [u8], field: usize) {
    let offset = bytes.len() as u32;
    bytes[field..field + 4].copy_from_slice(&offset.to_le_bytes());
}

/// The part that an offset of the header points at; zero means that there is none.
fn at_offset<'a>(
    whole: Part<'a>,
    offset: &[u8],
    name: &'static str,
) -> Result<Option<Part<'a>>, SecurityError> {
    let offset = offset.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte));
    if offset == 0 {
        return Ok(None);
    }
    if offset < HEADER || offset > whole.bytes.len() {
        return Err(Part { name, offset, bytes: &[] }
            .broken("its offset points outside of the descriptor, or into its header"));
    }
    Ok(Some(Part { name, offset, bytes: &whole.bytes[offset..] }))
}

/// A list may only be there when the control says so; one that is said to be there without an offset is null.
fn listed(part: Option<Part<'_>>, present: bool) -> Result<Option<Acl>, SecurityError> {
    match part {
        Some(part) if !present => {
            Err(part.broken("there is a list though the control says that there is none"))
        }
        Some(part) => Acl::read(part).map(Some),
        None => Ok(None),
    }
}
