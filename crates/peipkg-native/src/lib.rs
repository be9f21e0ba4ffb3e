//! The N-API skin of `peipkg-core`: one file per core module, same names, no logic.

#![allow(clippy::needless_pass_by_value, reason = "arguments from JavaScript arrive as owned values")]

pub mod archive;
pub mod audit;
pub mod browse;
pub mod cache;
pub mod cancel;
pub mod compare;
pub mod configuration;
pub mod doctor;
pub mod document;
pub mod elf;
pub mod failure;
pub mod history;
pub mod identity;
pub mod overrides;
mod panic;
pub mod process;
pub mod progress;
pub mod publication;
pub mod recovery;
pub mod repository;
pub mod repository_change;
pub mod signature;
pub mod system;
pub mod tag_pattern;
pub mod task;
pub mod text;
pub mod transaction;
pub mod universe;
pub mod watch;
