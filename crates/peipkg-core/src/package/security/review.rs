//! What a package's overrides come to: what people must see before any of them is applied, and whom they let in
//! (PSD-009 §3.4.7).

use std::collections::{BTreeMap, BTreeSet};

use super::sddl::ace_to_text;
use super::{Ace, Acl, Parts, SecurityDescriptor, Sid};
use crate::package::EntryKind;
use crate::sorting;

/// A package's override, as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The path relative to the root.
    pub path: String,
    /// In words; none where the descriptor says nothing of it.
    pub owner: Option<String>,
    /// The same.
    pub group: Option<String>,
    /// Every entry, in words and in SDDL.
    pub entries: Vec<(String, String)>,
    /// The whole in SDDL.
    pub sddl: String,
    /// One line for each difference to what inheritance would give; none where that is not known.
    pub difference: Option<Vec<String>>,
}

/// An override and what it is of.
#[derive(Debug, Clone, Copy)]
pub struct Override<'a> {
    /// The path relative to the root.
    pub path: &'a str,
    /// A file or a directory.
    pub kind: EntryKind,
    /// What it shall have.
    pub sd: &'a SecurityDescriptor,
}

/// What a directory outside of the package has, where the kernel can say so.
pub type Existing<'a> = &'a dyn Fn(&str) -> Option<SecurityDescriptor>;

/// Every override with its entries and its difference to inheritance.
pub fn show(overrides: &[Override<'_>], existing: Existing<'_>) -> Vec<Shown> {
    let directories = overrides.iter().filter(|one| one.kind == EntryKind::Directory);
    let own: BTreeMap<&str, Parts> = sorting::map(directories.map(|one| (one.path, one.sd.parts())));
    let shown = |one: &Override<'_>| {
        let parts = one.sd.parts();
        let inherited = inherited(one.path, one.kind, &own, existing);
        Shown {
            path: one.path.to_owned(),
            owner: parts.owner.as_ref().map(Sid::in_words),
            group: parts.group.as_ref().map(Sid::in_words),
            entries: entries(&parts).map(|ace| (ace.in_words(), ace_to_text(ace))).collect(),
            sddl: one.sd.to_sddl(),
            difference: inherited.map(|inherited| differences(&parts, &inherited)),
        }
    };
    overrides.iter().map(shown).collect()
}

/// Whom an override lets in: its owner, and every SID that an entry allows something, those included that only what is
/// made in a directory inherits. `None`: everybody, for there is no list.
pub fn granted(sd: &SecurityDescriptor) -> Option<BTreeSet<Sid>> {
    let parts = sd.parts();
    if parts.has_dacl() && parts.dacl.is_none() {
        return None;
    }
    let allowed = parts.dacl.iter().flat_map(|acl| &acl.aces).filter(|ace| ace.grants());
    Some(sorting::set(allowed.map(|ace| ace.sid.clone()).chain(parts.owner.clone())))
}

/// Which of them are neither well known nor in the operator's list, in words.
pub fn outside<'a>(overrides: impl Iterator<Item = &'a SecurityDescriptor>, allowed: &[Sid]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for sd in overrides {
        match granted(sd) {
            None => drop(found.insert("everybody, without any list of entries".to_owned())),
            Some(sids) => found.extend(
                sids.iter().filter(|sid| !sid.is_well_known() && !allowed.contains(sid)).map(Sid::to_string),
            ),
        }
    }
    found.into_iter().collect()
}

/// From the nearest directory whose descriptor is known, down to the path.
fn inherited(
    path: &str,
    kind: EntryKind,
    own: &BTreeMap<&str, Parts>,
    existing: Existing<'_>,
) -> Option<Parts> {
    let (parent, _) = path.rsplit_once('/').unwrap_or(("", path));
    let parent_parts = match own.get(parent) {
        Some(parts) => Some(parts.clone()),
        None => existing(parent).map(|sd| sd.parts()),
    };
    match parent_parts {
        Some(parts) => Some(parts.inherited_by(kind)),
        None if parent.is_empty() => None,
        None => Some(inherited(parent, EntryKind::Directory, own, existing)?.inherited_by(kind)),
    }
}

/// `+` only the override has it, `-` only inheritance would give it.
fn differences(parts: &Parts, inherited: &Parts) -> Vec<String> {
    const INHERITED: u8 = 0x10;
    let bare = |ace: &Ace| ace_to_text(&Ace { flags: ace.flags & !INHERITED, ..ace.clone() });
    let ours: Vec<String> = entries(parts).map(bare).collect();
    let theirs: Vec<String> = entries(inherited).map(bare).collect();
    let only = |sign: char, these: &[String], those: &[String]| {
        these.iter().filter(|one| !those.contains(one)).map(|one| format!("{sign} {one}")).collect::<Vec<_>>()
    };
    let owners = [("owner", &parts.owner), ("group", &parts.group)];
    let named =
        owners.iter().filter_map(|(what, sid)| Some(format!("+ {what} {}", sid.as_ref()?.in_words())));
    named.chain(only('+', &ours, &theirs)).chain(only('-', &theirs, &ours)).collect()
}

fn entries(parts: &Parts) -> impl Iterator<Item = &Ace> {
    [&parts.dacl, &parts.sacl].into_iter().flatten().flat_map(|acl: &Acl| &acl.aces)
}
