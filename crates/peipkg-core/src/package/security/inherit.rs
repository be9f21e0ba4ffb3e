//! What a new file or directory inherits from the directory that it is made in (MS-DTYP §2.5.3.4).

use super::{Ace, Acl, Parts};
use crate::package::EntryKind;

const OBJECT_INHERIT: u8 = 0x01;
const CONTAINER_INHERIT: u8 = 0x02;
const NO_PROPAGATE: u8 = 0x04;
const INHERIT_ONLY: u8 = 0x08;
const INHERITED: u8 = 0x10;
const PASSES_ON: u8 = OBJECT_INHERIT | CONTAINER_INHERIT | NO_PROPAGATE | INHERIT_ONLY;

impl Parts {
    /// The lists that a child of the directory with these parts gets, where nothing overrides them. (Generic rights and the
    /// creator stay as they are written.)
    #[must_use]
    pub fn inherited_by(&self, child: EntryKind) -> Self {
        let list = |acl: &Option<Acl>| {
            let aces =
                acl.iter().flat_map(|acl| &acl.aces).filter_map(|ace| ace.inherited_by(child)).collect();
            acl.as_ref().map(|_| Acl { aces })
        };
        Self {
            control: self.control,
            owner: None,
            group: None,
            sacl: list(&self.sacl),
            dacl: list(&self.dacl),
        }
    }
}

impl Ace {
    fn inherited_by(&self, child: EntryKind) -> Option<Self> {
        let passes_on = self.flags & NO_PROPAGATE == 0;
        let kept = self.flags & !PASSES_ON | INHERITED;
        let flags = match child {
            EntryKind::File if self.flags & OBJECT_INHERIT != 0 => kept,
            EntryKind::Directory if self.flags & CONTAINER_INHERIT != 0 && passes_on => {
                kept | self.flags & (OBJECT_INHERIT | CONTAINER_INHERIT)
            }
            EntryKind::Directory if self.flags & CONTAINER_INHERIT != 0 => kept,
            // For the files further down.
            EntryKind::Directory if self.flags & OBJECT_INHERIT != 0 && passes_on => {
                kept | OBJECT_INHERIT | INHERIT_ONLY
            }
            _ => return None,
        };
        Some(Self { flags, ..self.clone() })
    }
}
