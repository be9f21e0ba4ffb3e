//! A digest in the making.

use sha2::block_api::compress256;

use super::{Digest, both};

/// Bytes of a block of SHA-256.
pub(super) const BLOCK: usize = 64;
/// Where the length goes in the last block.
const LENGTH_AT: usize = BLOCK - 8;
/// The first state (FIPS 180-4 §5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A digest in the making. The blocks are the library's; their cutting is ours, so that two digests can take one block.
#[derive(Clone)]
pub struct Hasher {
    state: [u32; 8],
    /// Its first `filled` bytes are not yet in the state.
    block: [u8; BLOCK],
    filled: usize,
    /// Bytes given so far.
    length: u64,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { state: INITIAL, block: [0; BLOCK], filled: 0, length: 0 }
    }
}

impl Hasher {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hashes what follows.
    pub fn update(&mut self, bytes: &[u8]) {
        let rest = self.complete(bytes);
        let (blocks, rest) = rest.as_chunks();
        compress256(&mut self.state, blocks);
        self.keep(rest);
    }

    /// Hashes what follows in both. Where both stand at the same byte of a block, that costs little more than one
    /// (`both`).
    pub fn update_both(&mut self, other: &mut Self, bytes: &[u8]) {
        if self.filled != other.filled {
            self.update(bytes);
            other.update(bytes);
            return;
        }
        let rest = self.complete(bytes);
        other.complete(bytes);
        let (blocks, rest) = rest.as_chunks();
        both::compress(&mut self.state, &mut other.state, blocks);
        self.keep(rest);
        other.keep(rest);
    }

    /// The digest of all bytes given.
    pub fn finish(mut self) -> Digest {
        let bits = self.length << 3;
        let mut end = [0; 2 * BLOCK];
        end[..self.filled].copy_from_slice(&self.block[..self.filled]);
        end[self.filled] = 0x80;
        let size = if self.filled < LENGTH_AT { BLOCK } else { 2 * BLOCK };
        end[size - 8..size].copy_from_slice(&bits.to_be_bytes());
        compress256(&mut self.state, end[..size].as_chunks().0);
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        Digest(digest)
    }

    /// Completes the block that was begun; returns what does not belong to it.
    fn complete<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        self.length += bytes.len() as u64;
        if self.filled == 0 {
            return bytes;
        }
        let taken = bytes.len().min(BLOCK - self.filled);
        let (begin, rest) = bytes.split_at(taken);
        self.block[self.filled..self.filled + taken].copy_from_slice(begin);
        self.filled += taken;
        if self.filled == BLOCK {
            compress256(&mut self.state, &[self.block]);
            self.filled = 0;
        }
        rest
    }

    /// Keeps less than a block; nothing when the block before it is not complete.
    fn keep(&mut self, rest: &[u8]) {
        if !rest.is_empty() {
            self.block[..rest.len()].copy_from_slice(rest);
            self.filled = rest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Some bytes, and where they are cut.
    fn pieces() -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
        let length =
            prop_oneof![0..300_usize, Just(55), Just(56), Just(63), Just(64), Just(128), 0..5000_usize];
        let bytes = length.prop_flat_map(|length| prop::collection::vec(any::<u8>(), length));
        (bytes, prop::collection::vec(0..200_usize, 1..40))
    }

    fn cut<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        for length in lengths {
            let (piece, rest) = bytes.split_at(bytes.len().min(*length));
            pieces.push(piece);
            bytes = rest;
        }
        pieces.push(bytes);
        pieces
    }

    proptest! {
        #[test]
        fn is_the_digest_however_the_bytes_are_cut((bytes, lengths) in pieces()) {
            let mut hasher = Hasher::new();
            for piece in cut(&bytes, &lengths) {
                hasher.update(piece);
            }
            prop_assert_eq!(hasher.finish(), Digest::of(&bytes));
        }

        #[test]
        fn two_at_once_are_the_two_digests(before in 0..200_usize, (bytes, lengths) in pieces()) {
            for before in [0, 64, 512, before] {
                let (mut all, mut part) = (Hasher::new(), Hasher::new());
                let head = vec![7; before];
                all.update(&head);
                for piece in cut(&bytes, &lengths) {
                    all.update_both(&mut part, piece);
                }
                prop_assert_eq!(part.finish(), Digest::of(&bytes));
                prop_assert_eq!(all.finish(), Digest::of(&[head, bytes.clone()].concat()));
            }
        }
    }

    #[test]
    fn counts_beyond_32_bits_of_length() {
        let mut hasher = Hasher { length: 1 << 61, ..Hasher::new() };
        hasher.update(b"abc");
        // Beyond what SHA-256 is defined for: it must not stop anything.
        hasher.finish();
    }
}
