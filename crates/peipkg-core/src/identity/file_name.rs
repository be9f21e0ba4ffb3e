//! Package file names `<name>_<version>_<architecture>.peipkg` (PSD-009 §2.1).

use std::fmt;

use super::{Architecture, IdentityError, Name, Version};

/// The identity that a package file's name claims; the manifest is authoritative.
#[derive(Debug, Clone)]
pub struct PackageFileName {
    /// Up to the first `_`.
    pub name: Name,
    /// Up to the second `_`.
    pub version: Version,
    /// The rest: it alone may contain `_`.
    pub architecture: Architecture,
}

impl PackageFileName {
    /// Splits a file name (without directory) and checks its three parts.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let invalid = || IdentityError::FileName { text: text.to_owned() };
        let mut parts = text.strip_suffix(".peipkg").ok_or_else(invalid)?.splitn(3, '_');
        let mut next = || parts.next().ok_or_else(invalid);
        Ok(Self {
            name: Name::parse(next()?)?,
            version: Version::parse(next()?)?,
            architecture: Architecture::parse(next()?)?,
        })
    }

    /// The file name of a package of that identity.
    pub fn format(name: &Name, version: &Version, architecture: &Architecture) -> String {
        format!("{name}_{version}_{architecture}.peipkg")
    }
}

impl fmt::Display for PackageFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::format(&self.name, &self.version, &self.architecture))
    }
}
