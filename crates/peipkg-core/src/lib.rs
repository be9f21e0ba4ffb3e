//! The packaging system of Peios: format, trust, state and transactions (PSD-009 v0.22).
//!
//! Data flows downward: `identity`, `json`, `signature` → `package` → `archive`, `repository` → `store` → `transaction`.
//! Nothing here prints, and nothing here knows of Node.

pub mod archive;
pub mod audit;
pub mod configuration;
pub mod digest;
pub mod elf;
pub mod error;
pub mod fsx;
pub mod identity;
pub mod integrity;
pub mod json;
pub mod package;
pub mod process;
pub mod repository;
pub mod signature;
mod sorting;
pub mod store;
pub mod tag_pattern;
pub mod text;
pub mod timestamp;
pub mod transaction;
