//! Undoes the transport encoding `zstd` piece by piece (RFC 8878; windows as RFC 9659 bounds them). How much may come out in
//! all is its caller's to watch.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use crate::error::Coded;

/// The largest window that a server may use: 8 MiB (RFC 9659).
const MOST_WINDOW: u64 = 8 << 20;

/// Why what a server sent does not unpack.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// It is no zstd, or damaged.
    #[error("the zstd encoding does not unpack: {0}")]
    Damaged(&'static str),
    /// It ends within a frame.
    #[error("the zstd encoding ends before its end")]
    Truncated,
}

impl Coded for TransferError {
    fn code(&self) -> &'static str {
        "PEI_PACKAGE_ZSTD"
    }
}

/// A decoder of one answer.
pub struct Unzstd {
    context: DCtx<'static>,
    input: Vec<u8>,
    /// How much of `input` is used up.
    used: usize,
    /// Whether a frame has begun and not ended.
    inside: bool,
}

impl Unzstd {
    /// Nothing received yet.
    pub fn new() -> Result<Self, TransferError> {
        let mut context = DCtx::try_create().ok_or(TransferError::Damaged("out of memory"))?;
        context.set_parameter(DParameter::WindowLogMax(MOST_WINDOW.ilog2())).map_err(damaged)?;
        Ok(Self { context, input: Vec::new(), used: 0, inside: false })
    }

    /// Takes received bytes; what was taken before must have been pulled out.
    pub fn push(&mut self, bytes: &[u8]) {
        self.input.drain(..self.used);
        self.used = 0;
        self.input.extend_from_slice(bytes);
    }

    /// The next unpacked bytes, at most `most`; nothing when the received ones are used up.
    pub fn pull(&mut self, most: usize) -> Result<Vec<u8>, TransferError> {
        let mut out = Vec::with_capacity(most);
        while out.len() < most {
            let mut input = InBuffer::around(&self.input[self.used..]);
            let filled = out.len();
            let mut output = OutBuffer::around_pos(&mut out, filled);
            let left = self.context.decompress_stream(&mut output, &mut input).map_err(damaged)?;
            let read = input.pos();
            self.used += read;
            if read > 0 || out.len() > filled {
                self.inside = left != 0;
            }
            // The decoder may still hold output when the input is used up.
            if read == 0 && out.len() == filled {
                break;
            }
        }
        Ok(out)
    }

    /// Says whether everything that was begun has ended.
    pub fn finish(&self) -> Result<(), TransferError> {
        if self.inside || self.used < self.input.len() { Err(TransferError::Truncated) } else { Ok(()) }
    }
}

fn damaged(code: usize) -> TransferError {
    TransferError::Damaged(zstd_safe::get_error_name(code))
}

#[cfg(test)]
mod tests {
    use super::Unzstd;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
        zstd_safe::compress(&mut out, bytes, 3).expect("compresses");
        out
    }

    fn unpack(received: &[u8], piece: usize) -> Result<Vec<u8>, String> {
        let mut decoder = Unzstd::new().expect("made");
        let mut whole = Vec::new();
        for bytes in received.chunks(piece) {
            decoder.push(bytes);
            loop {
                let out = decoder.pull(1000).map_err(|error| error.to_string())?;
                if out.is_empty() {
                    break;
                }
                whole.extend(out);
            }
        }
        decoder.finish().map_err(|error| error.to_string())?;
        Ok(whole)
    }

    #[test]
    fn frames_come_apart_whatever_the_pieces() {
        let body: Vec<u8> = (0..100_000_u32).flat_map(|number| (number / 7).to_le_bytes()).collect();
        let twice = [packed(&body), packed(b""), packed(&body)].concat();
        for piece in [1, 7, 1000, twice.len()] {
            assert_eq!(unpack(&twice, piece), Ok([&*body, &*body].concat()), "{piece}");
        }
        assert_eq!(unpack(b"", 1), Ok(Vec::new()));
    }

    #[test]
    fn what_is_cut_or_damaged_is_refused() {
        let mut bytes = packed(&[7; 5000]);
        let cut = bytes.len() - 1;
        assert!(unpack(&bytes[..cut], 3).expect_err("cut").contains("before its end"));
        bytes[0] ^= 1;
        assert!(unpack(&bytes, 3).expect_err("no zstd").contains("does not unpack"));
    }

    #[test]
    fn a_window_that_takes_too_much_memory_is_refused() {
        // A frame header that asks for a window of 2^27 bytes.
        let greedy = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00];
        assert!(unpack(&greedy, 100).expect_err("greedy").contains("does not unpack"));
    }
}
