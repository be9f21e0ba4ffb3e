//! Key files on disk: reading either kind, and writing a new private one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::{Fingerprint, KeyError, PublicKey, SecretKey};
use crate::error::Coded;
use crate::fsx::open_regular;

/// What a file of keys may weigh: far more than any form of a key.
const MOST: u64 = 64 * 1024;

/// Which half a key file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// PEM `PRIVATE KEY`.
    Private,
    /// PEM `PUBLIC KEY`, or 32 raw bytes.
    Public,
}

/// What a key file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// The fingerprint of its public half.
    pub fingerprint: Fingerprint,
    /// Which half it holds.
    pub kind: KeyKind,
    /// Private, and readable by group or others.
    pub exposed: bool,
}

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The system refused.
    #[error("cannot {operation} key file {}: {}", path.display(), crate::text::reason(.source))]
    Io {
        /// `read` or `write`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// What it holds is no key.
    #[error("key file {}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
}

impl Coded for KeyFileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "PEI_IO",
            Self::Key { source, .. } => source.code(),
        }
    }
}

impl KeyFile {
    /// Reads either kind. 32 raw bytes are taken for a public key: nothing tells them from a raw seed.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let (bytes, mode) = read_bounded(path)?;
        let key_error = |source| KeyFileError::Key { path: path.to_owned(), source };
        if bytes.starts_with(b"-----BEGIN PRIVATE KEY-----") {
            let fingerprint = SecretKey::parse(&bytes).map_err(key_error)?.public().fingerprint();
            return Ok(Self { fingerprint, kind: KeyKind::Private, exposed: mode & 0o044 != 0 });
        }
        let fingerprint = PublicKey::parse(&bytes).map_err(key_error)?.fingerprint();
        Ok(Self { fingerprint, kind: KeyKind::Public, exposed: false })
    }
}

/// Reads a private key file; the flag says whether group or others may read it, which deserves a warning.
pub fn read_secret(path: &Path) -> Result<(SecretKey, bool), KeyFileError> {
    let (bytes, mode) = read_bounded(path)?;
    let key =
        SecretKey::parse(&bytes).map_err(|source| KeyFileError::Key { path: path.to_owned(), source })?;
    Ok((key, mode & 0o044 != 0))
}

/// The public half of a private key file, for farms: text around its first PEM block is passed over.
pub fn public_half(path: &Path) -> Result<(PublicKey, bool), KeyFileError> {
    let (bytes, mode) = read_bounded(path)?;
    let key = SecretKey::parse(first_block(&bytes))
        .map_err(|source| KeyFileError::Key { path: path.to_owned(), source })?;
    Ok((key.public(), mode & 0o044 != 0))
}

/// From the first line that begins a PEM block through the one that ends it; all of it when there is none.
fn first_block(bytes: &[u8]) -> &[u8] {
    let find = |from: usize, mark: &[u8]| memchr::memmem::find(&bytes[from..], mark).map(|at| from + at);
    if bytes.len() == 32 {
        return bytes;
    }
    let Some(begin) = find(0, b"-----BEGIN ").filter(|at| *at == 0 || bytes[at - 1] == b'\n') else {
        return bytes;
    };
    let Some(end) = find(begin, b"\n-----END ") else { return bytes };
    let line_end = find(end + 1, b"\n").map_or(bytes.len(), |at| at + 1);
    &bytes[begin..line_end]
}

/// Reads a public key file.
pub fn read_public(path: &Path) -> Result<PublicKey, KeyFileError> {
    let (bytes, _) = read_bounded(path)?;
    PublicKey::parse(&bytes).map_err(|source| KeyFileError::Key { path: path.to_owned(), source })
}

/// Makes a new private key and writes it to a file that must not exist: PKCS#8 PEM, mode 0600, durable.
pub fn create(path: &Path) -> Result<Fingerprint, KeyFileError> {
    let failed = |source| KeyFileError::Io { operation: "write", path: path.to_owned(), source };
    let key = SecretKey::generate().map_err(failed)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let written = file
        .write_all(key.to_pem().as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| sync_parent(path));
    if let Err(source) = written {
        // Half a key is worse than none; that the removal may fail too changes nothing about the report.
        let _ = std::fs::remove_file(path);
        return Err(failed(source));
    }
    Ok(key.public().fingerprint())
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

fn read_bounded(path: &Path) -> Result<(Vec<u8>, u32), KeyFileError> {
    let failed = |source| KeyFileError::Io { operation: "read", path: path.to_owned(), source };
    let file = open_regular(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.mode();
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST {
        return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 64 KiB")));
    }
    Ok((bytes, mode))
}
