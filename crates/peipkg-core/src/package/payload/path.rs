//! Paths of payload entries (PSD-009 §3.2).

use unicode_normalization::is_nfc;

use crate::package::PackageError;

/// The most bytes of a path, bytes of one component, and components.
pub(super) const PATH_BYTES: usize = 4096;
pub(super) const COMPONENT_BYTES: usize = 255;
pub(super) const COMPONENTS: usize = 256;

/// Checks a path as files.json writes it: relative, without trailing slash.
pub fn check_path(path: &str) -> Result<(), PackageError> {
    match broken_rule(path) {
        None => Ok(()),
        Some(rule) => Err(PackageError::Path { path: path.to_owned(), rule }),
    }
}

fn broken_rule(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("a path must not be empty");
    }
    if path.starts_with('/') {
        return Some("a path must be relative");
    }
    if path.len() > PATH_BYTES {
        return Some("a path must have at most 4096 bytes");
    }
    if let Some(rule) = broken_character_rule(path) {
        return Some(rule);
    }
    let mut count = 0;
    for component in path.split('/') {
        count += 1;
        match component {
            "" => return Some("a path must not have an empty component"),
            "." | ".." => return Some("a path must not have a component . or .."),
            _ if component.len() > COMPONENT_BYTES => {
                return Some("a path component must have at most 255 bytes");
            }
            _ => {}
        }
    }
    if count > COMPONENTS {
        return Some("a path must have at most 256 components");
    }
    (path.split('/').next() == Some(".peipkg")).then_some("the payload must have nothing at or below .peipkg")
}

/// The rules for single characters, which symlink targets share.
pub(super) fn broken_character_rule(path: &str) -> Option<&'static str> {
    if path.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Some("it must have no NUL and no control character (0x01-0x1F, 0x7F)");
    }
    if path.contains('\\') {
        return Some("it must have no backslash");
    }
    (!is_nfc(path)).then_some("it must be in Unicode normalisation form NFC")
}
