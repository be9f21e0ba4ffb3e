//! A change of a repository that is decided and verified and not yet written, and the writing of it.
//!
//! Order of durable steps, in place: packages and their documents under their names (nothing points to them yet), the pages
//! of the browse site beside the old ones, then the new index directory beside the old one, then the swap, then the pages
//! under their names, index.html last. A crash before the swap leaves the old publish with unreferenced files, after it the
//! new one; pages that it left old are told by index.html, which says what it shows.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use super::add::NewPackage;
use super::browse::Facts;
use super::directory::{DirectoryLock, RepositoryDirectory};
use super::documents::Documentation;
use super::init::empty_directory;
use super::layout::{self, BROWSE, DIRECTORY_MODE, FILE_MODE, WORK};
use super::pages::{Page, Pages};
use super::swap::{self, Documents};
use super::{ProduceError, PublishReport, Watch, documents, pending, place};
use crate::archive::Observer;
use crate::digest::Digest;
use crate::fsx::{FsError, Root};
use crate::repository::descriptor::Descriptor;
use crate::repository::index::{Header, IndexEntry};

/// A change of a repository that is decided and verified. Nothing is written; the lock is held.
#[derive(Debug)]
pub struct Publication {
    pub(super) _lock: DirectoryLock,
    /// The directory that is read.
    pub(super) directory: PathBuf,
    pub(super) base: RepositoryDirectory,
    /// The directory that is written: the same, or an empty or absent one.
    pub(super) out: PathBuf,
    pub(super) packages: Vec<NewPackage>,
    /// Of each package: where its bytes go, if they are kept here.
    pub(super) destinations: Vec<Option<String>>,
    pub(super) header: Header,
    /// All entries, in the archive's order.
    pub(super) archive: Vec<IndexEntry>,
    /// The current ones: places in `archive`.
    pub(super) active: Vec<usize>,
    /// The indexes; `None`: they stay as they are.
    pub(super) documents: Option<Documents>,
    /// repo.json with its signature, where either changes.
    pub(super) descriptor: Option<NewDescriptor>,
    pub(super) documentation: Documentation,
    /// The names whose entries changed, with what other pages showed of them before; `None`: any may have.
    pub(super) changed: Option<Vec<(String, Option<Facts>)>>,
    /// Files that go once nothing points to them any more.
    pub(super) removed: Vec<String>,
    pub(super) report: PublishReport,
}

/// repo.json as it will be.
#[derive(Debug)]
pub(super) struct NewDescriptor {
    pub(super) descriptor: Descriptor,
    pub(super) bytes: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// Path and content of the key files that it names anew.
    pub(super) keys: Vec<(String, Vec<u8>)>,
}

impl Publication {
    /// What it comes to, once it is written.
    pub fn report(&self) -> &PublishReport {
        &self.report
    }

    /// What repo.json says.
    pub fn descriptor(&self) -> &Descriptor {
        self.descriptor.as_ref().map_or(&self.base.descriptor, |new| &new.descriptor)
    }

    /// What both indexes say of themselves.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many packages the archive holds, every version counted.
    pub fn archive_count(&self) -> usize {
        self.archive.len()
    }

    /// The digest of what the pages of the browse site showed before and will show: repo.json and the archive index.
    pub fn shown(&self) -> (Digest, Digest) {
        let descriptor = self.descriptor.as_ref().map_or(&self.base.descriptor_bytes, |new| &new.bytes);
        let archive =
            self.documents.as_ref().map_or(self.base.archive_digest, |new| Digest::of(&new.archive));
        (shown(&self.base.descriptor_bytes, self.base.archive_digest), shown(descriptor, archive))
    }

    /// Makes the documents of packages of before the browse site, which their pages show.
    pub fn complete_documents(&mut self, watch: &Watch<'_>, observer: &Observer) -> Result<(), ProduceError> {
        self.documentation.complete(&self.base.root, &self.archive, watch, observer)
    }

    /// Writes everything. On failure before the swap the repository is as it was (out of place: incomplete, and not a
    /// repository). No `pages`: the browse site is left as it is.
    pub fn write(self, pages: Option<Vec<Page>>, observer: &Observer) -> Result<PublishReport, ProduceError> {
        if self.out == self.directory {
            self.in_place(pages, observer)
        } else {
            self.elsewhere(pages, observer)
        }?;
        Ok(self.report)
    }

    fn in_place(&self, pages: Option<Vec<Page>>, observer: &Observer) -> Result<(), ProduceError> {
        let root = &self.base.root;
        let failed = |source| ProduceError::Fs { directory: self.out.clone(), source };
        swap::clean(root).map_err(failed)?;
        root.make_directories(WORK, DIRECTORY_MODE).map_err(failed)?;
        let written = swap::probe(root, &self.out).and_then(|()| {
            self.write_packages(root, observer)?;
            let pages = self.stage_pages(root, pages)?;
            self.put_in_place(root).map_err(failed)?;
            self.removed.iter().try_for_each(|path| root.remove(path).map(drop)).map_err(failed)?;
            pages.map_or(Ok(()), |pages| pages.place(root)).map_err(failed)
        });
        let cleaned = swap::clean(root).map_err(failed);
        written.and(cleaned)
    }

    /// The signed documents of the new state.
    fn put_in_place(&self, root: &Root) -> Result<(), FsError> {
        let documents = self.documents.as_ref();
        match &self.descriptor {
            Some(new) if new.bytes != self.base.descriptor_bytes => {
                pending::decide(root, &new.bytes, &new.signature, documents)?;
                return pending::finish(root);
            }
            Some(new) => root.write_durable(layout::DESCRIPTOR_SIGNATURE, &new.signature, FILE_MODE)?,
            None => {}
        }
        documents.map_or(Ok(()), |documents| swap::swap(root, documents))
    }

    /// A complete copy. repo.json comes last: without it the directory is no repository.
    fn elsewhere(&self, pages: Option<Vec<Page>>, observer: &Observer) -> Result<(), ProduceError> {
        let out = &self.out;
        let failed = |source| ProduceError::Fs { directory: out.clone(), source };
        let root = empty_directory(out)?;
        let _lock = RepositoryDirectory::lock(out)?;
        let skip = [layout::INDEX, layout::DESCRIPTOR, layout::DESCRIPTOR_SIGNATURE, WORK];
        place::tree(&self.base.root, &root, "", &skip, observer)?;
        root.make_directories(WORK, DIRECTORY_MODE).map_err(failed)?;
        self.write_packages(&root, observer)?;
        if let Some(pages) = self.stage_pages(&root, pages)? {
            pages.place(&root).map_err(failed)?;
        }
        swap::clean(&root).map_err(failed)?;
        if let Some(documents) = &self.documents {
            documents.write(&root, layout::INDEX).map_err(failed)?;
        }
        let copied = || {
            let limit = crate::repository::SIGNATURE_LIMIT;
            Ok(self.base.root.read(layout::DESCRIPTOR_SIGNATURE, limit)?.unwrap_or_default())
        };
        let signature = self.descriptor.as_ref().map(|new| new.signature.clone());
        let signature = signature.map_or_else(copied, Ok).map_err(failed)?;
        root.write_durable(layout::DESCRIPTOR_SIGNATURE, &signature, FILE_MODE).map_err(failed)?;
        root.write_durable(layout::DESCRIPTOR, &self.base.descriptor_bytes, FILE_MODE).map_err(failed)
    }

    fn stage_pages(&self, root: &Root, pages: Option<Vec<Page>>) -> Result<Option<Pages>, ProduceError> {
        let Some(pages) = pages else { return Ok(None) };
        let names: HashSet<&str> = self.archive.iter().map(|entry| entry.name.as_str()).collect();
        let obsolete =
            |name: &str| name.strip_suffix(".html").is_some_and(|package| !names.contains(package));
        Pages::stage(root, pages, obsolete)
            .map(Some)
            .map_err(|source| ProduceError::Fs { directory: self.out.join(BROWSE), source })
    }

    fn write_packages(&self, root: &Root, observer: &Observer) -> Result<(), ProduceError> {
        let mut changed = BTreeSet::new();
        for (package, destination) in self.packages.iter().zip(&self.destinations) {
            if let Some(path) = destination {
                let digest = package.entry.digest;
                place::package(root, &self.out, &package.file, digest, path, &mut changed, observer)?;
            }
        }
        let failed = |source| ProduceError::Fs { directory: self.out.clone(), source };
        documents::write(root, &self.documentation, &mut changed).map_err(failed)?;
        for (path, bytes) in self.descriptor.iter().flat_map(|new| &new.keys) {
            place::bytes(root, path, bytes, &mut changed).map_err(failed)?;
        }
        place::sync(root, &changed).map_err(failed)
    }
}

fn shown(descriptor: &[u8], archive: Digest) -> Digest {
    let mut hasher = crate::digest::Hasher::new();
    hasher.update(Digest::of(descriptor).to_string().as_bytes());
    hasher.update(archive.to_string().as_bytes());
    hasher.finish()
}
