//! The deterministic encoder: frames of a fixed uncompressed size, so that neither the number of threads nor
//! their timing shows in the bytes, and so that readers can decompress on all cores.

use std::fs::File;
use std::io::Write;
use std::num::NonZero;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use zstd_safe::{CCtx, CParameter};

use super::super::{ArchiveError, Observer};
use super::UNIT;
use crate::digest::{Digest, Hasher};

/// Uncompressed bytes of every frame but the last.
const FRAME: usize = UNIT;

/// Measured on 1.5 GB of binaries against `zstd -T2 -9`: +2.3 % in size for 0.8 × the CPU time (level 9: +1.6 %
/// for 0.9 ×; level 7: +3 % for 0.75 ×).
const LEVEL: i32 = 8;

/// The whole of a frame is one window, which makes up for what its start cannot refer to.
const WINDOW_LOG: u32 = FRAME.ilog2();

/// Without a wish of the caller no more threads than this: each takes some 45 MB.
const DEFAULT_THREADS: usize = 6;

/// More threads than this only cost memory.
const MAX_THREADS: usize = 64;

/// How to compress.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// Of zstd; `None`: ours.
    pub level: Option<i32>,
    /// Never changes the bytes; `None`: one for each core.
    pub threads: Option<usize>,
}

/// What was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoded {
    /// SHA-256 of the compressed bytes.
    pub digest: Digest,
    /// Compressed bytes.
    pub size: u64,
}

/// Takes uncompressed bytes while worker threads compress them.
pub(crate) struct Encoder<'a> {
    buffer: Vec<u8>,
    idle: Receiver<Vec<u8>>,
    jobs: Sender<Job>,
    order: Sender<Receiver<Frame>>,
    observer: &'a Observer,
}

type Frame = Result<Vec<u8>, ArchiveError>;

struct Job {
    bytes: Vec<u8>,
    done: Sender<Frame>,
}

/// Runs `produce`, which writes uncompressed bytes, and appends the frames to `out`.
pub(crate) fn encode<R>(
    out: &File,
    settings: Settings,
    observer: &Observer,
    produce: impl FnOnce(&mut Encoder<'_>) -> Result<R, ArchiveError>,
) -> Result<(R, Encoded), ArchiveError> {
    let threads = settings.threads.unwrap_or_else(default_threads).clamp(1, MAX_THREADS);
    let level = settings.level.unwrap_or(LEVEL);
    let buffers = threads + 2;
    let (returned, idle) = bounded(buffers);
    for _ in 0..buffers {
        // Capacity for all of them; allocated when first written to.
        let _ = returned.send(Vec::new());
    }
    let (jobs, queue) = bounded(buffers);
    let (order, ordered) = bounded(buffers);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (queue, returned) = (queue.clone(), returned.clone());
            scope.spawn(move || work(&queue, &returned, level));
        }
        drop((queue, returned));
        let writer = scope.spawn(move || write_frames(out, &ordered));
        let mut encoder = Encoder { buffer: Vec::new(), idle, jobs, order, observer };
        let produced = produce(&mut encoder).and_then(|produced| encoder.flush().map(|()| produced));
        drop(encoder);
        let written = writer.join().map_err(|_| ArchiveError::Worker)?;
        match (produced, written) {
            (Ok(produced), Ok(written)) => Ok((produced, written)),
            // The writer's error explains why the producer could not go on.
            (_, Err(error)) | (Err(error), _) => Err(error),
        }
    })
}

/// One for each core, within reason.
pub(crate) fn default_threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(DEFAULT_THREADS)
}

impl Encoder<'_> {
    /// Appends to the uncompressed stream.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), ArchiveError> {
        while !bytes.is_empty() {
            let taken = bytes.len().min(FRAME - self.buffer.len());
            self.buffer.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.buffer.len() == FRAME {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Hands the frame in the making to the workers.
    fn flush(&mut self) -> Result<(), ArchiveError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.observer.advance(self.buffer.len() as u64)?;
        let next = self.idle.recv().map_err(|_| ArchiveError::Worker)?;
        let bytes = std::mem::replace(&mut self.buffer, next);
        let (done, frame) = bounded(1);
        self.order.send(frame).map_err(|_| ArchiveError::Worker)?;
        self.jobs.send(Job { bytes, done }).map_err(|_| ArchiveError::Worker)
    }
}

fn work(queue: &Receiver<Job>, returned: &Sender<Vec<u8>>, level: i32) {
    let mut context = context(level);
    while let Ok(Job { mut bytes, done }) = queue.recv() {
        let frame = match &mut context {
            Ok(context) => compress(context, &bytes),
            Err(_) => Err(ArchiveError::Memory),
        };
        // Whoever no longer listens has an error of its own.
        let _ = done.send(frame);
        bytes.clear();
        let _ = returned.send(bytes);
    }
}

fn context(level: i32) -> Result<CCtx<'static>, ArchiveError> {
    let mut context = CCtx::try_create().ok_or(ArchiveError::Memory)?;
    for parameter in [CParameter::CompressionLevel(level), CParameter::WindowLog(WINDOW_LOG)] {
        context.set_parameter(parameter).map_err(compression)?;
    }
    Ok(context)
}

fn compress(context: &mut CCtx<'_>, bytes: &[u8]) -> Frame {
    let mut frame = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    context.compress2(&mut frame, bytes).map_err(compression)?;
    Ok(frame)
}

fn write_frames(mut out: &File, ordered: &Receiver<Receiver<Frame>>) -> Result<Encoded, ArchiveError> {
    let mut hasher = Hasher::new();
    let mut size = 0;
    for frame in ordered {
        let frame = frame.recv().unwrap_or(Err(ArchiveError::Worker))?;
        let written = out.write_all(&frame);
        written.map_err(|source| ArchiveError::Io {
            what: "the package cannot be written".to_owned(),
            source,
        })?;
        hasher.update(&frame);
        size += frame.len() as u64;
    }
    Ok(Encoded { digest: hasher.finish(), size })
}

fn compression(code: usize) -> ArchiveError {
    ArchiveError::Compression(zstd_safe::get_error_name(code))
}
