//! The package that was fetched is the one that was planned: manifest against index entry (spec file 4).

use super::RepositoryError;
use super::index::IndexEntry;
use crate::identity::Constraint;
use crate::package::{Manifest, Provide, Relation};

/// Compares every field that planning used. Digest and compressed size are checked where the file is hashed.
/// Returns warnings for the fields in which the manifest simply wins.
pub fn matches(manifest: &Manifest, entry: &IndexEntry, repository: &str) -> Result<Vec<String>, RepositoryError> {
    let mismatch = |field, found: String, expected: String| {
        if found == expected {
            return Ok(());
        }
        let package = format!("{} {}", entry.name, entry.version);
        Err(RepositoryError::Mismatch { package, repository: repository.to_owned(), field, found, expected })
    };
    let text = |value: &dyn ToString| value.to_string();
    mismatch("name", text(&manifest.name), text(&entry.name))?;
    mismatch("version", text(&manifest.version), text(&entry.version))?;
    mismatch("architecture", text(&manifest.architecture), text(&entry.architecture))?;
    mismatch("size_installed", text(&manifest.size_installed), text(&entry.size_installed))?;
    mismatch("dependencies", relations(&manifest.dependencies), relations(&entry.dependencies))?;
    let optional = (&manifest.optional_dependencies, &entry.optional_dependencies);
    mismatch("optional_dependencies", relations(optional.0), relations(optional.1))?;
    mismatch("conflicts", relations(&manifest.conflicts), relations(&entry.conflicts))?;
    mismatch("provides", provides(&manifest.provides), provides(&entry.provides))?;
    mismatch("replaces", relations(&manifest.replaces), relations(&entry.replaces))?;
    mismatch("side_effects", effects(&manifest.side_effects), effects(&entry.side_effects))?;
    Ok(warnings(manifest, entry, repository))
}

/// Index fields that only inform.
fn warnings(manifest: &Manifest, entry: &IndexEntry, repository: &str) -> Vec<String> {
    let timestamp = entry.build.timestamp.is_none_or(|timestamp| timestamp == manifest.build.timestamp);
    [
        ("description", manifest.description == entry.description),
        ("license", manifest.license == entry.license),
        ("homepage", manifest.homepage == entry.homepage),
        ("build.timestamp", timestamp),
        ("build.farm_id", entry.build.farm_id.is_empty() || entry.build.farm_id == manifest.build.farm_id),
    ]
    .into_iter()
    .filter(|(_, same)| !same)
    .map(|(field, _)| {
        format!("{} {}: {field} differs between the package and the index of {repository}; the package's is used", manifest.name, manifest.version)
    })
    .collect()
}

fn relations(relations: &[Relation]) -> String {
    let shown = relations.iter().map(|relation| match &relation.constraint {
        Some(constraint) => format!("{} {}", relation.name, Constraint::as_str(constraint)),
        None => relation.name.to_string(),
    });
    shown.collect::<Vec<_>>().join("; ")
}

fn provides(provides: &[Provide]) -> String {
    let shown = provides.iter().map(|provide| match &provide.version {
        Some(version) => format!("{} {version}", provide.name),
        None => provide.name.to_string(),
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// A set: the order in which side effects are listed means nothing.
fn effects(effects: &[crate::package::SideEffect]) -> String {
    let mut words: Vec<&str> = effects.iter().map(|effect| effect.as_str()).collect();
    words.sort_unstable();
    words.join("; ")
}
