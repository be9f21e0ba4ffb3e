//! Cached documents, trusted again: the signature over the bytes is verified at every call, before anything parsed from them
//! is used (PSD-009 §6.5).

use super::index::Kind;
use super::trust::{self, Policy};
use super::{DESCRIPTOR_LIMIT, INDEX_LIMIT, RepositoryError, documents};
use crate::digest::{Digest, Hashed};
use crate::fsx::Root;
use crate::signature::{TrustSet, detached};
use crate::store::Store;
use crate::store::repositories::{self, RepositoryState};

/// An index whose bytes verify now.
#[derive(Debug)]
pub struct OpenIndex {
    /// What is trusted about the repository.
    pub state: RepositoryState,
    /// The document.
    pub document: Vec<u8>,
    /// Its digest.
    pub digest: Digest,
    /// The keys its packages must be signed with.
    pub trust: TrustSet,
}

/// Reads the cached index of that kind and verifies it, descriptor included.
pub fn open(
    root: &Root,
    store: &Store,
    name: &str,
    kind: Kind,
    policy: &Policy,
) -> Result<OpenIndex, RepositoryError> {
    let mut state = find(store, name)?;
    loop {
        match read(root, &state, kind, policy) {
            // A refresh may have replaced two generations since the state was read: look again.
            Err(RepositoryError::CacheMissing { document }) => match find(store, name)? {
                newer if newer != state => state = newer,
                _ => return Err(RepositoryError::CacheMissing { document }),
            },
            Err(error) => return Err(error),
            Ok((document, digest)) => {
                return Ok(OpenIndex { trust: state.trust_set(), state, document, digest });
            }
        }
    }
}

/// The trust state of a repository, and the digest of its index of that kind, of which the signature verifies now: whoever
/// reads entries of the index has to hash all of it afterwards. Fails also where a bare signature needs the bytes.
pub(super) fn announce(
    root: &Root,
    store: &Store,
    name: &str,
    kind: Kind,
    policy: &Policy,
) -> Result<(RepositoryState, Digest), RepositoryError> {
    let state = check(root, store, name, policy)?;
    let index = state.index(kind).ok_or(RepositoryError::CacheMissing { document: kind.document() })?;
    let digest = index.digest;
    accept(root, &state, kind, index.signature, Hashed::announced(digest), policy)?;
    Ok((state, digest))
}

/// The trust state of a repository whose descriptor verifies now. Its index was verified when it was adopted: enough for a
/// query that nothing is planned from.
pub(super) fn check(
    root: &Root,
    store: &Store,
    name: &str,
    policy: &Policy,
) -> Result<RepositoryState, RepositoryError> {
    let state = find(store, name)?;
    check_descriptor(root, &state, policy)?;
    Ok(state)
}

fn find(store: &Store, name: &str) -> Result<RepositoryState, RepositoryError> {
    repositories::find(store.connection(), name)?.ok_or_else(|| RepositoryError::Unknown(name.to_owned()))
}

fn read(
    root: &Root,
    state: &RepositoryState,
    kind: Kind,
    policy: &Policy,
) -> Result<(Vec<u8>, Digest), RepositoryError> {
    check_descriptor(root, state, policy)?;
    let index = state.index(kind).ok_or(RepositoryError::CacheMissing { document: kind.document() })?;
    let document = documents::read(root, &state.name, kind.document(), index.digest, INDEX_LIMIT)?;
    accept(root, state, kind, index.signature, Hashed::known(&document, index.digest), policy)?;
    Ok((document, index.digest))
}

fn accept(
    root: &Root,
    state: &RepositoryState,
    kind: Kind,
    signature: Option<Digest>,
    document: Hashed<'_>,
    policy: &Policy,
) -> Result<(), RepositoryError> {
    let signature = documents::read_signature(root, &state.name, kind.document(), signature)?;
    trust::accept_index_signature(kind, document, signature.as_deref(), &state.trust_set(), policy).map(drop)
}

/// The descriptor was judged when it was adopted, at a time when its signer was accepted; now it must still be those bytes.
fn check_descriptor(root: &Root, state: &RepositoryState, policy: &Policy) -> Result<(), RepositoryError> {
    const DOCUMENT: &str = "repo.json";
    let Some(descriptor) = &state.descriptor else {
        return if policy.is_unsigned_mode() { Ok(()) } else { Err(RepositoryError::NoDescriptor) };
    };
    let bytes = documents::read(root, &state.name, DOCUMENT, descriptor.digest, DESCRIPTOR_LIMIT)?;
    let signature = documents::read_signature(root, &state.name, DOCUMENT, descriptor.signature)?;
    match (&signature, &descriptor.key) {
        (Some(signature), Some(key)) => {
            let signer: TrustSet = std::iter::once(key.clone()).collect();
            detached::verify(Hashed::known(&bytes, descriptor.digest), signature, &signer, policy.now)
                .map(drop)
                .map_err(|source| RepositoryError::Signature { document: DOCUMENT, source })
        }
        _ if policy.required => Err(RepositoryError::Unsigned { document: DOCUMENT }),
        _ => Ok(()),
    }
}
