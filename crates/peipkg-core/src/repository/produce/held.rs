//! Bytes that wait for the moment when everything has verified: in a file without a name, since the file lists of an
//! archive that is rebuilt do not fit into memory; in memory where such files cannot be had.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Mode, OFlags};

/// What is held until it is dropped. Several threads may add to it.
#[derive(Debug)]
pub(super) struct Held {
    file: Option<File>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    length: u64,
    /// Everything, where there is no file.
    memory: Vec<u8>,
}

/// Where bytes are held.
pub(super) type Place = Range<u64>;

impl Held {
    /// Holds bytes on the filesystem of `directory`.
    pub(super) fn below(directory: &Path) -> Self {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = rustix::fs::open(directory, flags, Mode::RUSR | Mode::WUSR).ok().map(File::from);
        Self { file, inner: Mutex::default() }
    }

    pub(super) fn put(&self, bytes: &[u8]) -> io::Result<Place> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let start = inner.length;
        inner.length += bytes.len() as u64;
        match &self.file {
            Some(file) => file.write_all_at(bytes, start)?,
            None => inner.memory.extend_from_slice(bytes),
        }
        Ok(start..inner.length)
    }

    pub(super) fn get(&self, place: &Place) -> io::Result<Vec<u8>> {
        let length = usize::try_from(place.end - place.start).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        if let Some(file) = &self.file {
            file.read_exact_at(&mut bytes, place.start)?;
        } else {
            let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            let start = usize::try_from(place.start).map_err(io::Error::other)?;
            let held = inner.memory.get(start..start + length).ok_or(io::ErrorKind::UnexpectedEof)?;
            bytes.copy_from_slice(held);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, Inner};

    #[test]
    fn what_was_put_comes_back() {
        let directory = tempfile::tempdir().expect("temporary directory");
        for held in [
            Held::below(directory.path()),
            Held { file: None, inner: std::sync::Mutex::new(Inner::default()) },
        ] {
            let places = ["one", "", "three"].map(|text| held.put(text.as_bytes()).expect("held"));
            let texts = places.map(|place| held.get(&place).expect("there"));
            assert_eq!(texts, [b"one".to_vec(), Vec::new(), b"three".to_vec()]);
        }
        assert_eq!(std::fs::read_dir(directory.path()).expect("listed").count(), 0);
    }
}
