//! What filesystems differ in, so far as it matters here: inode numbers that last, and permission bits.

use rustix::fd::AsFd;

use super::fault;

const MSDOS: u64 = 0x4D44;
const EXFAT: u64 = 0x2011_BAB0;
const FUSE: u64 = 0x6573_5546;

/// Whether a file keeps its inode number when it is forgotten and read again, as after a remount. Of vfat and exFAT the
/// kernel makes the numbers up; of FUSE the program behind it may.
pub(super) fn keeps_inodes(directory: impl AsFd) -> bool {
    !fault::filesystem().without_inodes() && !matches!(kind(directory), MSDOS | EXFAT | FUSE)
}

/// Whether a file has permission bits of its own.
pub(super) fn keeps_modes(file: impl AsFd) -> bool {
    !matches!(kind(file), MSDOS | EXFAT | FUSE)
}

fn kind(place: impl AsFd) -> u64 {
    rustix::fs::fstatfs(place).map_or(0, |stat| stat.f_type as u64 & 0xFFFF_FFFF)
}
