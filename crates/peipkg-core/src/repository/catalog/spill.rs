//! Bytes in the making: in memory up to a bound, beyond it in a file without a name. A catalog's texts take a good part of
//! what its document takes, which is in memory at the same time.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use crate::fsx::{Root, state};

/// Bytes that are kept in memory. Most indexes stay below.
const MOST: usize = 4 << 20;

/// Grows at its end.
#[derive(Debug, Default)]
pub(super) struct Spill {
    memory: Vec<u8>,
    file: Option<File>,
    spilled: u64,
    /// There can be no file: everything stays in memory.
    stays: bool,
}

impl Spill {
    /// Where bytes are added.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.memory
    }

    pub(super) fn length(&self) -> u64 {
        self.spilled + self.memory.len() as u64
    }

    /// Moves what is too much for memory away.
    pub(super) fn settle(&mut self, root: &Root) {
        if self.memory.len() < MOST || self.stays {
            return;
        }
        self.file = self.file.take().or_else(|| unnamed(root));
        let written = self.file.as_ref().map(|file| file.write_all_at(&self.memory, self.spilled));
        if let Some(Ok(())) = written {
            self.spilled += self.memory.len() as u64;
            self.memory.clear();
        } else {
            self.stays = true;
        }
    }

    /// Everything, from the beginning.
    pub(super) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let (mut at, mut piece) = (0, vec![0; if self.spilled > 0 { 256 << 10 } else { 0 }]);
        while let Some(file) = self.file.as_ref().filter(|_| at < self.spilled) {
            let wanted = usize::try_from(self.spilled - at).unwrap_or(usize::MAX).min(piece.len());
            file.read_exact_at(&mut piece[..wanted], at)?;
            out.write_all(&piece[..wanted])?;
            at += wanted as u64;
        }
        out.write_all(&self.memory)
    }
}

/// A file without a name in the state directory, or where temporary files go.
fn unnamed(root: &Root) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let beside = root.open_directory(state::STATE).ok();
    let beside = beside.and_then(|state| openat(&state, ".", flags, Mode::RUSR | Mode::WUSR).ok());
    let made = beside.or_else(|| openat(CWD, std::env::temp_dir(), flags, Mode::RUSR | Mode::WUSR).ok());
    made.map(File::from)
}

#[cfg(test)]
mod tests {
    use super::{MOST, Spill};
    use crate::fsx::Root;

    #[test]
    fn what_is_moved_away_comes_back_in_order() {
        let place = tempfile::tempdir().unwrap();
        let root = Root::open(place.path()).unwrap();
        let (mut spill, mut expected) = (Spill::default(), Vec::new());
        for number in 0..3 * MOST as u32 / 1000 {
            let bytes = number.to_le_bytes().repeat(250);
            spill.end().extend(&bytes);
            expected.extend(bytes);
            spill.settle(&root);
            assert!(spill.memory.len() < MOST + 1000);
        }
        assert!(spill.spilled > 0 && spill.length() == expected.len() as u64);
        let mut found = Vec::new();
        spill.write_to(&mut found).unwrap();
        assert!(found == expected);
    }
}
