//! Package names, real and virtual (PSD-009 §2.1).

use std::fmt;

use super::IdentityError;

/// A valid package name; ordered by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// Checks `text` against every rule for names.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        match broken_rule(text.as_bytes()) {
            None => Ok(Self(text.into())),
            Some(rule) => Err(IdentityError::Name { text: text.to_owned(), rule }),
        }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

fn broken_rule(name: &[u8]) -> Option<&'static str> {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separator = |byte: u8| matches!(byte, b'-' | b'.');
    if !(2..=64).contains(&name.len()) {
        return Some("it must have 2 to 64 characters");
    }
    // An index has half a million names: one pass, whatever it finds.
    let (mut foreign, mut adjacent, mut after_separator) = (false, false, false);
    for &byte in name {
        foreign |= !(alphanumeric(byte) || separator(byte) || byte == b'+');
        adjacent |= separator(byte) && after_separator;
        after_separator = separator(byte);
    }
    if foreign {
        return Some("only a-z 0-9 - . + are allowed");
    }
    if !alphanumeric(name[0]) {
        return Some("it must start with a letter or digit");
    }
    if after_separator {
        return Some("it must end in a letter, a digit or +");
    }
    adjacent.then_some("two separators (- .) must not follow each other")
}
