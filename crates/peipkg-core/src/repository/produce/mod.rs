//! Producing repositories: plain files in a directory that any web server can offer (PSD-009 §6.4).

mod active;
mod add;
mod directory;
mod error;
mod init;
mod layout;
mod place;
mod publish;
mod swap;
mod template;
mod verify;

#[cfg(test)]
mod tests;

pub use directory::{DirectoryLock, RepositoryDirectory};
pub use error::ProduceError;
pub use init::{InitRequest, init};
pub use publish::{Added, PublishReport, PublishRequest, publish};
pub use verify::{Check, Checked, verify};

/// What a long call reports: how many packages of how many are done, and which one it is at.
pub type Watch<'a> = dyn Fn(usize, usize, &str) + Sync + 'a;
