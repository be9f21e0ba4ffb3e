//! Putting the pages of the browse site in place: only those whose content changed, index.html after all others.

use std::collections::BTreeSet;
use std::io::Write;

use super::layout::{BROWSE, DIRECTORY_MODE, FILE_MODE, FRONT, WORK};
use super::place;
use crate::fsx::sync::{Barrier, Durability};
use crate::fsx::{FsError, Kind, Renaming, Root, split};
use crate::sorting;

/// A file of the browse site.
#[derive(Debug)]
pub struct Page {
    /// `index.html`, or a name in `browse/`.
    pub path: String,
    /// All of it.
    pub content: Vec<u8>,
}

/// Pages that lie durably beside the old ones.
#[derive(Debug)]
pub(super) struct Pages {
    /// In the order of their renames.
    changed: Vec<String>,
    /// Pages of packages that are there no more.
    obsolete: Vec<String>,
}

/// Where changed pages wait.
const STAGED: &str = "pages";

impl Pages {
    /// Writes the pages that differ from what is there. `obsolete` says which names in `browse/` are pages of no package.
    pub(super) fn stage(
        root: &Root,
        pages: Vec<Page>,
        obsolete: impl Fn(&str) -> bool,
    ) -> Result<Self, FsError> {
        let staged = root.make_directories(&format!("{WORK}/{STAGED}"), DIRECTORY_MODE)?;
        let mut changed = Vec::new();
        for Page { path, content } in pages {
            check_path(&path)?;
            if place::holds(root, &path, &content)? {
                continue;
            }
            let mut file = staged.create_file(&staged_name(&path), FILE_MODE)?;
            file.write_all(&content).map_err(|error| FsError::new("write", &path, error))?;
            changed.push(path);
        }
        // What nothing points to yet first, the first page, which says what the site shows, last.
        sorting::sort_by_key(&mut changed, |path| path == FRONT);
        let directory = staged.path().to_owned();
        let directories = BTreeSet::from([directory.clone()]);
        let files: Vec<String> =
            changed.iter().map(|path| format!("{directory}/{}", staged_name(path))).collect();
        Barrier::new(Durability::automatic(root, files.len()), root, &directories, None)?.sync(
            root,
            &mut files.iter().map(String::as_str),
            &directories,
        )?;
        let is_file = |name: &String| {
            root.metadata(&format!("{BROWSE}/{name}"))
                .is_ok_and(|found| found.is_some_and(|found| found.kind == Kind::File))
        };
        let mut listed = root.list(BROWSE)?;
        listed.retain(|name| obsolete(name) && is_file(name));
        Ok(Self { changed, obsolete: listed })
    }

    /// Gives them their names.
    pub(super) fn place(&self, root: &Root) -> Result<(), FsError> {
        let browse = root.make_durable_directories(BROWSE, DIRECTORY_MODE)?;
        let staged = root.open_directory(&format!("{WORK}/{STAGED}"))?;
        let top = root.open_directory("")?;
        for path in &self.changed {
            if path == FRONT {
                browse.sync()?;
                staged.rename(FRONT, &top, FRONT, Renaming::Over)?;
            } else {
                let name = split(path).1;
                staged.rename(&staged_name(path), &browse, name, Renaming::Over)?;
            }
        }
        for name in &self.obsolete {
            browse.unlink(name)?;
        }
        if self.changed.is_empty() && self.obsolete.is_empty() {
            return Ok(());
        }
        browse.sync()?;
        top.sync()
    }
}

/// Pages of `browse/` cannot be called as the first one is while they wait.
fn staged_name(path: &str) -> String {
    if path == FRONT { FRONT.to_owned() } else { format!("page-{}", split(path).1) }
}

fn check_path(path: &str) -> Result<(), FsError> {
    let name = path.strip_prefix(BROWSE).and_then(|rest| rest.strip_prefix('/'));
    let plain = |name: &str| !name.is_empty() && !name.contains(['/', '\0']) && !matches!(name, "." | "..");
    if path == FRONT || name.is_some_and(plain) {
        Ok(())
    } else {
        Err(FsError::new("write", path, rustix::io::Errno::INVAL))
    }
}
