//! Descriptors, indexes, trust, the universe of candidates (PSD-009 §6).
//!
//! Consumer side: [`adopt`] is the one place where a fetched update becomes trusted, [`open`] the one through which cached bytes
//! are read again. Producer side: [`produce`].

pub mod adopt;
pub mod cache;
mod catalog;
pub mod descriptor;
mod documents;
mod error;
#[cfg(test)]
mod fixture;
pub mod index;
pub mod matches;
pub mod open;
pub mod produce;
pub mod remove;
pub mod search;
pub mod transfer;
pub mod trust;
pub mod universe;
pub mod url;
pub mod validators;

pub use error::RepositoryError;

/// The most bytes of repo.json that are read.
pub const DESCRIPTOR_LIMIT: u64 = 1 << 20;
/// The most bytes of a signature or a key file that are read.
pub const SIGNATURE_LIMIT: u64 = 64 << 10;
/// The most bytes of an index that are read.
pub const INDEX_LIMIT: u64 = 1 << 30;

/// Checks a repository's local name: 1 to 64 characters of `a-z 0-9 -` (it names files, too).
pub fn check_name(name: &str) -> Result<(), RepositoryError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(RepositoryError::Name(name.to_owned()))
}
