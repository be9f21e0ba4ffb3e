//! Container and frames.

use super::cases::{Case, Family, OK};
use super::package::{Package, compress};

const ZSTD: &str = "PEI_PACKAGE_ZSTD";

pub fn cases() -> Vec<Case> {
    let mut family = Family::new("container");
    family.raw("valid", OK, "", good);
    family.raw("empty file", ZSTD, "no data", Vec::new);
    family.raw("text", ZSTD, "hello", || b"hello world".to_vec());
    family.raw("gzip", ZSTD, "\\x1f\\x8b", || b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec());
    family.raw("plain tar", ZSTD, ".peipkg", || Package::new().tar());
    family.raw("magic only", ZSTD, "truncated", || good()[..4].to_vec());
    family.raw("part of the magic", ZSTD, "", || good()[..3].to_vec());
    family.raw("truncated header", ZSTD, "truncated", || good()[..5].to_vec());
    family.raw("truncated in the middle", ZSTD, "truncated", || good()[..good().len() / 2].to_vec());
    family.raw("truncated by a byte", ZSTD, "truncated", || good()[..good().len() - 1].to_vec());
    family.raw("trailing byte", ZSTD, "trailing", || [&good()[..], b"x"].concat());
    family.raw("trailing zeros", ZSTD, "trailing", || [good(), vec![0; 512]].concat());
    family.raw("trailing text", ZSTD, "trailing", || [&good()[..], b"some trailing text"].concat());
    family.raw("trailing tar", ZSTD, "trailing", || [good(), Package::new().tar()].concat());
    family.raw("second package appended", "PEI_PACKAGE_TAR", "end marker", || [good(), good()].concat());
    frames(&mut family);
    skippable(&mut family);
    damaged(&mut family);
    bombs(&mut family);
    family.done()
}

fn good() -> Vec<u8> {
    Package::new().zstd()
}

fn frames(family: &mut Family) {
    family.raw("many frames", OK, "", || Package::new().tar().chunks(100).flat_map(compress).collect());
    family.raw("empty frames between", OK, "", || [compress(b""), good(), compress(b"")].concat());
    family.raw("a dictionary", ZSTD, "dictionary 17", || frame(&[0x21, 17, 5], &[raw(b"abcde", true)]));
    family.raw("dictionary id 0", OK, "", || {
        let tar = Package::new().tar();
        let blocks: Vec<_> = tar.chunks(1024).map(|part| raw(part, false)).chain([raw(b"", true)]).collect();
        frame(&[0x01, 0x60, 0], &blocks)
    });
    family.raw("window of 128 MiB", OK, "", || windowed((27 - 10) << 3));
    family.raw("window above 128 MiB", ZSTD, "window", || windowed(((27 - 10) << 3) + 1));
    family.raw("window of 2 GiB", ZSTD, "window", || windowed((31 - 10) << 3));
    family.raw("single segment of 200 MB", ZSTD, "window", || {
        frame(&[0xA0, 0, 0xC2, 0xEB, 0x0B], &[raw(&Package::new().tar(), true)])
    });
    family.raw("reserved bit", ZSTD, "reserved", || frame(&[0x08, 0x60], &[raw(b"abc", true)]));
    family.raw("reserved block type", ZSTD, "type 3", || frame(&[0, 0x60], &[vec![7, 0, 0]]));
    family.raw("block above 128 KiB", ZSTD, "128 KiB", || frame(&[0, 0x60], &[vec![0xFD, 0xFF, 0xFF]]));
    family.raw("legacy magic", ZSTD, "", || [&[0x27, 0xB5, 0x2F, 0xFD][..], &[0; 60]].concat());
    family.raw("checksum", OK, "", || with_checksum(true));
    family.raw("wrong checksum", ZSTD, "checksum", || with_checksum(false));
}

fn skippable(family: &mut Family) {
    family.raw("skippable frames around", OK, "", || [skip(0), good(), skip(100_000), skip(5)].concat());
    family.raw("skippable between frames", OK, "", || {
        let tar = Package::new().tar();
        [compress(&tar[..700]), skip(33), compress(&tar[700..])].concat()
    });
    family.raw("only a skippable frame", ZSTD, "zstd", || skip(64));
    family.raw("truncated skippable frame", ZSTD, "truncated", || [&good()[..], &skip(64)[..40]].concat());
    family.raw("skippable frame that claims 4 GiB", ZSTD, "truncated", || {
        [&good()[..], &[0x50, 0x2A, 0x4D, 0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0]].concat()
    });
}

fn damaged(family: &mut Family) {
    family.raw("content size too small", ZSTD, "decompress", || sized(|size| size - 1));
    family.raw("content size too large", ZSTD, "decompress", || sized(|size| size + 1));
    family.raw("content size of 2^63", ZSTD, "window", || {
        frame(&[0xE0, 0, 0, 0, 0, 0, 0, 0, 0x80], &[raw(b"abc", true)])
    });
    family.raw("garbage in a compressed block", ZSTD, "decompress", || {
        frame(&[0, 0x60], &[[&[5 | 40 << 3, 1, 0][..], &[0xA5; 40]].concat()])
    });
    family.raw("empty frame", "PEI_PACKAGE_TAR", "truncated", || compress(b""));
}

/// Small files that would become very large.
fn bombs(family: &mut Family) {
    family.raw("zeros without end", "PEI_PACKAGE_TAR", "", || {
        frame(&[0, 0x88], &vec![run(0, 128 * 1024, false); 4_000_000])
    });
    family.raw("a run of letters", "PEI_PACKAGE_TAR", "", || {
        frame(&[0, 0x88], &vec![run(b'a', 128 * 1024, false); 1_000_000])
    });
    family.raw("zeros after a package", "PEI_PACKAGE_TAR", "end marker", || {
        let zeros = vec![run(0, 128 * 1024, false); 1_000_000];
        [good(), frame(&[0, 0x88], &zeros)].concat()
    });
    family.raw("ten million empty frames", ZSTD, "", || {
        [frame(&[0, 0x60], &[raw(b"", true)]).repeat(10_000_000), b"x".to_vec()].concat()
    });
    family.raw("thirty million empty blocks", "PEI_PACKAGE_TAR", "truncated", || {
        frame(&[0, 0x60], &[vec![0; 3 * 30_000_000], raw(b"", true)])
    });
    family.raw("millions of skippable frames", ZSTD, "", || skip(0).repeat(12_000_000));
    family.raw("alternating frames", "PEI_PACKAGE_TAR", "truncated", || {
        [frame(&[0, 0x60], &[raw(b"", true)]), skip(0)].concat().repeat(5_000_000)
    });
    family.raw("metadata that is ignored without end", "PEI_PACKAGE_LIMIT", "decompressed size", || {
        let mut tar = Package::new().tar();
        let payload = tar.chunks(512).position(|block| block.starts_with(b"usr/")).unwrap();
        tar.truncate(payload * 512);
        let mut header = super::tar::Header::new(b'0', ".peipkg/other", 0o77_777_777_777);
        header.size = b"77777777777".to_vec();
        tar.extend(header.block());
        let blocks: Vec<_> = tar.chunks(1024).map(|part| raw(part, false)).collect();
        frame(&[0, 0x88], &[blocks, vec![run(0, 128 * 1024, false); 100_000]].concat())
    });
}

/// Magic, header bytes, blocks.
fn frame(header: &[u8], blocks: &[Vec<u8>]) -> Vec<u8> {
    [&[0x28, 0xB5, 0x2F, 0xFD], header, &blocks.concat()].concat()
}

fn raw(bytes: &[u8], last: bool) -> Vec<u8> {
    [&block_header(0, bytes.len(), last), bytes].concat()
}

fn run(byte: u8, length: usize, last: bool) -> Vec<u8> {
    [&block_header(1, length, last)[..], &[byte]].concat()
}

fn block_header(kind: u32, size: usize, last: bool) -> [u8; 3] {
    let header = (size as u32) << 3 | kind << 1 | u32::from(last);
    [header as u8, (header >> 8) as u8, (header >> 16) as u8]
}

fn windowed(descriptor: u8) -> Vec<u8> {
    frame(&[0, descriptor], &[raw(&Package::new().tar(), true)])
}

/// A single-segment frame whose header claims another size.
fn sized(claim: fn(u32) -> u32) -> Vec<u8> {
    let tar = Package::new().tar();
    let header = [&[0xA0][..], &claim(tar.len() as u32).to_le_bytes()].concat();
    frame(&header, &[raw(&tar, true)])
}

fn with_checksum(right: bool) -> Vec<u8> {
    let mut context = zstd_safe::CCtx::create();
    context.set_parameter(zstd_safe::CParameter::ChecksumFlag(true)).unwrap();
    let mut out = Vec::with_capacity(1 << 20);
    context.compress2(&mut out, &Package::new().tar()).unwrap();
    if !right {
        let last = out.len() - 1;
        out[last] ^= 1;
    }
    out
}

fn skip(length: u32) -> Vec<u8> {
    [&[0x53, 0x2A, 0x4D, 0x18][..], &length.to_le_bytes(), &vec![0xEE; length as usize]].concat()
}
