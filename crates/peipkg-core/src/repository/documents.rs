//! The cached documents of one repository: files named by the digest of what they hold.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Write};

use super::{RepositoryError, SIGNATURE_LIMIT, catalog};
use crate::digest::Digest;
use crate::fsx::{Directory, Root, state};
use crate::store::repositories::RepositoryState;

/// Mode of cached files: trust state is no secret.
const MODE: u32 = 0o644;

/// The directory of one repository's documents, relative to the root.
pub(super) fn directory(name: &str) -> String {
    format!("{}/{name}", all_directories())
}

/// The directory of all repositories' directories.
pub(super) fn all_directories() -> String {
    format!("{}/repositories", state::CACHE)
}

/// The file name of a document.
pub(super) fn document_file(digest: Digest) -> String {
    format!("{digest}.json")
}

/// The file name of a signature.
pub(super) fn signature_file(digest: Digest) -> String {
    format!("{digest}.sig")
}

/// The file with the validators that the server gave for a document: a hint for the next request, trusted with nothing.
pub(super) fn validators_file(digest: Digest) -> String {
    format!("{digest}.http")
}

/// Every file that a state refers to.
pub(super) fn files_of(state: &RepositoryState) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut add = |digest, signature: Option<Digest>| {
        files.insert(document_file(digest));
        files.extend(signature.map(signature_file));
    };
    if let Some(descriptor) = &state.descriptor {
        add(descriptor.digest, descriptor.signature);
    }
    add(state.active.digest, state.active.signature);
    if let Some(archive) = &state.archive {
        add(archive.digest, archive.signature);
    }
    for index in [Some(&state.active), state.archive.as_ref()].into_iter().flatten() {
        files.extend([validators_file(index.digest), catalog::file_name(index.digest)]);
    }
    files
}

/// One writer at a time, so that none tidies away what another has just written. It is held for the moment of writing only,
/// and is not the transaction lock.
pub(super) struct Writing {
    directory: Directory,
    path: String,
}

impl Writing {
    /// `new`: nothing of the repository is in the database yet.
    pub(super) fn begin(root: &Root, name: &str, new: bool) -> Result<Self, RepositoryError> {
        let path = directory(name);
        let directory = root.make_directories(&path, 0o755)?;
        if new {
            root.sync_way(&path)?;
        }
        loop {
            match rustix::fs::flock(&directory, rustix::fs::FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Self { directory, path }),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(crate::fsx::FsError::new("lock", &path, errno).into()),
            }
        }
    }

    /// Writes a file durably; one that is there with the same content is left.
    pub(super) fn write(&self, root: &Root, file: &str, bytes: &[u8]) -> Result<(), RepositoryError> {
        let path = format!("{}/{file}", self.path);
        if holds(root, &path, bytes) {
            return Ok(());
        }
        Ok(root.write_durable(&path, bytes, MODE)?)
    }

    /// The same of a catalog, which need not be in memory.
    pub(super) fn write_catalog(
        &self,
        root: &Root,
        file: &str,
        catalog: &catalog::Encoded,
    ) -> Result<(), RepositoryError> {
        let path = format!("{}/{file}", self.path);
        if holds_catalog(root, &path, catalog) {
            return Ok(());
        }
        Ok(root.write_durable_by(&path, MODE, &mut |file| catalog.write_to(file))?)
    }

    /// Removes every file that is not in `keep`: older generations, and what a killed refresh left.
    pub(super) fn tidy(&self, keep: &BTreeSet<String>) -> Result<(), RepositoryError> {
        for file in self.directory.list()? {
            if !keep.contains(&file) {
                self.directory.remove_tree(&file)?;
            }
        }
        Ok(())
    }
}

/// Whether the file holds those bytes, compared piece by piece: an index may be large.
fn holds(root: &Root, path: &str, bytes: &[u8]) -> bool {
    let Ok(Some(mut file)) = root.open_file(path) else { return false };
    if file.metadata().map_or(true, |found| !found.is_file() || found.len() != bytes.len() as u64) {
        return false;
    }
    let mut piece = vec![0; 256 << 10];
    bytes.chunks(piece.len()).all(|expected| {
        let found = &mut piece[..expected.len()];
        file.read_exact(found).is_ok() && found == expected
    })
}

fn holds_catalog(root: &Root, path: &str, catalog: &catalog::Encoded) -> bool {
    let Ok(Some(file)) = root.open_file(path) else { return false };
    if !file.metadata().is_ok_and(|found| found.is_file()) {
        return false;
    }
    let mut rest = Comparing { file, piece: Vec::new() };
    catalog.write_to(&mut rest).is_ok() && rest.file.read(&mut [0]).is_ok_and(|more| more == 0)
}

/// Takes what the file holds next, and nothing else.
struct Comparing {
    file: File,
    piece: Vec<u8>,
}

impl Write for Comparing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let expected = &bytes[..bytes.len().min(256 << 10)];
        self.piece.resize(expected.len(), 0);
        self.file.read_exact(&mut self.piece)?;
        if self.piece == expected { Ok(expected.len()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a cached document and checks it against the digest that the database records.
pub(super) fn read(
    root: &Root,
    name: &str,
    document: &'static str,
    digest: Digest,
    limit: u64,
) -> Result<Vec<u8>, RepositoryError> {
    read_file(root, name, document, &document_file(digest), digest, limit)
}

/// Reads a cached signature likewise.
pub(super) fn read_signature(
    root: &Root,
    name: &str,
    document: &'static str,
    digest: Option<Digest>,
) -> Result<Option<Vec<u8>>, RepositoryError> {
    digest
        .map(|digest| read_file(root, name, document, &signature_file(digest), digest, SIGNATURE_LIMIT))
        .transpose()
}

fn read_file(
    root: &Root,
    name: &str,
    document: &'static str,
    file: &str,
    recorded: Digest,
    limit: u64,
) -> Result<Vec<u8>, RepositoryError> {
    let bytes = root
        .read(&format!("{}/{file}", directory(name)), limit)?
        .ok_or(RepositoryError::CacheMissing { document })?;
    let found = Digest::of(&bytes);
    if found != recorded {
        return Err(RepositoryError::CacheAltered { document, found, recorded });
    }
    Ok(bytes)
}
