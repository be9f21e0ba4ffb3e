//! The package that was fetched is the one that was planned: manifest against index entry (spec file 4).

use super::RepositoryError;
use super::index::IndexEntry;
use crate::identity::Constraint;
use crate::package::{Manifest, Provide, Relation};
use crate::sorting;

/// Compares every field that planning used. Digest and compressed size are checked where the file is hashed.
/// Returns warnings for the fields in which the manifest simply wins.
pub fn matches(
    manifest: &Manifest,
    entry: &IndexEntry,
    repository: &str,
) -> Result<Vec<String>, RepositoryError> {
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

/// Refuses a package of a farm that the operator did not name: a guard against mistakes, no more.
pub fn check_farm(manifest: &Manifest, farms: &[String], repository: &str) -> Result<(), RepositoryError> {
    let farm = &manifest.build.farm_id;
    if farms.is_empty() || farms.contains(farm) {
        return Ok(());
    }
    Err(RepositoryError::Farm {
        package: format!("{} {}", manifest.name, manifest.version),
        farm: farm.clone(),
        repository: repository.to_owned(),
    })
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
        format!(
            "{} {}: {field} differs between the package and the index of {repository}; the package's is used",
            manifest.name, manifest.version
        )
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
    sorting::sort(&mut words);
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::matches;
    use crate::package::{Limits, Manifest};
    use crate::repository::fixture::entry;

    const RELATIONS: &str = "\"dependencies\":[{\"name\":\"libc\",\"constraint\":\">= 2\"}],\"optional_dependencies\":[{\"name\":\"doc\"}],\
         \"conflicts\":[{\"name\":\"old\"}],\"provides\":[{\"name\":\"abi\",\"version\":\"1-1\"}],\"replaces\":[{\"name\":\"gone\"}],\
         \"side_effects\":[\"ldconfig\"]";

    fn manifest() -> Manifest {
        let text = format!(
            "{{\"schema_version\":1,\"name\":\"hello\",\"version\":\"1-1\",\"architecture\":\"noarch\",{RELATIONS},\"size_installed\":20,\
             \"build\":{{\"timestamp\":\"2026-05-01T12:00:00Z\",\"farm_id\":\"f\",\"source_ref\":\"r\"}}}}\n"
        );
        Manifest::parse(text.as_bytes(), &Limits::default()).expect("a valid manifest")
    }

    #[test]
    fn every_field_that_planning_used_must_match() {
        let with = |from: &str, to: &str| entry("hello", "1-1", &format!(",{}", RELATIONS.replace(from, to)));
        assert_eq!(matches(&manifest(), &with("", ""), "r").expect("the same"), [""; 0]);
        for (field, changed) in [
            ("name", entry("hallo", "1-1", &format!(",{RELATIONS}"))),
            ("version", entry("hello", "1-2", &format!(",{RELATIONS}"))),
            ("architecture", entry("hello", "1-1", &format!(",{RELATIONS},\"architecture\":\"x86_64\""))),
            ("size_installed", entry("hello", "1-1", &format!(",{RELATIONS},\"size_installed\":21"))),
            ("dependencies", with(">= 2", ">= 1")),
            ("optional_dependencies", with("doc", "man")),
            ("conflicts", with("{\"name\":\"old\"}", "")),
            ("provides", with(",\"version\":\"1-1\"", "")),
            ("replaces", with("gone", "done")),
            ("side_effects", with("\"ldconfig\"", "")),
        ] {
            let error = matches(&manifest(), &changed, "r").expect_err(field).to_string();
            assert!(error.contains(&format!("index entry: {field} is ")), "{field}: {error}");
        }
    }

    #[test]
    fn where_the_manifest_wins_there_is_a_warning() {
        let more = format!(",{RELATIONS},\"license\":\"MIT\",\"build\":{{\"farm_id\":\"other\"}}");
        let warnings = matches(&manifest(), &entry("hello", "1-1", &more), "r").expect("no mismatch");
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].contains("license") && warnings[1].contains("build.farm_id"));
    }
}
