//! What a producer checks before it packs: the rules of the payload, all violations together, and advice.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use super::super::ArchiveError;
use super::scan::{self, StagedEntry, StagedKind};
use crate::package::side_effects::{library_directories, required_by};
use crate::package::{EntryKind, Limits, Manifest, SideEffect, payload};
use crate::text::quote;

/// The directory whose files name further library directories.
const LIBRARY_CONFIGURATION: &str = "etc/ld.so.conf.d/";

/// Library configuration files are a few lines.
const CONFIGURATION_BYTES: u64 = 1 << 20;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Broken rules: such a package is not made.
    pub errors: Vec<String>,
    /// Things that the author may want to change.
    pub warnings: Vec<String>,
}

/// Checks the entries of one package against its manifest.
pub(super) fn check(
    manifest: &Manifest,
    entries: &[StagedEntry],
    staged: &Path,
    limits: &Limits,
) -> Result<Findings, ArchiveError> {
    let mut findings = Findings::default();
    if entries.len() as u64 > limits.payload_entries {
        let (found, limit) = (entries.len(), limits.payload_entries);
        findings.errors.push(format!("number of payload entries: {found} exceeds the limit of {limit}"));
    }
    if !manifest.description.is_ascii() {
        findings
            .warnings
            .push(format!("the description is not plain ASCII: {}", quote(&manifest.description)));
    }
    for entry in entries {
        check_entry(manifest, entry, &mut findings);
    }
    let kind_of = |path: &str| {
        let found = entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        kind(&entries[found].kind)
    };
    if let Err(error) = manifest.check_overrides(kind_of) {
        findings.errors.push(error.to_string());
    }
    check_side_effects(manifest, entries, &configured_libraries(entries, staged)?, &mut findings);
    Ok(findings)
}

/// What a package calls it; nothing for a special file.
pub(super) fn kind(kind: &StagedKind) -> Option<EntryKind> {
    match kind {
        StagedKind::File { .. } => Some(EntryKind::File),
        StagedKind::Directory => Some(EntryKind::Directory),
        StagedKind::Symlink { .. } => Some(EntryKind::Symlink),
        StagedKind::Special => None,
    }
}

fn check_entry(manifest: &Manifest, entry: &StagedEntry, findings: &mut Findings) {
    let StagedEntry { path, kind: staged } = entry;
    let Some(kind) = kind(staged) else {
        let rule = "neither a regular file, a directory nor a symbolic link";
        findings.errors.push(format!("{}: {rule}", quote(path)));
        return;
    };
    let architecture = &manifest.architecture;
    let checked =
        payload::check_path(path).and_then(|()| payload::check_destination(kind, path, architecture));
    let checked = checked.and_then(|()| match staged {
        StagedKind::Symlink { target } => payload::check_symlink(path, target, architecture),
        _ => Ok(()),
    });
    if let Err(error) = checked {
        findings.errors.push(error.to_string());
    }
    if let StagedKind::File { elf, privileged, .. } = staged {
        check_file(manifest, path, *elf, findings);
        if *privileged {
            findings
                .warnings
                .push(format!("{}: its setuid or setgid bit is lost: packages have no modes", quote(path)));
        }
    }
}

fn check_file(manifest: &Manifest, path: &str, elf: bool, findings: &mut Findings) {
    if elf && manifest.architecture.is_noarch() {
        findings.errors.push(format!("{}: an ELF file cannot be in a noarch package", quote(path)));
    }
    if path.starts_with("boot/") {
        findings.warnings.push(format!("{}: a regular file in boot/; a symlink is preferred", quote(path)));
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let library =
        name.contains(".so.") || Path::new(name).extension().is_some_and(|end| end == "so" || end == "a");
    let triplet = manifest.architecture.triplet();
    let in_triplet = triplet.is_some_and(|triplet| path.starts_with(&format!("usr/lib/{triplet}/")));
    if library && !in_triplet && !path.starts_with("usr/lib/debug/") {
        findings.warnings.push(format!("{}: a library outside usr/lib/<triplet>/", quote(path)));
    }
}

/// PSD-009 §4.3: `ldconfig` and `depmod` if and only if there are files that call for them; `man-db` should be.
fn check_side_effects(
    manifest: &Manifest,
    entries: &[StagedEntry],
    libraries: &BTreeSet<String>,
    findings: &mut Findings,
) {
    for effect in SideEffect::ALL {
        let cause = entries.iter().find(|entry| {
            kind(&entry.kind).and_then(|kind| required_by(kind, &entry.path, libraries)) == Some(effect)
        });
        let name = effect.as_str();
        match (cause, manifest.side_effects.contains(&effect)) {
            (Some(cause), false) if effect == SideEffect::ManDb => {
                findings
                    .warnings
                    .push(format!("side_effects should declare {name}: there is {}", quote(&cause.path)));
            }
            (Some(cause), false) => {
                findings
                    .errors
                    .push(format!("side_effects must declare {name}: there is {}", quote(&cause.path)));
            }
            (None, true) if effect != SideEffect::ManDb => {
                findings
                    .errors
                    .push(format!("side_effects declares {name}, but no file of the package calls for it"));
            }
            _ => {}
        }
    }
}

/// The directories that the package's own library configuration names.
fn configured_libraries(entries: &[StagedEntry], staged: &Path) -> Result<BTreeSet<String>, ArchiveError> {
    let mut directories = BTreeSet::new();
    for StagedEntry { path, kind } in entries {
        let Some(name) = path.strip_prefix(LIBRARY_CONFIGURATION) else { continue };
        if name.contains('/') || !matches!(kind, StagedKind::File { .. }) {
            continue;
        }
        let mut text = Vec::new();
        let read = scan::open(staged, path)?.take(CONFIGURATION_BYTES).read_to_end(&mut text);
        read.map_err(|source| scan::failed("read", &staged.join(path), source))?;
        directories.extend(library_directories(&String::from_utf8_lossy(&text)));
    }
    Ok(directories)
}
