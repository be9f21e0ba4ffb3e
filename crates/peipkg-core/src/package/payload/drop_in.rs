//! Directories whose files act on the whole system: closed to packages that are not official (PSD-009 §3.4).

use super::EntryKind;
use crate::identity::Name;
use crate::package::PackageError;

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The repository that the operator's configuration calls official.
    Official,
    /// Another repository, by its configured name.
    Repository(&'a str),
    /// A file of this machine.
    Local,
}

impl<'a> Origin<'a> {
    /// `repository` is `None` for a local file, which is never official.
    pub const fn new(repository: Option<&'a str>, official: bool) -> Self {
        match repository {
            None => Self::Local,
            Some(_) if official => Self::Official,
            Some(name) => Self::Repository(name),
        }
    }
}

/// The drop-in directories: the built-in ones, and those that the operator's configuration adds.
#[derive(Debug, Clone)]
pub struct DropIns {
    /// Paths below the root.
    directories: Vec<String>,
}

const BUILT_IN: [&str; 12] = [
    "etc/ld.so.conf.d",
    "etc/profile.d",
    "etc/sudoers.d",
    "etc/cron.d",
    "etc/cron.daily",
    "etc/cron.hourly",
    "etc/cron.weekly",
    "etc/cron.monthly",
    "etc/sysctl.d",
    "etc/modules-load.d",
    "etc/modprobe.d",
    "etc/binfmt.d",
];

impl Default for DropIns {
    fn default() -> Self {
        Self { directories: BUILT_IN.map(String::from).to_vec() }
    }
}

impl DropIns {
    /// The built-in list and `added`, whose paths may begin and end with slashes.
    pub fn with(added: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut all = Self::default();
        all.directories.extend(
            added
                .into_iter()
                .map(|path| path.as_ref().trim_matches('/').to_owned())
                .filter(|path| !path.is_empty()),
        );
        all
    }

    /// Checks an entry of `package`, which comes from `origin`.
    pub fn check(
        &self,
        package: &Name,
        origin: Origin<'_>,
        kind: EntryKind,
        path: &str,
    ) -> Result<(), PackageError> {
        let subdirectory = match origin {
            Origin::Official => return Ok(()),
            Origin::Repository(name) => format!("peios-{name}"),
            Origin::Local => "peios-local".to_owned(),
        };
        for directory in &self.directories {
            if let Some(rule) = broken_rule(directory, &subdirectory, package, kind, path) {
                return Err(PackageError::DropIn {
                    path: path.to_owned(),
                    rule,
                    directory: directory.clone(),
                    package: package.to_string(),
                    allowed: subdirectory,
                });
            }
        }
        Ok(())
    }
}

fn broken_rule(
    directory: &str,
    subdirectory: &str,
    package: &Name,
    kind: EntryKind,
    path: &str,
) -> Option<&'static str> {
    let is_directory = kind == EntryKind::Directory;
    if path == directory || directory.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')) {
        // A link in its place would fill it with whatever it points at.
        return (!is_directory)
            .then_some("a package that is not official must not replace a drop-in directory");
    }
    let below = path.strip_prefix(directory)?.strip_prefix('/')?;
    let (first, rest) = below.split_once('/').map_or((below, None), |(first, rest)| (first, Some(rest)));
    match rest {
        None if !is_directory => Some("a package that is not official must not put files here"),
        _ if first != subdirectory => Some("a package that is not official must not use this subdirectory"),
        Some(rest) if !rest.starts_with(package.as_str()) => {
            Some("the name must start with the package's name")
        }
        _ => None,
    }
}
