//! A repository's directory, opened and checked by its own keys.

use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::layout::{self, local_path};
use super::{ProduceError, active, pending};
use crate::digest::{Digest, Hashed};
use crate::fsx::{Directory, FsError, Root};
use crate::repository::descriptor::{Descriptor, Pointer};
use crate::repository::index::{self, Header, IndexEntry, Kind};
use crate::repository::{DESCRIPTOR_LIMIT, INDEX_LIMIT, RepositoryError, SIGNATURE_LIMIT};
use crate::signature::{Fingerprint, KeyStatus, PublicKey, SignatureError, TrustSet, TrustedKey, detached};

/// A repository as it lies in its directory: everything parses, every signature verifies, the archive holds the active index.
#[derive(Debug)]
pub struct RepositoryDirectory {
    pub(super) root: Root,
    /// repo.json.
    pub descriptor: Descriptor,
    pub(super) descriptor_bytes: Vec<u8>,
    /// What the signature of repo.json says; an error is one that signing anew mends.
    pub descriptor_signer: Result<Fingerprint, SignatureError>,
    /// Its keys, with what repo.json says of them.
    pub keys: TrustSet,
    /// The header of the active index.
    pub active: Header,
    /// How many packages are current.
    pub active_count: usize,
    /// The header of the archive index.
    pub archive: Header,
    pub(super) archive_digest: Digest,
    /// Every package ever published.
    pub entries: Vec<IndexEntry>,
}

impl RepositoryDirectory {
    /// Opens and checks the repository at `directory`. `now`: seconds since 1970, for keys in transition.
    pub fn open(directory: &Path, now: i64) -> Result<Self, ProduceError> {
        let files = Files::open(directory)?;
        let (bytes, signature) = files.descriptor()?;
        let descriptor = Descriptor::parse(&bytes).map_err(|error| files.repository(error))?;
        let keys = files.keys(&descriptor)?;
        let descriptor_signer =
            check_descriptor_signature(&bytes, &signature, &keys, now).map_err(|source| {
                files.repository(RepositoryError::Signature { document: layout::DESCRIPTOR, source })
            })?;
        let mut entries = Vec::new();
        let mut active_count = 0;
        let mut superset = index::Superset::default();
        let active_bytes = files.index(&descriptor, Kind::Active, &keys, now)?;
        let archive_bytes = files.index(&descriptor, Kind::Archive, &keys, now)?;
        let read = |bytes: &[u8], kind, visit: &mut dyn FnMut(IndexEntry)| {
            let header = index::read(bytes, kind, visit).map_err(|error| files.repository(error))?;
            files.check_name(&descriptor, kind, &header)?;
            Ok::<_, ProduceError>(header)
        };
        let active = read(&active_bytes, Kind::Active, &mut |entry| {
            active_count += 1;
            superset.current(&entry);
        })?;
        let archive = read(&archive_bytes, Kind::Archive, &mut |entry| {
            superset.archived(&entry);
            entries.push(entry);
        })?;
        superset.check().map_err(|error| files.repository(error))?;
        Ok(Self {
            root: files.root,
            descriptor,
            descriptor_bytes: bytes,
            descriptor_signer,
            keys,
            active,
            active_count,
            archive,
            archive_digest: Digest::of(&archive_bytes),
            entries,
        })
    }

    /// The package files of a name: of that version, or of the current one, in every architecture. None when that is not
    /// published, or its bytes are elsewhere.
    pub fn files_of(&self, name: &str, version: Option<&str>) -> Vec<PathBuf> {
        let start = self.entries.partition_point(|entry| entry.name.as_str() < name);
        let end = self.entries.partition_point(|entry| entry.name.as_str() <= name);
        let versions = &self.entries[start..end];
        let (current, _) = active::select(versions);
        let current = current.first().map(|entry| entry.version.as_str());
        let wanted = version.or(current).unwrap_or_default();
        versions
            .iter()
            .filter(|entry| entry.version.as_str() == wanted)
            .filter_map(|entry| local_path("index/archive.json", &entry.url))
            .map(|path| self.root.absolute(&path))
            .collect()
    }

    /// Takes the lock of the repository at `directory`: one writer at a time. The lock is on the directory itself, so that no
    /// lock file is published. What a killed writer had decided on and not put in place is put there first.
    pub fn lock(directory: &Path) -> Result<DirectoryLock, ProduceError> {
        let failed = |source| ProduceError::Fs { directory: directory.to_owned(), source };
        let root = Root::open(directory).map_err(failed)?;
        let held = root.open_directory("").map_err(failed)?;
        match flock(&held, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                pending::finish(&root).map_err(failed)?;
                Ok(DirectoryLock { _held: held })
            }
            Err(rustix::io::Errno::WOULDBLOCK) => Err(ProduceError::Busy(directory.to_owned())),
            Err(errno) => Err(failed(FsError::new("lock", "", errno))),
        }
    }
}

/// The lock of a repository's directory; dropping it releases it.
#[derive(Debug)]
pub struct DirectoryLock {
    _held: Directory,
}

/// A signature by a key that is listed no more, or accepted no more, is mended by publishing; one that does not fit is not.
fn check_descriptor_signature(
    bytes: &[u8],
    signature: &[u8],
    keys: &TrustSet,
    now: i64,
) -> Result<Result<Fingerprint, SignatureError>, SignatureError> {
    match detached::verify(Hashed::of(bytes), signature, keys, now) {
        Ok(signer) => Ok(Ok(signer)),
        Err(
            error @ (SignatureError::KeyUnknown(_)
            | SignatureError::KeyRevoked(_)
            | SignatureError::KeyExpired { .. }),
        ) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

/// The documents of a repository, read one by one.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) root: Root,
    directory: PathBuf,
}

impl Files {
    pub(super) fn open(directory: &Path) -> Result<Self, ProduceError> {
        let root = Root::open(directory)
            .map_err(|source| ProduceError::Fs { directory: directory.to_owned(), source })?;
        Ok(Self { root, directory: directory.to_owned() })
    }

    pub(super) fn repository(&self, source: RepositoryError) -> ProduceError {
        ProduceError::Repository { directory: self.directory.clone(), source: Box::new(source) }
    }

    pub(super) fn descriptor(&self) -> Result<(Vec<u8>, Vec<u8>), ProduceError> {
        let bytes = self.read(layout::DESCRIPTOR, layout::DESCRIPTOR, DESCRIPTOR_LIMIT)?;
        Ok((bytes, self.read(layout::DESCRIPTOR_SIGNATURE, layout::DESCRIPTOR_SIGNATURE, SIGNATURE_LIMIT)?))
    }

    /// Every listed key; of a revoked one the file need not be there.
    pub(super) fn keys(&self, descriptor: &Descriptor) -> Result<TrustSet, ProduceError> {
        let mut keys = Vec::with_capacity(descriptor.keys.len());
        for listed in &descriptor.keys {
            let fallback = format!("{}/{}.pub", layout::KEYS, listed.fingerprint);
            let file = local_path(layout::DESCRIPTOR, &listed.url).unwrap_or(fallback);
            let bytes = self.root.read(&file, SIGNATURE_LIMIT).map_err(|source| self.failed(source))?;
            let key = bytes.and_then(|bytes| PublicKey::parse(&bytes).ok());
            let key = key.filter(|key| key.fingerprint() == listed.fingerprint);
            if key.is_none() && listed.status != KeyStatus::Revoked {
                return Err(ProduceError::KeyFile { directory: self.directory.clone(), file });
            }
            keys.push(TrustedKey { fingerprint: listed.fingerprint, key, status: listed.status });
        }
        Ok(TrustSet { keys })
    }

    /// The bytes of an index whose signature verifies.
    pub(super) fn index(
        &self,
        descriptor: &Descriptor,
        kind: Kind,
        keys: &TrustSet,
        now: i64,
    ) -> Result<Vec<u8>, ProduceError> {
        let Pointer { url, signature_url } = pointer(descriptor, kind);
        let elsewhere = |url: &str| ProduceError::Elsewhere {
            directory: self.directory.clone(),
            document: kind.document(),
            url: url.to_owned(),
        };
        let path = local_path(layout::DESCRIPTOR, url).ok_or_else(|| elsewhere(url))?;
        let signature_path =
            local_path(layout::DESCRIPTOR, signature_url).ok_or_else(|| elsewhere(signature_url))?;
        let bytes = self.read(&path, kind.document(), INDEX_LIMIT)?;
        let signature = self.read(&signature_path, "signature of the index", SIGNATURE_LIMIT)?;
        detached::verify(Hashed::of(&bytes), &signature, keys, now).map_err(|source| {
            self.repository(RepositoryError::Signature { document: kind.document(), source })
        })?;
        Ok(bytes)
    }

    /// An index must carry the name that repo.json gives.
    pub(super) fn check_name(
        &self,
        descriptor: &Descriptor,
        kind: Kind,
        header: &Header,
    ) -> Result<(), ProduceError> {
        if header.repo == descriptor.name {
            return Ok(());
        }
        let (found, expected) = (header.repo.clone(), descriptor.name.clone());
        Err(self.repository(RepositoryError::OtherRepository { kind, found, expected }))
    }

    fn read(&self, path: &str, document: &'static str, limit: u64) -> Result<Vec<u8>, ProduceError> {
        self.root
            .read(path, limit)
            .map_err(|source| self.failed(source))?
            .ok_or_else(|| ProduceError::Missing { directory: self.directory.clone(), document })
    }

    fn failed(&self, source: FsError) -> ProduceError {
        ProduceError::Fs { directory: self.directory.clone(), source }
    }
}

fn pointer(descriptor: &Descriptor, kind: Kind) -> &Pointer {
    match kind {
        Kind::Active => &descriptor.active,
        Kind::Archive => &descriptor.archive,
    }
}

/// Publishing replaces the directory `index` as a whole: everything must be in it, under the usual names.
pub(super) fn check_usual_layout(directory: &Path, descriptor: &Descriptor) -> Result<(), ProduceError> {
    for kind in [Kind::Active, Kind::Archive] {
        let Pointer { url, signature_url } = pointer(descriptor, kind);
        for (url, usual) in [
            (url, format!("{}/{kind}.json", layout::INDEX)),
            (signature_url, format!("{}/{kind}.json.sig", layout::INDEX)),
        ] {
            if local_path(layout::DESCRIPTOR, url) != Some(usual) {
                let directory = directory.to_owned();
                return Err(ProduceError::Elsewhere {
                    directory,
                    document: kind.document(),
                    url: url.clone(),
                });
            }
        }
    }
    Ok(())
}
