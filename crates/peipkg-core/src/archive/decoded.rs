//! The tar stream of a package that has been verified, a second time.

use super::zstd::{Chunk, Chunks, Serial, Source, decode_parallel};
use super::{ArchiveError, Observer, VerifiedPackage};

/// Files from this size on are decoded by several threads.
const THREADED: u64 = 4 << 20;

/// Hands the tar stream of `package`, which is `file`, to `take`, piece by piece; fails when the file is another one by now.
pub(super) fn decode(
    package: &VerifiedPackage,
    observer: &Observer,
    mut take: impl FnMut(&[u8]) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let VerifiedPackage { file, size, digest, .. } = package;
    let source = Source::new(file, *size, observer);
    let mut consume = |chunks: &mut dyn Chunks| -> Result<_, ArchiveError> {
        while let Some(chunk) = chunks.next()? {
            let bytes: &Chunk = &chunk;
            take(bytes)?;
        }
        Ok(chunks.totals().digest)
    };
    let decoded =
        if *size >= THREADED { decode_parallel(source, consume) } else { consume(&mut Serial::new(source)?) };
    if decoded? == Some(*digest) { Ok(()) } else { Err(ArchiveError::Changed) }
}
