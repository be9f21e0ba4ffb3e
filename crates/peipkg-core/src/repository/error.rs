//! Why a repository, or what it offers, is not accepted.

use super::index::Kind;
use crate::digest::Digest;
use crate::error::Coded;
use crate::fsx::FsError;
use crate::json::JsonError;
use crate::signature::{Fingerprint, KeyError, SignatureError};
use crate::store::StoreError;
use crate::text::{escape, quote};
use crate::timestamp::Timestamp;

/// A refusal of the consumer side (adopting, opening, planning from a repository). Messages do not repeat the repository's
/// name where the caller prints it with them.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum RepositoryError {
    #[error("repo.json is refused: {0}")]
    Descriptor(#[source] JsonError),
    #[error("the {kind} index is refused: {source}")]
    Index { kind: Kind, source: JsonError },
    #[error("the signature of {document} is not accepted: {source}")]
    Signature { document: &'static str, source: SignatureError },
    #[error("{document} has no signature, and the repository's policy requires one")]
    Unsigned { document: &'static str },
    #[error("repo.json is missing, and the repository has trust anchors or requires signatures")]
    NoDescriptor,
    #[error(
        "policy \"required\" needs at least one trust anchor (give the key's fingerprint with --anchor, or in trust_anchors)"
    )]
    NoAnchor,
    #[error("{} is not a trust anchor: a fingerprint is 64 lowercase hexadecimal digits", quote(.value))]
    AnchorInvalid { value: String },
    #[error("no anchor key can vouch for this repository: {reason}")]
    AnchorUnusable { reason: String },
    #[error("a fetched key file is refused: {0}")]
    Key(#[source] KeyError),
    #[error("a fetched key file holds the key {}, which repo.json does not list and which is no trust anchor", .0.grouped())]
    KeyUnlisted(Fingerprint),
    #[error("the key {} signed repo.json, which itself lists it as revoked", .0.grouped())]
    SignerRevoked(Fingerprint),
    #[error("the repository calls itself {} now; it was trusted as {} (remove it and add it again if that is right)", quote(.now), quote(.before))]
    Renamed { before: String, now: String },
    #[error("the {kind} index is of repository {}, not of {}", quote(.found), quote(.expected))]
    OtherRepository { kind: Kind, found: String, expected: String },
    #[error(
        "the {kind} index went back: index_version {found} is below {floor}, which was seen or demanded before (a replayed old index?)"
    )]
    VersionBelowFloor { kind: Kind, found: u64, floor: u64 },
    #[error(
        "the {kind} index went back: it was generated at {found}, before the {floor} that was seen already (a replayed old index?)"
    )]
    GeneratedBefore { kind: Kind, found: Timestamp, floor: Timestamp },
    #[error(
        "equivocation: the {kind} index with index_version {version} is not the one that was seen before under that number (two different indexes were signed; report this to the repository's operator)"
    )]
    Equivocation { kind: Kind, version: u64 },
    #[error(
        "the {kind} index was generated at {found}, more than a day ahead of this machine's clock (check the clock)"
    )]
    FromTheFuture { kind: Kind, found: Timestamp },
    #[error(
        "the archive index lacks {name} {version} {architecture}, which the active index of the same version offers"
    )]
    NotInArchive { name: String, version: String, architecture: String },
    #[error("repository {} is there already (to trust it anew, remove it first: peipkg repo remove {})", quote(.0), escape(.0))]
    Exists(String),
    #[error("no repository named {} is known (peipkg refresh fetches a configured one)", quote(.0))]
    Unknown(String),
    #[error("repository {} was removed while it was refreshed", quote(.0))]
    Removed(String),
    #[error("repository name {} is invalid: 1 to 64 characters of a-z 0-9 -", quote(.0))]
    Name(String),
    #[error("the cached {document} is missing (run: peipkg refresh)")]
    CacheMissing { document: &'static str },
    #[error(
        "the cached {document} was altered on this machine: its digest is {found}, {recorded} is recorded (run: peipkg refresh)"
    )]
    CacheAltered { document: &'static str, found: Digest, recorded: Digest },
    #[error("the state of the repository kept changing while it was updated; try again")]
    Contended,
    #[error("package {} does not match its index entry: {field} is {} in the package, {} in the index of {}", quote(.package), quote(.found), quote(.expected), quote(.repository))]
    Mismatch { package: String, repository: String, field: &'static str, found: String, expected: String },
    #[error("package {} was built by the farm {}, which farm_ids of repository {} does not name", quote(.package), quote(.farm), quote(.repository))]
    Farm { package: String, farm: String, repository: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl Coded for RepositoryError {
    fn code(&self) -> &'static str {
        match self {
            Self::Descriptor(_) => "PEI_REPO_DESCRIPTOR",
            Self::Index { .. } | Self::OtherRepository { .. } | Self::NotInArchive { .. } => "PEI_REPO_INDEX",
            Self::Signature { source, .. } => source.code(),
            Self::Unsigned { .. } | Self::NoDescriptor => "PEI_REPO_UNSIGNED",
            Self::NoAnchor | Self::AnchorInvalid { .. } | Self::AnchorUnusable { .. } => "PEI_REPO_ANCHOR",
            Self::Key(_) | Self::KeyUnlisted(_) | Self::SignerRevoked(_) => "PEI_REPO_KEY",
            Self::Renamed { .. } => "PEI_REPO_RENAMED",
            Self::VersionBelowFloor { .. } | Self::GeneratedBefore { .. } => "PEI_REPO_ROLLBACK",
            Self::Equivocation { .. } => "PEI_REPO_EQUIVOCATION",
            Self::FromTheFuture { .. } => "PEI_REPO_FUTURE",
            Self::Exists(_) => "PEI_REPO_EXISTS",
            Self::Unknown(_) | Self::Removed(_) => "PEI_REPO_UNKNOWN",
            Self::Name(_) => "PEI_REPO_NAME",
            Self::CacheMissing { .. } | Self::CacheAltered { .. } => "PEI_REPO_CACHE",
            Self::Contended => "PEI_REPO_BUSY",
            Self::Mismatch { .. } | Self::Farm { .. } => "PEI_PACKAGE_MISMATCH",
            Self::Store(error) => error.code(),
            Self::Fs(error) => error.code(),
        }
    }
}
