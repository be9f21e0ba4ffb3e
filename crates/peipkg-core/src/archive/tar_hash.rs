//! The digests of the tar stream: of the whole, of what the signature covers (PSD-009 §5.1), and of each payload file in it.

use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::ArchiveError;
use super::zstd::Chunk;
use crate::digest::{Digest, Hasher};

/// All of them.
pub(super) struct TarDigests {
    pub whole: Digest,
    /// Of every byte before the header block of the signature, if there is one.
    pub signed: Option<Digest>,
    /// Of the payload files, in their order.
    pub files: Vec<Digest>,
}

/// Some bytes of the body of a payload file.
pub(super) struct BodyPart {
    /// Where they are: in the stream, or in a chunk of it.
    pub range: Range<u64>,
    /// Whether the body ends with them.
    pub ends: bool,
}

enum Message {
    Piece(Arc<Chunk>, Range<usize>, Vec<BodyPart>),
    Bytes(Vec<u8>),
    SignatureStarts,
}

enum Worker {
    Here(Box<State>),
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
            Worker::Here(Box::default())
        };
        Self { worker, carried: Vec::new(), signature_at: None, hashed: 0 }
    }

    /// The reader found the signature; its header block starts there.
    pub(super) fn signature_starts(&mut self, at: u64) {
        self.signature_at = Some(at);
    }

    /// Hashes what is settled: the bytes of `chunk`, which starts at byte `start`, before byte `settled`. `parts`: the bodies
    /// in it, in their order.
    pub(super) fn update(&mut self, chunk: &Arc<Chunk>, start: u64, settled: u64, mut parts: Vec<BodyPart>) {
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
        for part in &mut parts {
            part.range = part.range.start - start..part.range.end - start;
        }
        self.piece(chunk, settled, parts);
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

    fn piece(&mut self, chunk: &Arc<Chunk>, settled: usize, parts: Vec<BodyPart>) {
        // The signature is the last entry: all bodies come before it.
        let split = self.split_within(settled);
        self.send(Message::Piece(Arc::clone(chunk), 0..split.unwrap_or(settled), parts));
        if let Some(split) = split {
            self.send(Message::SignatureStarts);
            self.send(Message::Piece(Arc::clone(chunk), split..settled, Vec::new()));
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
    /// Of the body that was begun.
    file: Hasher,
    files: Vec<Digest>,
}

impl State {
    fn take(&mut self, message: Message) {
        match message {
            Message::Piece(chunk, range, parts) => self.piece(&chunk, range, &parts),
            Message::Bytes(bytes) => self.hasher.update(&bytes),
            Message::SignatureStarts => self.signed = Some(self.hasher.clone().finish()),
        }
    }

    /// A body starts where a block of 512 bytes does, so that both digests cut it in the same way.
    fn piece(&mut self, chunk: &[u8], range: Range<usize>, parts: &[BodyPart]) {
        let mut at = range.start;
        for part in parts {
            let (from, to) = (part.range.start as usize, part.range.end as usize);
            self.hasher.update(&chunk[at..from]);
            self.hasher.update_both(&mut self.file, &chunk[from..to]);
            if part.ends {
                self.files.push(std::mem::take(&mut self.file).finish());
            }
            at = to;
        }
        self.hasher.update(&chunk[at..range.end]);
    }

    fn finish(self) -> TarDigests {
        TarDigests { whole: self.hasher.finish(), signed: self.signed, files: self.files }
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

    /// Notes where the signature's header starts, and the bodies before it, as the real visitor does.
    #[derive(Default)]
    struct Find {
        signature_at: Option<u64>,
        at: u64,
        parts: Vec<BodyPart>,
    }

    impl Visitor for Find {
        type Error = TarError;

        fn begin(&mut self, entry: &Entry<'_>) -> Result<(), TarError> {
            self.at = entry.header_at + 512;
            if entry.name == SIGNATURE {
                self.signature_at = Some(entry.header_at);
            }
            Ok(())
        }

        fn data(&mut self, bytes: &[u8]) -> Result<(), TarError> {
            let range = self.at..self.at + bytes.len() as u64;
            self.at = range.end;
            self.parts.push(BodyPart { range, ends: false });
            Ok(())
        }

        fn end(&mut self) -> Result<(), TarError> {
            if self.signature_at.is_none() {
                self.parts.push(BodyPart { range: self.at..self.at, ends: true });
            }
            Ok(())
        }
    }

    #[test]
    fn the_signed_part_ends_where_the_header_starts_however_the_stream_is_cut() {
        let (mut tar, headers) = (Vec::new(), HeaderWriter::new(0));
        for (name, size) in [("usr/share/a", 700), ("usr/share/b", 0), ("usr/share/c", 64)] {
            headers.append(&mut tar, EntryKind::File, name, "", size);
            tar.resize(tar.len() + size as usize, 7);
            tar.resize(tar.len() + padding_of(size), 0);
        }
        let files = [700, 0, 64].map(|size| Digest::of(&vec![7; size]));
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
                    find.signature_at.into_iter().for_each(|at| hash.signature_starts(at));
                    let parts = std::mem::take(&mut find.parts);
                    hash.update(&Arc::new(Chunk::free(piece.to_vec())), start, reader.settled(), parts);
                    start += piece.len() as u64;
                }
                let digests = hash.finish().unwrap();
                assert_eq!(digests.signed, Some(signed), "pieces of {length}");
                assert_eq!(digests.whole, Digest::of(&tar), "pieces of {length}");
                assert_eq!(digests.files, files, "pieces of {length}");
            }
        }
    }
}
