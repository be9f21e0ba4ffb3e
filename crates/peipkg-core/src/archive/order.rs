//! The order of payload entries, and what must not stand beside or below what (PSD-009 §3.1, §3.2).

use super::ArchiveError;
use crate::package::EntryKind;

/// Follows the payload entries of one archive. Either order is accepted as long as it is one of them: by the
/// bytes of the names as written, directories with their slash, or by the bytes of the paths without it.
pub(super) struct Order {
    previous: Option<String>,
    sorted_by_name: bool,
    sorted_by_path: bool,
    /// Non-directories that are a byte prefix of the latest path. In either order all names that begin with a
    /// path come right after it, so that only these can have an entry beside or below them.
    prefixes: Vec<String>,
}

impl Default for Order {
    fn default() -> Self {
        Self { previous: None, sorted_by_name: true, sorted_by_path: true, prefixes: Vec::new() }
    }
}

impl Order {
    /// Checks the next entry; `name` is as written.
    pub(super) fn check(&mut self, kind: EntryKind, name: &str) -> Result<(), ArchiveError> {
        let path = name.strip_suffix('/').unwrap_or(name);
        self.check_order(name, path)?;
        self.check_prefixes(name, path)?;
        if kind != EntryKind::Directory {
            self.prefixes.push(path.to_owned());
        }
        self.previous = Some(name.to_owned());
        Ok(())
    }

    fn check_order(&mut self, name: &str, path: &str) -> Result<(), ArchiveError> {
        let Some(previous) = &self.previous else { return Ok(()) };
        let previous_path = previous.strip_suffix('/').unwrap_or(previous);
        self.sorted_by_name &= previous.as_str() < name;
        self.sorted_by_path &= previous_path < path;
        let rule = if previous_path == path {
            "a path may have one entry only"
        } else if !self.sorted_by_name && !self.sorted_by_path {
            "payload entries must be sorted by the bytes of their names"
        } else {
            return Ok(());
        };
        Err(ArchiveError::Layout { entry: name.to_owned(), rule })
    }

    fn check_prefixes(&mut self, name: &str, path: &str) -> Result<(), ArchiveError> {
        while self.prefixes.last().is_some_and(|prefix| !path.starts_with(prefix.as_str())) {
            self.prefixes.pop();
        }
        for prefix in &self.prefixes {
            let rule = match path.as_bytes().get(prefix.len()) {
                Some(b'/') => "nothing may lie below an entry that is not a directory",
                None => "a path may have one entry only",
                Some(_) => continue,
            };
            return Err(ArchiveError::Layout { entry: name.to_owned(), rule });
        }
        Ok(())
    }
}
