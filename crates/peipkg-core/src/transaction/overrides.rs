//! Security-descriptor overrides: who may have them, and what people must see first (PSD-009 §3.4.7).

use super::request::{Control, Requested};
use super::{TransactionError, verify};
use crate::archive::{PayloadKind, VerifiedPackage};
use crate::digest::Digest;
use crate::fsx::{Root, descriptors};
use crate::package::security::review::{self, Override, Shown};
use crate::package::security::{SecurityDescriptor, Sid};
use crate::package::{EntryKind, Limits, Manifest};
use crate::text::escape;

/// What an operator has said about overrides.
#[derive(Debug, Clone, Default)]
pub struct OverrideRules {
    /// By repository, the SIDs that its packages may let in without asking.
    pub allowed: Vec<(String, Vec<Sid>)>,
    /// Packages, by the digest of their file, whose overrides were shown.
    pub shown: Vec<Digest>,
    /// Packages whose overrides may let in others too.
    pub granted: Vec<Digest>,
    /// Packages whose overrides are recorded as not applied, where the kernel cannot apply them.
    pub unapplied: Vec<Digest>,
}

/// The overrides of one package of a request.
#[derive(Debug, Clone)]
pub struct Review {
    /// Its name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Of its file.
    pub digest: Digest,
    /// The repository; none for a local file.
    pub repository: Option<String>,
    /// Whom they let in that needs an authorisation.
    pub outside: Vec<String>,
    /// Whether the kernel can apply them.
    pub can_apply: bool,
    /// Each of them.
    pub overrides: Vec<Shown>,
}

/// Refuses a package whose overrides the operator has not agreed to. A refused override refuses the package.
pub(super) fn check(
    verified: &VerifiedPackage,
    repository: Option<&str>,
    official: bool,
    rules: &OverrideRules,
) -> Result<(), String> {
    let overrides = &verified.manifest.sd_overrides;
    if overrides.is_empty() {
        return Ok(());
    }
    if !rules.shown.contains(&verified.digest) {
        return Err(format!(
            "it overrides the security descriptors of {} path(s), which nobody has been shown",
            overrides.len()
        ));
    }
    let outside = outside(verified, repository, official, rules);
    if !outside.is_empty() && !rules.granted.contains(&verified.digest) {
        return Err(format!(
            "its security descriptors would let in {} (not well known, and not in sd_allow_sids of its repository)",
            outside.join(", ")
        ));
    }
    if !descriptors::of_this_kernel().can_apply() && !rules.unapplied.contains(&verified.digest) {
        return Err(format!(
            "it overrides the security descriptors of {} path(s), which this kernel cannot apply (on a terminal you can authorise that they are only recorded)",
            overrides.len()
        ));
    }
    Ok(())
}

/// What becomes of the overrides of a package that is put in place.
pub(super) fn note(manifest: &Manifest) -> Option<String> {
    let overrides = &manifest.sd_overrides;
    let first = overrides.first()?;
    let what = if descriptors::of_this_kernel().can_apply() { "were applied" } else { "were only recorded" };
    Some(format!(
        "{}: {} security descriptor override(s) {what}, /{} first",
        manifest.name.as_str(),
        overrides.len(),
        escape(&first.path)
    ))
}

fn outside(
    verified: &VerifiedPackage,
    repository: Option<&str>,
    official: bool,
    rules: &OverrideRules,
) -> Vec<String> {
    if official {
        return Vec::new();
    }
    let allowed = rules.allowed.iter().find(|(name, _)| Some(name.as_str()) == repository);
    let allowed = allowed.map_or(&[][..], |(_, sids)| sids);
    review::outside(verified.manifest.sd_overrides.iter().map(|one| &one.sd), allowed)
}

/// Packages whose overrides are to be shown.
pub struct Questions {
    /// In plan order.
    pub operations: Vec<Requested>,
    /// Whom repositories may let in.
    pub rules: OverrideRules,
    /// Bounds on packages.
    pub limits: Limits,
    /// Seconds since 1970.
    pub now: i64,
}

/// Shows the overrides of every package that has some. Read-only; takes no lock.
pub fn review(root: &Root, request: &Questions, control: &Control) -> Result<Vec<Review>, TransactionError> {
    let existing = |path: &str| existing(root, path);
    let mut reviews = Vec::new();
    for operation in &request.operations {
        let Requested::Put { file, expected, .. } = operation else { continue };
        let verified = verify::verify_alone(file, expected, &request.limits, request.now, control)?;
        let overrides = of_package(&verified);
        if overrides.is_empty() {
            continue;
        }
        reviews.push(Review {
            package: expected.name.clone(),
            version: expected.version.clone(),
            digest: verified.digest,
            repository: expected.repository.clone(),
            outside: outside(&verified, expected.repository.as_deref(), expected.official, &request.rules),
            can_apply: descriptors::of_this_kernel().can_apply(),
            overrides: review::show(&overrides, &existing),
        });
    }
    Ok(reviews)
}

fn of_package(verified: &VerifiedPackage) -> Vec<Override<'_>> {
    let kind = |path: &str| {
        let entry = verified.entries.iter().find(|entry| *entry.path == *path);
        match entry.map(|entry| &entry.kind) {
            Some(PayloadKind::Directory) => EntryKind::Directory,
            _ => EntryKind::File,
        }
    };
    let overrides = verified.manifest.sd_overrides.iter();
    overrides.map(|one| Override { path: &one.path, kind: kind(&one.path), sd: &one.sd }).collect()
}

/// What a directory on disk has, where the kernel knows of descriptors.
fn existing(root: &Root, path: &str) -> Option<SecurityDescriptor> {
    let directory = root.open_directory(path).ok()?;
    let file = std::fs::File::from(std::os::fd::AsFd::as_fd(&directory).try_clone_to_owned().ok()?);
    let bytes = descriptors::of_this_kernel().read(&file).ok().flatten()?;
    SecurityDescriptor::parse(&bytes).ok()
}
