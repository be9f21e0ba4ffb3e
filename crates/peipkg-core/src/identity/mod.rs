//! Names, versions, constraints, architectures, package file names (PSD-009 §2).

mod architecture;
mod constraint;
mod error;
mod file_name;
mod name;
mod version;

pub use architecture::Architecture;
pub use constraint::Constraint;
pub use error::IdentityError;
pub use file_name::PackageFileName;
pub use name::Name;
pub use version::Version;

#[cfg(test)]
mod tests;
