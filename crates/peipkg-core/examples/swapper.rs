//! Changes directories for symlinks and back as fast as it can, until its standard input ends: the other process of the
//! tests of a hostile root. Says how often it did.
//!
//! `swapper OUTSIDE PAUSE ROOT DIRECTORY…`: each DIRECTORY below ROOT, and what is staged in it, changes places with a link
//! to OUTSIDE; PAUSE is how many microseconds it waits at most before the next.

#![allow(clippy::unwrap_used, reason = "a tool of the tests")]

use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// What the names of our links end with.
const LINK: &str = ".swapped";

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let outside = arguments.next().unwrap();
    let pause: u64 = arguments.next().unwrap().to_str().unwrap().parse().unwrap();
    let root = arguments.next().unwrap();
    let directories: Vec<PathBuf> = arguments.map(|directory| root.join(directory)).collect();
    let ended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ended);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        seen.store(true, Ordering::Relaxed);
    });
    println!("ready");
    let (mut swaps, mut staged, mut random) = (0_u64, 0_u64, pause + 1);
    while !ended.load(Ordering::Relaxed) {
        for directory in &directories {
            swaps += u64::from(there_and_back(directory, &outside));
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.contains(".peipkg-") && !name.ends_with(LINK) {
                    staged += u64::from(there_and_back(&entry.path(), &outside));
                }
            }
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if pause > 0 {
                std::thread::sleep(Duration::from_micros((random >> 33) % pause));
            }
        }
    }
    println!("{swaps} {staged}");
}

/// Whether `path` became a link to `outside`, and itself again.
fn there_and_back(path: &Path, outside: &Path) -> bool {
    let mut link = path.as_os_str().to_owned();
    link.push(LINK);
    // Beside it; what is left of an earlier one will do.
    let _ = symlink(outside, &link);
    let exchange = || renameat_with(CWD, path, CWD, &link, RenameFlags::EXCHANGE).is_ok();
    let swapped = exchange();
    if swapped {
        exchange();
    }
    let _ =
        std::fs::symlink_metadata(&link).map(|found| found.is_symlink().then(|| std::fs::remove_file(&link)));
    swapped
}
