//! The database of one root: packages, paths, repositories, history, journal (PSD-009 §7.4).

pub mod backups;
pub mod beside;
pub mod descriptors;
pub mod ended;
mod error;
pub mod history;
pub mod journal;
mod open;
pub mod outbox;
pub mod packages;
pub mod paths;
mod private_copy;
pub mod reference;
pub mod repositories;
mod schema;

pub use error::StoreError;
pub use open::Store;

#[cfg(test)]
mod tests;
