//! Binary signing: an ELF file gets a section `.peios.sig` with a signature over all of it (peipkg-build, `[[sign]]`).
//!
//! The section is appended: no byte of the file moves, and none changes but where the section table is found.

mod error;
mod header;
mod layout;
mod section;
mod sign;

#[cfg(test)]
mod tests;

pub use error::ElfError;
pub use sign::sign;

/// The section's name.
pub const SECTION: &str = ".peios.sig";

/// Its contents: a format byte and an Ed25519 signature over the SHA-256 of the file with all of these bytes zero.
pub const SECTION_SIZE: usize = 65;

/// The format byte.
const FORMAT: u8 = 1;
