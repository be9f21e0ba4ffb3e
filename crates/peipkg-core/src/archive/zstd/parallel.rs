//! Decoding of independent frames on several threads, delivered in order.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::super::ArchiveError;
use super::context::Context;
use super::cutter::{Cut, Cutter, Large, Unit};
use super::pool::{Chunk, Pool};
use super::source::Source;
use super::{Chunks, PIECE, Totals};

/// More would wait for the one thread that hashes the tar stream, and each holds some 16 MiB.
const MAX_WORKERS: usize = 4;

type Decoded = Result<Arc<Chunk>, ArchiveError>;

/// One place in the order of the output.
enum Slot {
    Pending(Receiver<Decoded>),
    Ready(Decoded),
    End(Totals),
}

struct Job {
    unit: Unit,
    buffer: Vec<u8>,
    done: Sender<Decoded>,
}

/// Decodes `source` with a reading thread and one worker for each core, while `consume` runs on the calling thread.
pub(crate) fn decode_parallel<R>(source: Source<'_>, consume: impl FnOnce(&mut dyn Chunks) -> R) -> R {
    let workers = thread::available_parallelism().map_or(2, NonZero::get).min(MAX_WORKERS);
    let pool = Pool::new(workers + 3);
    let (jobs, queue) = bounded::<Job>(workers);
    let (slots, order) = bounded::<Slot>(workers + 2);
    thread::scope(|scope| {
        let reading_pool = Arc::clone(&pool);
        scope.spawn(move || Reading { slots, jobs, pool: reading_pool }.run(Cutter::new(source)));
        for _ in 0..workers {
            let (queue, pool) = (queue.clone(), Arc::clone(&pool));
            scope.spawn(move || work(&queue, &pool));
        }
        // Workers alone hold the queue, so that the reader notices when they are gone.
        drop(queue);
        let mut ordered = Ordered { order: Some(order), pool, totals: Totals { digest: None, frames: 0 } };
        consume(&mut ordered)
        // Dropping `ordered` closes pool and order: whoever waits on them stops, and the scope ends.
    })
}

struct Reading {
    slots: Sender<Slot>,
    jobs: Sender<Job>,
    pool: Arc<Pool>,
}

impl Reading {
    fn run(self, mut cutter: Cutter<'_>) {
        if let Err(error) = self.deliver_all(&mut cutter) {
            // The consumer may be gone already.
            let _ = self.slots.send(Slot::Ready(Err(error)));
        }
    }

    fn deliver_all(&self, cutter: &mut Cutter<'_>) -> Result<(), ArchiveError> {
        loop {
            let delivered = match cutter.next()? {
                None => {
                    let totals = Totals { digest: cutter.source.digest(), frames: cutter.frames };
                    let _ = self.slots.send(Slot::End(totals));
                    return Ok(());
                }
                Some(Cut::Unit(unit)) => self.hand_out(unit),
                Some(Cut::Large(large)) => self.decode_large(large, cutter)?,
            };
            if delivered.is_none() {
                return Ok(());
            }
        }
    }

    /// The buffer is taken here and not by the worker: buffers are given out in order, so that the unit which
    /// the consumer waits for always has one.
    fn hand_out(&self, unit: Unit) -> Option<()> {
        let buffer = self.pool.take()?;
        let (done, pending) = bounded(1);
        self.slots.send(Slot::Pending(pending)).ok()?;
        self.jobs.send(Job { unit, buffer, done }).ok()
    }

    fn decode_large(&self, large: Large, cutter: &mut Cutter<'_>) -> Result<Option<()>, ArchiveError> {
        let mut context = Context::take()?;
        context.begin(large)?;
        loop {
            let Some(mut buffer) = self.pool.take() else {
                return Ok(None);
            };
            if buffer.capacity() == 0 {
                buffer.reserve_exact(PIECE);
            }
            let more = context.piece(large, &mut cutter.source, &mut buffer)?;
            let chunk = Arc::new(Chunk::of(buffer, Arc::clone(&self.pool)));
            if self.slots.send(Slot::Ready(Ok(chunk))).is_err() {
                return Ok(None);
            }
            if !more {
                return Ok(Some(()));
            }
        }
    }
}

fn work(queue: &Receiver<Job>, pool: &Arc<Pool>) {
    let mut context = Context::take();
    while let Ok(Job { unit, mut buffer, done }) = queue.recv() {
        let decoded = match &mut context {
            Ok(context) => context.unit(&unit, &mut buffer).map_err(ArchiveError::from),
            Err(_) => Err(ArchiveError::Memory),
        };
        let chunk = Chunk::of(buffer, Arc::clone(pool));
        // The consumer may have stopped listening.
        let _ = done.send(decoded.map(|()| Arc::new(chunk)));
    }
}

struct Ordered {
    order: Option<Receiver<Slot>>,
    pool: Arc<Pool>,
    totals: Totals,
}

impl Chunks for Ordered {
    fn next(&mut self) -> Result<Option<Arc<Chunk>>, ArchiveError> {
        let slot = self.order.as_ref().and_then(|order| order.recv().ok());
        match slot {
            Some(Slot::Ready(decoded)) => decoded.map(Some),
            Some(Slot::Pending(pending)) => pending.recv().unwrap_or(Err(ArchiveError::Worker)).map(Some),
            Some(Slot::End(totals)) => {
                self.totals = totals;
                self.order = None;
                Ok(None)
            }
            None => Err(ArchiveError::Worker),
        }
    }

    fn keep(&mut self) {
        self.pool.lift();
    }

    fn totals(&self) -> Totals {
        self.totals
    }
}

impl Drop for Ordered {
    fn drop(&mut self) {
        self.order = None;
        self.pool.close();
    }
}
