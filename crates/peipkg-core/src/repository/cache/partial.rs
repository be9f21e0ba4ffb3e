//! What is there of a package that is being fetched, or was when the transfer broke off: `<digest>.part`, and beside it
//! `<digest>.from`, which says which server vouched that it is the beginning of which file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::{CacheError, PARTIAL, SOURCE};
use crate::digest::{Digest, Hasher};
use crate::fsx::{Directory, FsError, Kind};

/// The most bytes that a `.from` file may hold.
const SOURCE_LIMIT: u64 = 8 << 10;

/// The names of one partial file, and where its bytes come from.
pub(super) struct Partial {
    name: String,
    /// The `.from` file's name; `None` when another process has the shared name and nothing of ours outlives us.
    source_name: Option<String>,
    source: Option<(String, String)>,
}

/// A partial file that is locked and open at its end.
pub(super) struct Begun {
    pub(super) partial: Partial,
    pub(super) file: File,
    pub(super) hasher: Hasher,
    pub(super) written: u64,
}

/// Goes on with what an earlier run left, or begins. A file that another process is writing is left to it.
pub(super) fn begin(directory: &Directory, digest: Digest, size: u64) -> Result<Begun, CacheError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let source_name = format!("{digest}{SOURCE}");
    if let Some((file, is_new)) = open_shared(directory, &format!("{digest}{PARTIAL}"))? {
        let partial =
            Partial { name: format!("{digest}{PARTIAL}"), source_name: Some(source_name), source: None };
        return if is_new { Ok(Begun::new(partial, file)) } else { go_on(directory, partial, file, size) };
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("{digest}.{}-{number}{PARTIAL}", rustix::process::getpid().as_raw_nonzero());
    directory.unlink(&name)?;
    let file = directory.create_file(&name, 0o644)?;
    // `clean` leaves a file alone that somebody holds.
    flock(&file, FlockOperation::LockExclusive)
        .map_err(|errno| FsError::new("lock", &directory.join(&name), errno))?;
    Ok(Begun::new(Partial { name, source_name: None, source: None }, file))
}

/// The shared file, locked, and whether it is new; `None` when somebody else holds it.
fn open_shared(directory: &Directory, name: &str) -> Result<Option<(File, bool)>, CacheError> {
    let (file, is_new) = match directory.metadata(name)? {
        Some(found) if found.kind == Kind::File && found.links == 1 => {
            match directory.open_for_lock(name) {
                Ok(file) => (file, false),
                // Who may not write it fetches on its own.
                Err(_) => return Ok(None),
            }
        }
        Some(_) => return Ok(None),
        None => match directory.create_file(name, 0o644) {
            Ok(file) => (file, true),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(error.into()),
        },
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
        Err(errno) => return Err(FsError::new("lock", &directory.join(name), errno).into()),
    }
    // Its holder may have finished it, or given it up, while it was being opened.
    let opened = Directory::metadata_of(&file, &directory.join(name))?;
    let named = directory.metadata(name)?;
    Ok(named.filter(|named| named.inode == opened.inode && opened.links == 1).map(|_| (file, is_new)))
}

/// Hashes what is there, if it is known where it came from and it can be the beginning of a file of `size`.
fn go_on(directory: &Directory, mut partial: Partial, file: File, size: u64) -> Result<Begun, CacheError> {
    let path = directory.join(&partial.name);
    let failed = |error| FsError::new("read", &path, error);
    let length = Directory::metadata_of(&file, &path)?.size;
    partial.source = read_source(directory, &partial);
    if partial.source.is_none() || length > size {
        partial.forget(directory)?;
        file.set_len(0).map_err(failed)?;
        return Ok(Begun::new(partial, file));
    }
    let mut begun = Begun::new(partial, file);
    let mut buffer = vec![0; 1 << 20];
    while begun.written < length {
        let read = begun.file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        begun.hasher.update(&buffer[..read]);
        begun.written += read as u64;
    }
    begun.file.seek(SeekFrom::Start(begun.written)).map_err(failed)?;
    Ok(begun)
}

fn read_source(directory: &Directory, partial: &Partial) -> Option<(String, String)> {
    let file = directory.open_file(partial.source_name.as_ref()?).ok()??;
    let mut text = String::new();
    file.take(SOURCE_LIMIT).read_to_string(&mut text).ok()?;
    let (address, validator) = text.strip_suffix('\n')?.split_once('\n')?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    (plain(address) && plain(validator)).then(|| (address.to_owned(), validator.to_owned()))
}

impl Begun {
    fn new(partial: Partial, file: File) -> Self {
        Self { partial, file, hasher: Hasher::new(), written: 0 }
    }
}

impl Partial {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn source(&self) -> Option<(&str, &str)> {
        self.source.as_ref().map(|(address, validator)| (&**address, &**validator))
    }

    pub(super) fn remember(
        &mut self,
        directory: &Directory,
        address: &str,
        validator: &str,
    ) -> Result<(), FsError> {
        if self.source() == Some((address, validator)) {
            return Ok(());
        }
        self.forget(directory)?;
        let Some(name) = &self.source_name else { return Ok(()) };
        let mut file = directory.create_file(name, 0o644)?;
        file.write_all(format!("{address}\n{validator}\n").as_bytes())
            .map_err(|error| FsError::new("write", &directory.join(name), error))?;
        self.source = Some((address.to_owned(), validator.to_owned()));
        Ok(())
    }

    pub(super) fn forget(&mut self, directory: &Directory) -> Result<(), FsError> {
        self.source = None;
        self.source_name.as_ref().map_or(Ok(false), |name| directory.unlink(name)).map(drop)
    }

    pub(super) fn remove(&mut self, directory: &Directory) -> Result<(), FsError> {
        self.forget(directory)?;
        directory.unlink(&self.name).map(drop)
    }
}
