//! Security descriptors: the binary form of MS-DTYP §2.4.6, checked in full, and its text form SDDL (§2.5.1).
//!
//! | ACE types | binary | SDDL |
//! |---|---|---|
//! | allow, deny, audit, mandatory label, scoped policy, trust label | mask, SID, nothing else | `A D AU ML SP TL` |
//! | allow, deny, audit for objects | mask, up to two GUIDs, SID, nothing else | `OA OD OU` |
//! | callback (conditional) allow, deny, audit; access filter; resource attribute | mask, SID, data | `XA XD XU FL RA`, the data as `#<hex>` |
//! | callback allow, deny, audit for objects | mask, GUIDs, SID, data | `ZA ZD ZU` (the last two are ours) |
//! | alarms, compound, everything else | rejected: reserved, and could not be shown | |
//!
//! Conditions and attribute values are kept as they are, not interpreted: `#<hex>` is SDDL's notation for octets.

mod ace;
mod acl;
mod bytes;
mod descriptor;
mod error;
mod guid;
mod inherit;
mod parts;
pub mod review;
mod rights;
mod sddl;
mod sid;
mod words;

pub use ace::{Ace, AceKind};
pub use acl::Acl;
pub use descriptor::SecurityDescriptor;
pub use error::SecurityError;
pub use guid::Guid;
pub use parts::Parts;
pub use sid::Sid;

#[cfg(test)]
mod tests;
