//! Where symlinks may point (PSD-009 §3.4).

use super::destination::Place;
use super::path::{COMPONENT_BYTES, COMPONENTS, broken_character_rule};
use crate::identity::Architecture;
use crate::package::PackageError;

const TARGET_BYTES: usize = 4095;

/// Checks the target of the link at `path`, which has passed [`super::check_path`].
pub fn check_symlink(path: &str, target: &str, architecture: &Architecture) -> Result<(), PackageError> {
    match broken_rule(path, target, architecture) {
        None => Ok(()),
        Some(rule) => Err(PackageError::Symlink { path: path.to_owned(), target: target.to_owned(), rule }),
    }
}

fn broken_rule(path: &str, target: &str, architecture: &Architecture) -> Option<&'static str> {
    if target.is_empty() {
        return Some("a target must not be empty");
    }
    if target.starts_with('/') {
        return Some("a target must be relative");
    }
    if target.len() > TARGET_BYTES {
        return Some("a target must have at most 4095 bytes");
    }
    if let Some(rule) = broken_character_rule(target) {
        return Some(rule);
    }
    match resolve(path, target) {
        Err(rule) => Some(rule),
        Ok(resolved) => match Place::of(&resolved, architecture) {
            Place::Below { .. } | Place::Itself => None,
            Place::Ancestor | Place::Mountpoint | Place::Elsewhere(_) => {
                Some("the target must resolve to an allowed destination, or below one")
            }
        },
    }
}

/// Joins `target` with the link's directory, lexically. The root itself is the empty path.
fn resolve(path: &str, target: &str) -> Result<String, &'static str> {
    let mut resolved: Vec<&str> = path.split('/').collect();
    resolved.pop();
    let mut count = 0;
    for component in target.split('/').filter(|component| !matches!(*component, "" | ".")) {
        count += 1;
        if component.len() > COMPONENT_BYTES {
            return Err("a component of the target must have at most 255 bytes");
        }
        if component == ".." {
            resolved.pop().ok_or("the target must not lead out of the root")?;
        } else {
            resolved.push(component);
        }
    }
    if count > COMPONENTS {
        return Err("a target must have at most 256 components");
    }
    Ok(resolved.join("/"))
}
