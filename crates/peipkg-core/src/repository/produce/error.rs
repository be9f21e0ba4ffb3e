//! Why a repository is not made, or not published into.

use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::error::Coded;
use crate::fsx::FsError;
use crate::repository::RepositoryError;
use crate::signature::Fingerprint;
use crate::signature::key_file::KeyFileError;
use crate::text::{escape, quote};
use crate::timestamp::TimestampError;

/// A refusal of the producer side. Nothing of the repository was changed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum ProduceError {
    #[error("{} is not empty; give an empty or absent directory", shown(.0))]
    NotEmpty(PathBuf),
    #[error("another program is writing the repository {}; try again when it is done", shown(.0))]
    Busy(PathBuf),
    #[error("the filesystem of {} cannot swap two directories as one (renameat2 with RENAME_EXCHANGE): publish to another directory with --out", shown(.0))]
    NoExchange(PathBuf),
    #[error("{}: {document} is missing; is this a repository?", shown(.directory))]
    Missing { directory: PathBuf, document: &'static str },
    #[error("{}: {source}", shown(.directory))]
    Repository { directory: PathBuf, source: Box<RepositoryError> },
    #[error("{}: repo.json keeps the {document} at {}, not at /index/ as this tool does; it cannot publish there", shown(.directory), quote(.url))]
    Elsewhere { directory: PathBuf, document: &'static str, url: String },
    #[error("{}: the key file {} is missing or is not that key", shown(.directory), quote(.file))]
    KeyFile { directory: PathBuf, file: String },
    #[error("the signing key {} is not an active key of this repository", .0.grouped())]
    KeyNotActive(Fingerprint),
    #[error("the key {} is listed already; see \"peipkg-repo keys list\"", .0.grouped())]
    KeyListed(Fingerprint),
    #[error("the key {} is not listed; see \"peipkg-repo keys list\"", .0.grouped())]
    KeyNotListed(Fingerprint),
    #[error("the key {} is revoked; that is for ever, and it stays listed so that consumers learn of it", .0.grouped())]
    KeyRevoked(Fingerprint),
    #[error("the key {} cannot take its own place; give another one", .0.grouped())]
    SameKey(Fingerprint),
    #[error("the key {} is not listed as active: consumers could not verify what it signs. Sign with an active key; with --re-anchor every consumer has to add the new anchor by hand", .0.grouped())]
    KeyUnknownToConsumers(Fingerprint),
    #[error("repo.json is signed with the key {}, which is accepted until {until}: until then sign with that key, else those who know no other are locked out", .signer.grouped())]
    WindowOpen { signer: Fingerprint, until: crate::timestamp::Timestamp },
    #[error("the old key would be accepted until {0}, which is not after --timestamp")]
    WindowOver(crate::timestamp::Timestamp),
    #[error("{}", stranded(.key, .packages, .unknown))]
    Stranded { key: Fingerprint, packages: Vec<String>, unknown: Vec<String> },
    #[error("consumers refuse a repository whose name changes: each would have to remove {} and add it anew (--force changes it all the same)", quote(.0))]
    NameKnown(String),
    #[error("{}", refused(.0))]
    Refused(Vec<(PathBuf, Refusal)>),
    #[error("the URL template {} is not usable: {rule}", quote(.template))]
    Template { template: String, rule: String },
    #[error("the URL {} of {file_name} is not usable: {rule}", quote(.url))]
    Url { url: String, file_name: String, rule: String },
    #[error("index_version {0} is the last one that there is")]
    LastVersion(u64),
    #[error("the repository name {} is not 1 to 256 bytes of printable text", quote(.0))]
    Name(String),
    #[error("the description {} is not one line of printable text", quote(.0))]
    Description(String),
    #[error("{} was changed while it was published; nothing was published", shown(.0))]
    Changed(PathBuf),
    #[error("{}: {} is neither a file nor a directory; a repository holds real files only", shown(.directory), quote(.path))]
    NotReal { directory: PathBuf, path: String },
    #[error("cancelled")]
    Cancelled,
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    #[error(transparent)]
    Key(#[from] KeyFileError),
    #[error("{}: {source}", shown(.directory))]
    Fs { directory: PathBuf, source: FsError },
}

/// Why one package is not published.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum Refusal {
    #[error("{0}")]
    Archive(Box<ArchiveError>),
    #[error("cannot be read: {}", crate::text::reason(.0))]
    Io(std::io::Error),
    #[error(
        "{name} {version} ({architecture}) is published already; a version never changes, publish a new revision"
    )]
    Published { name: String, version: String, architecture: String },
    #[error("{name} {version} ({architecture}) is given twice, also as {}", shown(.other))]
    Twice { name: String, version: String, architecture: String, other: PathBuf },
    #[error("it is not signed; sign it, or allow it with --allow-unsigned")]
    Unsigned,
}

impl Coded for ProduceError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotEmpty(_) => "PEI_REPO_NOT_EMPTY",
            Self::Busy(_) => "PEI_REPO_BUSY",
            Self::NoExchange(_) => "PEI_REPO_NO_EXCHANGE",
            Self::Missing { .. } | Self::Elsewhere { .. } | Self::NotReal { .. } => "PEI_REPO_LAYOUT",
            Self::Repository { source, .. } => source.code(),
            Self::KeyFile { .. }
            | Self::KeyNotActive(_)
            | Self::KeyListed(_)
            | Self::KeyNotListed(_)
            | Self::KeyRevoked(_)
            | Self::SameKey(_)
            | Self::KeyUnknownToConsumers(_)
            | Self::WindowOpen { .. }
            | Self::WindowOver(_)
            | Self::Stranded { .. } => "PEI_REPO_KEY",
            Self::Refused(refusals) => match refusals.first() {
                Some((_, Refusal::Archive(error))) => error.code(),
                Some((_, Refusal::Io(_))) => "PEI_IO",
                Some((_, Refusal::Unsigned)) => "PEI_SIGNATURE_MISSING",
                _ => "PEI_REPO_PUBLISHED",
            },
            Self::Template { .. } | Self::Url { .. } => "PEI_REPO_TEMPLATE",
            Self::LastVersion(_) => "PEI_REPO_INDEX",
            Self::Name(_) | Self::Description(_) | Self::NameKnown(_) => "PEI_REPO_NAME",
            Self::Changed(_) => "PEI_PACKAGE_DIGEST",
            Self::Cancelled => "PEI_CANCELLED",
            Self::Timestamp(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Fs { source, .. } => source.code(),
        }
    }
}

fn shown(path: &std::path::Path) -> String {
    escape(&path.to_string_lossy()).into_owned()
}

/// Every refusal on a line of its own.
fn refused(refusals: &[(PathBuf, Refusal)]) -> String {
    let lines: Vec<String> =
        refusals.iter().map(|(path, reason)| format!("{}: {reason}", shown(path))).collect();
    lines.join("\n  ")
}

/// The packages that retiring a key would make uninstallable, a line each.
fn stranded(key: &Fingerprint, packages: &[String], unknown: &[String]) -> String {
    let mut lines =
        vec![format!("the key {} is still needed (--force retires it all the same)", key.grouped())];
    lines.extend(
        packages
            .iter()
            .map(|name| format!("  {name} is signed with it, and could not be installed any more")),
    );
    lines.extend(unknown.iter().map(|name| format!("  {name} was not looked at: its bytes are not here")));
    lines.join("\n")
}
