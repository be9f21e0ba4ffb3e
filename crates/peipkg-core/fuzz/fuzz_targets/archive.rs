//! Tar streams, in one frame of raw blocks. Header checksums are put right, else hardly an input would get past them.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../src/package.rs"]
mod package;

fuzz_target!(|bytes: &[u8]| {
    let mut tar = bytes.to_vec();
    for block in tar.chunks_exact_mut(512).filter(|block| &block[257..262] == b"ustar") {
        put_checksum(block);
    }
    package::check(&in_frame(&tar));
});

fn put_checksum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// RFC 8478 §3.1.1: no checksum, no content size, a window of 1 MiB, raw blocks.
fn in_frame(content: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 128 << 10;
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3];
    let mut rest = content;
    loop {
        let (block, after) = rest.split_at(rest.len().min(BLOCK));
        let header = (block.len() as u32) << 3 | u32::from(after.is_empty());
        frame.extend(&header.to_le_bytes()[..3]);
        frame.extend(block);
        if after.is_empty() {
            return frame;
        }
        rest = after;
    }
}
