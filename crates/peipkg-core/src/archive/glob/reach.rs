//! Whether a pattern can match anything that a package may hold.

use super::{Glob, GlobError, expand};
use crate::identity::Architecture;
use crate::package::payload;

/// Whether some path that `architecture` allows matches `pattern`: a file or link, or for a pattern that ends in `/` a
/// directory. A pattern that is odd in other ways gets the benefit of the doubt.
pub fn reaches(pattern: &str, architecture: &Architecture) -> Result<bool, GlobError> {
    Glob::parse(pattern)?;
    let (body, directory) = pattern.strip_suffix('/').map_or((pattern, false), |body| (body, true));
    let fail = |reason| GlobError { pattern: pattern.to_owned(), reason };
    let destinations = payload::destinations(architecture);
    for alternative in expand::braces(body).map_err(fail)? {
        let components: Vec<_> = alternative.split('/').collect();
        if components.iter().any(|component| matches!(*component, "" | "." | "..")) {
            continue;
        }
        let mut places = destinations.iter().map(String::as_str).chain(payload::mount_points());
        if places.any(|place| meets(&components, place, directory)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn meets(pattern: &[&str], place: &str, directory: bool) -> bool {
    let is_mount_point = payload::mount_points().contains(&place);
    let mut wanted = pattern.iter();
    for component in place.split('/') {
        match wanted.next() {
            // A directory above the destination.
            None => return directory,
            // From here on anything; but files are neither in var nor at a mount point.
            Some(&"**") => return directory || !(is_mount_point || place == "var"),
            Some(wanted) if !Glob::parse(wanted).is_ok_and(|glob| glob.matches(component, true)) => {
                return false;
            }
            Some(_) => {}
        }
    }
    // All of the place is matched: the place itself, or what lies below it.
    match wanted.next() {
        None => directory,
        Some(_) if is_mount_point => false,
        Some(_) => directory || place != "var",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn can(pattern: &str, architecture: &str) -> bool {
        reaches(pattern, &Architecture::parse(architecture).unwrap()).unwrap()
    }

    #[test]
    fn what_can_match_something_allowed_is_told_from_what_cannot() {
        for pattern in [
            "**",
            "**/*.so",
            "usr/**",
            "usr/bin/*",
            "usr/{bin,sbin}/x",
            "u?r/b*/x",
            "etc/x",
            "opt/x/**",
            "usr/",
            "usr/lib/",
            "var/",
            "var/log/x/",
            "tmp/",
            "var/**/",
            "usr/lib/x86_64-linux-peios/*.so",
            "usr/lib/**",
            "usr/*/modules/x",
            "usr/lib/debug/**",
            "usr/src/debug/x",
            "system/x",
            "[eo]*/x",
            "usr/bin/**",
        ] {
            assert!(can(pattern, "x86_64"), "{pattern}");
        }
        for pattern in [
            "usr",
            "usr/bin",
            "sbin/x",
            "usr/local/**",
            "usr/lib/*.so",
            "/usr/bin/x",
            "usr//bin/x",
            "usr/bin/../x",
            "var/**",
            "var/x",
            "tmp/x",
            "tmp/x/",
            "usr/lib/aarch64-linux-peios/x",
            "home/",
            "usr/lib/x/",
            "etc",
            "USR/bin/x",
            "usr/{sbin,local}/x",
            "usr/src/x",
            "./usr/bin/x",
        ] {
            assert!(!can(pattern, "x86_64"), "{pattern}");
        }
        assert!(!can("usr/lib/**", "noarch"));
        assert!(can("usr/**", "noarch"));
        assert!(can("usr/lib/", "x86_64"));
        assert!(reaches("usr/[a", &Architecture::parse("noarch").unwrap()).is_err());
    }

    /// The list agrees with the rule that packages are held to.
    #[test]
    fn every_destination_is_one() {
        use crate::package::{EntryKind, payload::check_destination};
        for architecture in ["x86_64", "noarch"] {
            let architecture = Architecture::parse(architecture).unwrap();
            for place in payload::destinations(&architecture) {
                let below = format!("{place}/x");
                let kind = if place == "var" { EntryKind::Directory } else { EntryKind::File };
                assert!(check_destination(kind, &below, &architecture).is_ok(), "{below}");
            }
        }
    }
}
