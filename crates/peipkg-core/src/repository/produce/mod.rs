//! Producing repositories: plain files in a directory that any web server can offer (PSD-009 §6.4).

mod active;
mod add;
mod browse;
mod change;
mod directory;
mod documents;
mod error;
mod held;
mod init;
mod layout;
mod pages;
mod pending;
mod place;
mod prune;
mod publication;
mod publish;
mod signers;
mod swap;
mod template;
mod verify;

#[cfg(test)]
mod tests;

pub use browse::{DependentView, PackageView, RelationKind, RelationView, VersionView};
pub use change::{Change, ChangeRequest, prepare_change};
pub use directory::{DirectoryLock, RepositoryDirectory};
pub use error::ProduceError;
pub use init::{InitRequest, init};
pub use pages::Page;
pub use prune::{PruneRequest, prepare_prune};
pub use publication::Publication;
pub use publish::{Added, PublishReport, PublishRequest, prepare};
pub use verify::{Check, Checked, verify};

/// What a long call reports: how many packages of how many are done, and which one it is at.
pub type Watch<'a> = dyn Fn(usize, usize, &str) + Sync + 'a;
