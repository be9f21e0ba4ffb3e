//! Names, versions, constraints, architectures.

use napi_derive::napi;
use peipkg_core::identity::{Architecture, Constraint, Name, Version};

use crate::failure::{Result, throwing};

/// The order of two versions (PSD-009 §2.2.7): -1, 0 or 1.
#[napi(ts_return_type = "-1 | 0 | 1")]
pub fn compare_versions(left: String, right: String) -> Result<i32> {
    throwing(|| Ok(Version::parse(&left)?.compare(&Version::parse(&right)?) as i32))
}

/// Whether a version meets a constraint (PSD-009 §2.2.8).
#[napi]
pub fn matches_constraint(version: String, constraint: String) -> Result<bool> {
    throwing(|| Ok(Constraint::parse(&constraint)?.matches(&Version::parse(&version)?)))
}

/// Throws unless `name` is a valid package name (PSD-009 §2.1).
#[napi]
pub fn check_name(name: String) -> Result<()> {
    throwing(|| Ok(Name::parse(&name).map(drop)?))
}

/// The architecture of this machine (PSD-009 §2.3).
#[napi]
pub fn machine_architecture() -> String {
    Architecture::of_this_machine().to_string()
}
