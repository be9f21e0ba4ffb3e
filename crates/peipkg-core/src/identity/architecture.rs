//! Architecture identifiers and their library triplets (PSD-009 §2.3).

use std::fmt;

use super::IdentityError;

/// A valid architecture identifier: `x86_64`, `aarch64`, `noarch`, or one not known yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Architecture(Box<str>);

impl Architecture {
    /// Checks `text` against the rule for architectures.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let valid = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.len() <= 16
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if valid { Ok(Self(text.into())) } else { Err(IdentityError::Architecture { text: text.to_owned() }) }
    }

    /// The one that this program was built for: a new system's primary architecture.
    pub fn of_this_machine() -> Self {
        Self(std::env::consts::ARCH.into())
    }

    /// The architecture's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether packages of it install everywhere.
    pub fn is_noarch(&self) -> bool {
        &*self.0 == "noarch"
    }

    /// `<architecture>-linux-peios`; `noarch` has none.
    pub fn triplet(&self) -> Option<String> {
        (!self.is_noarch()).then(|| format!("{}-linux-peios", self.0))
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Architecture {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
