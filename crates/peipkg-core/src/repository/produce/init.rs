//! `peipkg-repo init`: an empty repository.

use std::path::{Path, PathBuf};

use super::ProduceError;
use super::layout::{self, DIRECTORY_MODE, FILE_MODE, INDEX, KEYS};
use super::swap::Documents;
use crate::fsx::Root;
use crate::repository::descriptor::{DescribedKey, Descriptor, Pointer};
use crate::repository::index::{self, Header, Kind};
use crate::signature::detached::{self, Format};
use crate::signature::{Fingerprint, KeyStatus, PublicKey, SecretKey, key_file};
use crate::text::has_unsafe;
use crate::timestamp::Timestamp;

/// What to make.
#[derive(Debug)]
pub struct InitRequest {
    /// An empty or absent directory.
    pub out: PathBuf,
    /// The name that the repository gives itself.
    pub name: String,
    /// One line; may be empty.
    pub description: String,
    /// A private key file.
    pub sign_key: PathBuf,
    /// `generated_at` of the empty indexes.
    pub timestamp: String,
    /// The form of the signatures.
    pub format: Format,
}

/// Makes an empty repository, repo.json last: it is what makes a directory one. Returns the key's fingerprint.
pub fn init(request: &InitRequest) -> Result<Fingerprint, ProduceError> {
    let generated_at = Timestamp::parse(&request.timestamp)?;
    check_name(&request.name)?;
    check_description(&request.description)?;
    let (key, _) = key_file::read_secret(&request.sign_key)?;
    let public = key.public();
    let descriptor = descriptor(request, &public);
    let root = empty_directory(&request.out)?;
    let failed = |source| ProduceError::Fs { directory: request.out.clone(), source };
    let header = Header { repo: request.name.clone(), index_version: 1, generated_at };
    let documents = sign_indexes(&header, &[], &[], &key, request.format);
    let key_path = format!("{KEYS}/{}.pub", public.fingerprint());
    let signature = detached::sign(&descriptor, &key, request.format);
    root.make_directories(KEYS, DIRECTORY_MODE)
        .and_then(|_| root.write_durable(&key_path, public.to_pem().as_bytes(), FILE_MODE))
        .and_then(|()| documents.write(&root, INDEX))
        .and_then(|()| root.write_durable(layout::DESCRIPTOR_SIGNATURE, &signature, FILE_MODE))
        .and_then(|()| root.write_durable(layout::DESCRIPTOR, &descriptor, FILE_MODE))
        .map_err(failed)?;
    Ok(public.fingerprint())
}

/// Both indexes of one publish, signed.
pub(super) fn sign_indexes(
    header: &Header,
    active: &[&index::IndexEntry],
    archive: &[index::IndexEntry],
    key: &SecretKey,
    format: Format,
) -> Documents {
    let active = index::write(header, Kind::Active, active.iter().copied());
    let archive = index::write(header, Kind::Archive, archive);
    Documents {
        active_signature: detached::sign(&active, key, format),
        archive_signature: detached::sign(&archive, key, format),
        active,
        archive,
    }
}

/// Opens `out`, making it where it is absent; refuses one that holds anything.
pub(super) fn empty_directory(out: &Path) -> Result<Root, ProduceError> {
    let failed = |source| ProduceError::Fs { directory: out.to_owned(), source };
    std::fs::create_dir_all(out)
        .map_err(|error| failed(crate::fsx::FsError::new("make", &out.to_string_lossy(), error)))?;
    let root = Root::open(out).map_err(failed)?;
    if root.list("").map_err(failed)?.is_empty() {
        Ok(root)
    } else {
        Err(ProduceError::NotEmpty(out.to_owned()))
    }
}

/// One to 256 bytes of printable text.
pub(super) fn check_name(name: &str) -> Result<(), ProduceError> {
    if !(1..=256).contains(&name.len()) || has_unsafe(name) {
        return Err(ProduceError::Name(name.to_owned()));
    }
    Ok(())
}

/// One line of printable text, or none.
pub(super) fn check_description(description: &str) -> Result<(), ProduceError> {
    if description.len() > 4096 || has_unsafe(description) {
        return Err(ProduceError::Description(description.to_owned()));
    }
    Ok(())
}

fn descriptor(request: &InitRequest, key: &PublicKey) -> Vec<u8> {
    let pointer = |kind| Pointer {
        url: format!("/{INDEX}/{kind}.json"),
        signature_url: format!("/{INDEX}/{kind}.json.sig"),
    };
    let fingerprint = key.fingerprint();
    Descriptor {
        name: request.name.clone(),
        description: request.description.clone(),
        keys: vec![DescribedKey {
            fingerprint,
            url: format!("/{KEYS}/{fingerprint}.pub"),
            status: KeyStatus::Active,
        }],
        active: pointer(Kind::Active),
        archive: pointer(Kind::Archive),
    }
    .to_json()
}
