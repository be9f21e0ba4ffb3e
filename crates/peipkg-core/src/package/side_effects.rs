//! Which files call for which side effect (PSD-009 §4.3).

use std::collections::BTreeSet;

use super::EntryKind;
use crate::text::quote;

/// The closed set of side effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SideEffect {
    /// Module dependencies, once per kernel version.
    Depmod,
    /// The cache of shared libraries.
    Ldconfig,
    /// The index of manual pages.
    ManDb,
}

impl SideEffect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Depmod, Self::Ldconfig, Self::ManDb];

    /// Reads the manifest's word for it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|effect| effect.as_str() == text);
        known.ok_or_else(|| {
            format!("side effect {} is unknown; there are ldconfig, depmod, man-db", quote(text))
        })
    }

    /// The manifest's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Depmod => "depmod",
            Self::Ldconfig => "ldconfig",
            Self::ManDb => "man-db",
        }
    }
}

/// The effect that a package must declare for an entry. `library_directories` are those that its own
/// `etc/ld.so.conf.d` files name ([`library_directories`]).
pub fn required_by(
    kind: EntryKind,
    path: &str,
    library_directories: &BTreeSet<String>,
) -> Option<SideEffect> {
    if kind == EntryKind::Directory {
        return None;
    }
    if is_manual_page(path) {
        return Some(SideEffect::ManDb);
    }
    if kind != EntryKind::File {
        return None;
    }
    if kernel_version(path).is_some() {
        return Some(SideEffect::Depmod);
    }
    let named = path.rsplit_once('/').is_some_and(|(directory, _)| library_directories.contains(directory));
    (named || is_library(path)).then_some(SideEffect::Ldconfig)
}

/// The effect that is due when a file or link of that path goes away.
pub fn covered_by(path: &str) -> Option<SideEffect> {
    if is_manual_page(path) {
        Some(SideEffect::ManDb)
    } else if kernel_version(path).is_some() {
        Some(SideEffect::Depmod)
    } else {
        is_library(path).then_some(SideEffect::Ldconfig)
    }
}

/// Of a kernel module, the version of the kernel that it is for: `usr/lib/modules/<version>/….ko*`.
pub fn kernel_version(path: &str) -> Option<&str> {
    let (version, below) = path.strip_prefix("usr/lib/modules/")?.split_once('/')?;
    let name = below.rsplit_once('/').map_or(below, |(_, name)| name);
    is_named(name, ".ko").then_some(version)
}

/// The directories that a file in `etc/ld.so.conf.d/` names, as paths below the root.
pub fn library_directories(configuration: &str) -> impl Iterator<Item = String> + '_ {
    configuration.lines().filter_map(|line| {
        let line = line.split_once('#').map_or(line, |(before, _)| before).trim();
        let directory = line.strip_prefix('/')?;
        Some(
            directory
                .split('/')
                .filter(|part| !part.is_empty() && *part != ".")
                .collect::<Vec<_>>()
                .join("/"),
        )
    })
}

fn is_library(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    is_named(name, ".so") && !path.starts_with("usr/lib/debug/")
}

/// Whether a name ends in that extension, or has it before a further one.
fn is_named(name: &str, extension: &str) -> bool {
    name.match_indices(extension)
        .any(|(at, _)| matches!(name.as_bytes().get(at + extension.len()), None | Some(b'.')))
}

fn is_manual_page(path: &str) -> bool {
    path.starts_with("usr/share/man/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(kind: EntryKind, path: &str) -> Option<SideEffect> {
        required_by(
            kind,
            path,
            &library_directories("# ours\n/opt/x//lib/ # here\n include /etc/y\n").collect(),
        )
    }

    #[test]
    fn libraries() {
        use EntryKind::{Directory, File, Symlink};
        for path in [
            "usr/lib/x86_64-linux-peios/libfoo.so",
            "usr/lib/x86_64-linux-peios/libfoo.so.1.2",
            "opt/a/b.so",
            "opt/x/lib/plain",
        ] {
            assert_eq!(required(File, path), Some(SideEffect::Ldconfig), "{path}");
            assert_eq!(required(Symlink, path), None, "{path}");
            assert_eq!(required(Directory, path), None, "{path}");
        }
        for path in [
            "usr/lib/debug/libfoo.so.1",
            "usr/share/a.sox",
            "usr/share/so",
            "opt/x/lib/deeper/plain",
            "usr/share/x.soname/y",
        ] {
            assert_eq!(required(File, path), None, "{path}");
        }
        assert_eq!(covered_by("opt/a/b.so.1"), Some(SideEffect::Ldconfig));
    }

    #[test]
    fn modules() {
        for (path, version) in [
            ("usr/lib/modules/6.1-peios/kernel/a.ko", Some("6.1-peios")),
            ("usr/lib/modules/6.1/a.ko.zst", Some("6.1")),
            ("usr/lib/modules/6.1/modules.dep", None),
            ("usr/lib/modules/a.ko", None),
            ("usr/share/6.1/a.ko", None),
        ] {
            assert_eq!(kernel_version(path), version, "{path}");
            assert_eq!(covered_by(path), version.map(|_| SideEffect::Depmod), "{path}");
        }
    }

    #[test]
    fn manual_pages() {
        assert_eq!(required(EntryKind::File, "usr/share/man/man3/foo.3"), Some(SideEffect::ManDb));
        assert_eq!(covered_by("usr/share/man/man3/foo.so.3"), Some(SideEffect::ManDb));
        assert_eq!(covered_by("usr/share/manual"), None);
    }
}
