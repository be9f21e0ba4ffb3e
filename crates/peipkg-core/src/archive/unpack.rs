//! Replays the regular files of a verified package.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, PoisonError};

use super::hold::Held;
use super::selected::Selected;
use super::unlinked::{PIECE, Unlinked};
use super::verify::{PayloadKind, VerifiedPackage};
use super::zstd::{Chunk, Chunks, Serial, Source, decode_parallel};
use super::{ArchiveError, Observer};
use crate::digest::{Digest, Hasher};

/// Compressed files from this size on are decompressed again by several threads.
const THREADED: u64 = 4 << 20;

/// Receives files, in archive order.
pub trait FileSink {
    /// Why it cannot take them.
    type Error;
    /// Offers the file of `entries[entry]` as a whole, verified, in an unlinked file that nobody else can open. `false`:
    /// it could not be given a name; its bytes follow.
    fn adopt(&mut self, entry: usize, file: &File) -> Result<bool, Self::Error>;
    /// The file of `entries[entry]` starts; its size is final.
    fn begin(&mut self, entry: usize, size: u64) -> Result<(), Self::Error>;
    /// The next bytes of it.
    fn write(&mut self, chunk: &[u8]) -> Result<(), Self::Error>;
    /// It is complete, and its bytes are those that were verified.
    fn end(&mut self) -> Result<(), Self::Error>;
}

/// Why unpacking stopped.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError<E> {
    /// The package's bytes are not what was verified, or cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The sink refused.
    #[error("{0}")]
    Sink(E),
}

/// A file to be replayed.
struct Wanted {
    entry: usize,
    start: u64,
    size: u64,
    digest: Digest,
}

impl VerifiedPackage {
    /// Hands the files whose entry index is `wanted` to `sink`, in archive order, and stops after the last of
    /// them. Bytes that memory held since verification are those that were verified; all others are hashed again on the
    /// way, except those of a file that is adopted as it is.
    pub fn unpack<S: FileSink>(
        &self,
        wanted: &dyn Fn(usize) -> bool,
        sink: &mut S,
        observer: &Observer,
    ) -> Result<(), UnpackError<S::Error>> {
        let files = self.wanted(wanted);
        match &*self.held.lock().unwrap_or_else(PoisonError::into_inner) {
            Held::Memory { chunks, .. } => replay_memory(chunks, &files, sink, observer),
            Held::Selected(selected) if all(&files, |entry, size| selected.holds(entry, size)) => {
                replay_selected(selected, &files, sink, observer)
            }
            Held::Unlinked(held) if all(&files, |entry, size| held.holds(entry, size)) => {
                replay_unlinked(held, &files, sink, observer)
            }
            Held::Selected(_) | Held::Unlinked(_) | Held::Nowhere => {
                self.replay_package(&files, sink, observer)
            }
        }
    }

    /// Gives the memory or the disk space of the held bytes back, before they are written to the disk for nothing; from
    /// now on `unpack` reads the package again.
    pub fn release(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Held::Nowhere;
    }

    /// The filesystem on which a file of this entry lies already, verified and without a name.
    pub fn standing(&self, entry: usize) -> Option<u64> {
        match &*self.held.lock().unwrap_or_else(PoisonError::into_inner) {
            Held::Unlinked(held) => Some(held.own(entry)?.metadata().ok()?.dev()),
            Held::Memory { .. } | Held::Selected(_) | Held::Nowhere => None,
        }
    }

    fn wanted(&self, wanted: &dyn Fn(usize) -> bool) -> Vec<Wanted> {
        let files = self.entries.iter().zip(&self.offsets).enumerate();
        files
            .filter_map(|(entry, (named, start))| match named.kind {
                PayloadKind::File { size, digest } if wanted(entry) => {
                    Some(Wanted { entry, start: *start, size, digest })
                }
                _ => None,
            })
            .collect()
    }

    fn replay_package<S: FileSink>(
        &self,
        files: &[Wanted],
        sink: &mut S,
        observer: &Observer,
    ) -> Result<(), UnpackError<S::Error>> {
        let mut replay = Replay { files, sink, current: None, position: 0 };
        let source = Source::unhashed(&self.file, self.size, observer);
        if self.size >= THREADED {
            decode_parallel(source, |chunks| replay.run(chunks))
        } else {
            replay.run(&mut Serial::new(source)?)
        }
    }
}

fn replay_memory<S: FileSink>(
    chunks: &[(u64, Arc<Chunk>)],
    files: &[Wanted],
    sink: &mut S,
    observer: &Observer,
) -> Result<(), UnpackError<S::Error>> {
    for file in files {
        observer.advance(0)?;
        sink.begin(file.entry, file.size).map_err(UnpackError::Sink)?;
        let end = file.start + file.size;
        let first = chunks.partition_point(|(start, chunk)| start + chunk.len() as u64 <= file.start);
        for (start, chunk) in &chunks[first..] {
            if *start >= end {
                break;
            }
            let from = file.start.saturating_sub(*start) as usize;
            let to = (end - start).min(chunk.len() as u64) as usize;
            sink.write(&chunk[from..to]).map_err(UnpackError::Sink)?;
        }
        sink.end().map_err(UnpackError::Sink)?;
    }
    Ok(())
}

/// Whether all of them are held. One that was taken for present may be wanted after all: it is missing on the disk, for
/// instance.
fn all(files: &[Wanted], holds: impl Fn(usize, u64) -> bool) -> bool {
    files.iter().all(|file| holds(file.entry, file.size))
}

fn replay_selected<S: FileSink>(
    selected: &Selected,
    files: &[Wanted],
    sink: &mut S,
    observer: &Observer,
) -> Result<(), UnpackError<S::Error>> {
    for file in files {
        observer.advance(0)?;
        sink.begin(file.entry, file.size).map_err(UnpackError::Sink)?;
        let bytes = selected.file(file.entry, file.size).unwrap_or_default();
        sink.write(bytes).map_err(UnpackError::Sink)?;
        sink.end().map_err(UnpackError::Sink)?;
    }
    Ok(())
}

fn replay_unlinked<S: FileSink>(
    held: &Unlinked,
    files: &[Wanted],
    sink: &mut S,
    observer: &Observer,
) -> Result<(), UnpackError<S::Error>> {
    let mut buffer = Vec::new();
    for file in files {
        observer.advance(0)?;
        match held.own(file.entry) {
            Some(own) if sink.adopt(file.entry, own).map_err(UnpackError::Sink)? => {}
            Some(own) => replay_range(own, 0, file, &mut buffer, sink, observer)?,
            None => replay_range(held.rest(), file.start, file, &mut buffer, sink, observer)?,
        }
    }
    Ok(())
}

fn replay_range<S: FileSink>(
    from: &File,
    start: u64,
    file: &Wanted,
    buffer: &mut Vec<u8>,
    sink: &mut S,
    observer: &Observer,
) -> Result<(), UnpackError<S::Error>> {
    sink.begin(file.entry, file.size).map_err(UnpackError::Sink)?;
    let mut hasher = Hasher::new();
    let mut done = 0;
    while done < file.size {
        observer.advance(0)?;
        buffer.resize(PIECE.min((file.size - done) as usize), 0);
        from.read_exact_at(buffer, start + done).map_err(|source| ArchiveError::Io {
            what: "the unlinked file that holds its bytes cannot be read".to_owned(),
            source,
        })?;
        hasher.update(buffer);
        sink.write(buffer).map_err(UnpackError::Sink)?;
        done += buffer.len() as u64;
    }
    check_digest(file, hasher)?;
    sink.end().map_err(UnpackError::Sink)
}

/// Files in the making while the package is decompressed a second time.
struct Replay<'a, S> {
    files: &'a [Wanted],
    sink: &'a mut S,
    /// The hasher of the first of `files`, once it has begun.
    current: Option<Hasher>,
    position: u64,
}

impl<S: FileSink> Replay<'_, S> {
    fn run(&mut self, chunks: &mut dyn Chunks) -> Result<(), UnpackError<S::Error>> {
        while !self.files.is_empty() {
            let Some(chunk) = chunks.next()? else { return Err(ArchiveError::Changed.into()) };
            self.take(&chunk)?;
        }
        Ok(())
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), UnpackError<S::Error>> {
        let end = self.position + chunk.len() as u64;
        while let Some(file) = self.files.first().filter(|file| file.start < end) {
            let hasher = match &mut self.current {
                Some(hasher) => hasher,
                none => {
                    self.sink.begin(file.entry, file.size).map_err(UnpackError::Sink)?;
                    none.insert(Hasher::new())
                }
            };
            let file_end = file.start + file.size;
            let from = file.start.max(self.position);
            let to = file_end.min(end);
            let bytes = &chunk[(from - self.position) as usize..(to - self.position) as usize];
            hasher.update(bytes);
            self.sink.write(bytes).map_err(UnpackError::Sink)?;
            if to < file_end {
                break;
            }
            self.end_file()?;
        }
        self.position = end;
        Ok(())
    }

    fn end_file(&mut self) -> Result<(), UnpackError<S::Error>> {
        let Some((file, rest)) = self.files.split_first() else { return Ok(()) };
        check_digest(file, self.current.take().unwrap_or_default())?;
        self.files = rest;
        self.sink.end().map_err(UnpackError::Sink)?;
        Ok(())
    }
}

fn check_digest(file: &Wanted, hasher: Hasher) -> Result<(), ArchiveError> {
    if hasher.finish() == file.digest { Ok(()) } else { Err(ArchiveError::Changed) }
}
