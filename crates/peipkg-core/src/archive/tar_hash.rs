//! The digests of the tar stream: of the whole, and of what the signature covers (PSD-009 §5.1).

use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::ArchiveError;
use super::zstd::Chunk;
use crate::digest::{Digest, Hasher};

/// Both digests.
pub(super) struct TarDigests {
    pub whole: Digest,
    /// Of every byte before the header block of the signature, if there is one.
    pub signed: Option<Digest>,
}

enum Message {
    Piece(Arc<Chunk>, Range<usize>),
    Bytes(Vec<u8>),
    SignatureStarts,
}

enum Worker {
    Here(State),
    Thread { sender: Sender<Message>, thread: JoinHandle<TarDigests> },
}

/// Hashes the stream chunk by chunk, always behind the reader, which alone knows where the signature starts.
pub(super) struct TarHash {
    worker: Worker,
    /// Bytes of an incomplete header block: hashed once it is known whose header it is.
    carried: Vec<u8>,
    signature_at: Option<u64>,
    hashed: u64,
}

impl TarHash {
    /// `threaded`: hash on a thread of its own.
    pub(super) fn new(threaded: bool) -> Self {
        let worker = if threaded {
            let (sender, receiver) = bounded(2);
            Worker::Thread { sender, thread: std::thread::spawn(move || run(&receiver)) }
        } else {
            Worker::Here(State::default())
        };
        Self { worker, carried: Vec::new(), signature_at: None, hashed: 0 }
    }

    /// The reader found the signature; its header block starts there.
    pub(super) fn signature_starts(&mut self, at: u64) {
        self.signature_at = Some(at);
    }

    /// Hashes what is settled: the bytes of `chunk`, which starts at byte `start`, before byte `settled`.
    pub(super) fn update(&mut self, chunk: &Arc<Chunk>, start: u64, settled: u64) {
        let Some(settled) = settled.checked_sub(start).map(|settled| settled as usize) else {
            self.carried.extend_from_slice(chunk);
            return;
        };
        if !self.carried.is_empty() {
            let carried = std::mem::take(&mut self.carried);
            let split = self.split_within(carried.len());
            let (before, after) = carried.split_at(split.unwrap_or(carried.len()));
            self.send(Message::Bytes(before.to_vec()));
            if split.is_some() {
                self.send(Message::SignatureStarts);
                self.send(Message::Bytes(after.to_vec()));
            }
        }
        self.piece(chunk, settled);
        self.carried.extend_from_slice(&chunk[settled..]);
    }

    /// The stream has ended.
    pub(super) fn finish(mut self) -> Result<TarDigests, ArchiveError> {
        let carried = std::mem::take(&mut self.carried);
        self.send(Message::Bytes(carried));
        match self.worker {
            Worker::Here(state) => Ok(state.finish()),
            Worker::Thread { sender, thread } => {
                drop(sender);
                thread.join().map_err(|_| ArchiveError::Worker)
            }
        }
    }

    fn piece(&mut self, chunk: &Arc<Chunk>, settled: usize) {
        let split = self.split_within(settled);
        self.send(Message::Piece(Arc::clone(chunk), 0..split.unwrap_or(settled)));
        if let Some(split) = split {
            self.send(Message::SignatureStarts);
            self.send(Message::Piece(Arc::clone(chunk), split..settled));
        }
    }

    /// Where among the next `length` bytes the signature's header starts; counts them as hashed.
    fn split_within(&mut self, length: usize) -> Option<usize> {
        let start = self.hashed;
        self.hashed += length as u64;
        let at = self.signature_at?;
        (start <= at && at < self.hashed).then(|| (at - start) as usize)
    }

    fn send(&mut self, message: Message) {
        match &mut self.worker {
            Worker::Here(state) => state.take(message),
            // A thread that ended early is noticed when it is joined.
            Worker::Thread { sender, .. } => drop(sender.send(message)),
        }
    }
}

#[derive(Default)]
struct State {
    hasher: Hasher,
    signed: Option<Digest>,
}

impl State {
    fn take(&mut self, message: Message) {
        match message {
            Message::Piece(chunk, range) => self.hasher.update(&chunk[range]),
            Message::Bytes(bytes) => self.hasher.update(&bytes),
            Message::SignatureStarts => self.signed = Some(self.hasher.clone().finish()),
        }
    }

    fn finish(self) -> TarDigests {
        TarDigests { whole: self.hasher.finish(), signed: self.signed }
    }
}

fn run(messages: &Receiver<Message>) -> TarDigests {
    let mut state = State::default();
    for message in messages {
        state.take(message);
    }
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tar::{Entry, HeaderWriter, Reader, TarError, Visitor, padding_of};
    use crate::package::{EntryKind, SIGNATURE};

    /// Notes where the signature's header starts, as the real visitor does.
    #[derive(Default)]
    struct Find(Option<u64>);

    impl Visitor for Find {
        type Error = TarError;

        fn begin(&mut self, entry: &Entry<'_>) -> Result<(), TarError> {
            if entry.name == SIGNATURE {
                self.0 = Some(entry.header_at);
            }
            Ok(())
        }

        fn data(&mut self, _: &[u8]) -> Result<(), TarError> {
            Ok(())
        }

        fn end(&mut self) -> Result<(), TarError> {
            Ok(())
        }
    }

    #[test]
    fn the_signed_part_ends_where_the_header_starts_however_the_stream_is_cut() {
        let (mut tar, headers) = (Vec::new(), HeaderWriter::new(0));
        headers.append(&mut tar, EntryKind::File, "usr/share/a", "", 700);
        tar.resize(tar.len() + 700 + padding_of(700), 7);
        tar[512 + 700..].fill(0);
        let signed = Digest::of(&tar);
        headers.append(&mut tar, EntryKind::File, SIGNATURE, "", 0);
        headers.append_end(&mut tar);
        for length in (1..600).chain([1000, 1536, 2047, 2048, 2049, 4096]) {
            for threaded in [false, true] {
                let (mut reader, mut find, mut hash) =
                    (Reader::default(), Find::default(), TarHash::new(threaded));
                let mut start = 0;
                for piece in tar.chunks(length) {
                    reader.feed(piece, &mut find).unwrap();
                    find.0.into_iter().for_each(|at| hash.signature_starts(at));
                    hash.update(&Arc::new(Chunk::free(piece.to_vec())), start, reader.settled());
                    start += piece.len() as u64;
                }
                let digests = hash.finish().unwrap();
                assert_eq!(digests.signed, Some(signed), "pieces of {length}");
                assert_eq!(digests.whole, Digest::of(&tar), "pieces of {length}");
            }
        }
    }
}
