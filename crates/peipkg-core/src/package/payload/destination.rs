//! The directories that packages may fill (PSD-009 §3.4).

use super::EntryKind;
use crate::identity::Architecture;
use crate::package::PackageError;

/// Checks an entry whose path has passed [`super::check_path`].
pub fn check_destination(
    kind: EntryKind,
    path: &str,
    architecture: &Architecture,
) -> Result<(), PackageError> {
    match broken_rule(kind, path, architecture) {
        None => Ok(()),
        Some(rule) => Err(PackageError::Destination { path: path.to_owned(), rule }),
    }
}

fn broken_rule(kind: EntryKind, path: &str, architecture: &Architecture) -> Option<&'static str> {
    let place = Place::of(path, architecture);
    match (place, kind) {
        (Place::Below { variable: true }, EntryKind::File | EntryKind::Symlink) => {
            Some("var/ may hold only directories")
        }
        (Place::Below { .. }, _)
        | (Place::Itself | Place::Ancestor | Place::Mountpoint, EntryKind::Directory) => None,
        (Place::Itself, _) => Some("a destination itself may only be a directory"),
        (Place::Ancestor, _) => Some("an ancestor of a destination may only be a directory"),
        (Place::Mountpoint, _) => Some("dev, proc, run, sys and tmp may only be directories"),
        (Place::Elsewhere(rule), _) => Some(rule),
    }
}

/// Where a path lies, seen from the allowed destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Below {
        variable: bool,
    },
    Itself,
    /// `usr`, `usr/lib`, `usr/src`: there so that the destinations can be.
    Ancestor,
    /// A bare directory that a base-filesystem package ships empty.
    Mountpoint,
    /// Not allowed, and why.
    Elsewhere(&'static str),
}

impl Place {
    pub(super) fn of(path: &str, architecture: &Architecture) -> Self {
        let (first, rest) = split(path);
        match (first, rest) {
            ("usr", None) => Self::Ancestor,
            ("usr", Some(rest)) => Self::in_usr(rest, architecture),
            ("etc" | "opt" | "boot" | "system", rest) => Self::at(rest),
            ("var", Some(_)) => Self::Below { variable: true },
            ("var", None) => Self::Itself,
            ("dev" | "proc" | "run" | "sys" | "tmp", None) => Self::Mountpoint,
            ("dev" | "proc" | "run" | "sys" | "tmp", Some(_)) => {
                Self::Elsewhere("nothing may be below dev, proc, run, sys or tmp")
            }
            _ => Self::Elsewhere(
                "not below an allowed destination (usr/bin, usr/lib/<triplet>, usr/share, usr/include, etc, var, opt, boot, system, …)",
            ),
        }
    }

    fn in_usr(path: &str, architecture: &Architecture) -> Self {
        let (first, rest) = split(path);
        match (first, rest) {
            ("bin" | "share" | "include", rest) => Self::at(rest),
            ("lib" | "src", None) => Self::Ancestor,
            ("lib", Some(rest)) => Self::in_library(rest, architecture),
            ("src", Some(rest)) => match split(rest) {
                ("debug", rest) => Self::at(rest),
                _ => Self::Elsewhere("below usr/src, only usr/src/debug is an allowed destination"),
            },
            _ => Self::Elsewhere(
                "below usr, only bin, lib/<triplet>, share, include, lib/modules, lib/debug and src/debug are allowed destinations",
            ),
        }
    }

    fn in_library(path: &str, architecture: &Architecture) -> Self {
        let (first, rest) = split(path);
        if architecture.is_noarch() {
            return Self::Elsewhere("a noarch package may have nothing below usr/lib");
        }
        let is_triplet = first.strip_suffix("-linux-peios") == Some(architecture.as_str());
        if is_triplet || matches!(first, "modules" | "debug") {
            return Self::at(rest);
        }
        Self::Elsewhere(
            "below usr/lib, only the package's own triplet, modules and debug are allowed destinations",
        )
    }

    const fn at(rest: Option<&str>) -> Self {
        if rest.is_some() { Self::Below { variable: false } } else { Self::Itself }
    }
}

/// The destinations of a package for `architecture`.
pub fn destinations(architecture: &Architecture) -> Vec<String> {
    let everywhere =
        ["usr/bin", "usr/share", "usr/include", "usr/src/debug", "etc", "var", "opt", "boot", "system"];
    let mut all: Vec<_> = everywhere.map(String::from).to_vec();
    if let Some(triplet) = architecture.triplet() {
        all.extend([format!("usr/lib/{triplet}"), "usr/lib/modules".to_owned(), "usr/lib/debug".to_owned()]);
    }
    all
}

/// Directories that a base-filesystem package ships empty.
pub const fn mount_points() -> [&'static str; 5] {
    ["dev", "proc", "run", "sys", "tmp"]
}

/// The first component, and what follows it.
fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

/// Whether a directory is a destination itself or lies above one, whatever the architecture: such a directory stays
/// when the last package that ships it goes.
pub fn is_destination_or_above(path: &str) -> bool {
    const FIXED: [&str; 20] = [
        "usr",
        "usr/bin",
        "usr/lib",
        "usr/lib/modules",
        "usr/lib/debug",
        "usr/share",
        "usr/include",
        "usr/src",
        "usr/src/debug",
        "etc",
        "var",
        "opt",
        "boot",
        "system",
        "dev",
        "proc",
        "run",
        "sys",
        "tmp",
        "",
    ];
    let triplet = path.strip_prefix("usr/lib/").and_then(|name| name.strip_suffix("-linux-peios"));
    FIXED.contains(&path) || triplet.is_some_and(|architecture| !architecture.contains('/'))
}
