//! Filesystems that are mounted in a namespace of this process alone.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What this process was started for, when it is the one in the namespace.
pub fn inside() -> Option<String> {
    std::env::var("DISKS_INSIDE").ok()
}

/// Runs `what` in a mount namespace, or says why not.
pub fn in_namespace(what: &str) {
    if let Err(reason) = possible() {
        // Past the capture of the test harness: a skipped test must be seen.
        let _ = writeln!(std::io::stderr(), "skipped: {what}: {reason}");
        return;
    }
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--"]).arg(program).args(["inside", "--exact", "--nocapture"]);
    let output = command.env("DISKS_INSIDE", what).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .filter(|line| line.contains("full disks, ") || line.starts_with("counts: "))
        .for_each(|line| println!("{line}"));
    assert!(output.status.success(), "{what}:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Tries a loop mount of an empty ext4 in a namespace.
fn possible() -> Result<(), String> {
    let place = tempfile::tempdir().unwrap();
    let (image, directory) = (place.path().join("image"), place.path().join("mounted"));
    make_ext4(&image, 1 << 20, None)?;
    std::fs::create_dir(&directory).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--", "mount", "-o", "loop"]).arg(&image).arg(&directory);
    done(&mut command)
}

/// Makes an image with an empty ext4.
pub fn make_ext4(image: &Path, bytes: u64, inodes: Option<u32>) -> Result<(), String> {
    std::fs::File::create(image).unwrap().set_len(bytes).unwrap();
    let mut command = Command::new("mkfs.ext4");
    command.arg("-q");
    if let Some(inodes) = inodes {
        command.args(["-N", &inodes.to_string()]);
    }
    done(command.arg(image))
}

/// Makes an image with an empty filesystem of that kind.
pub fn make_image(image: &Path, kind: &str, bytes: u64) -> Result<(), String> {
    std::fs::File::create(image).unwrap().set_len(bytes).unwrap();
    done(Command::new(format!("mkfs.{kind}")).arg(image))
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output =
        output.map_err(|error| format!("cannot start {}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// A mounted filesystem; unmounted when dropped.
pub struct Mounted(pub PathBuf);

impl Mounted {
    pub fn image(image: &Path, at: &Path) -> Self {
        std::fs::create_dir_all(at).unwrap();
        // Nothing is written back by itself while the test runs: what no barrier asked for is lost.
        done(Command::new("mount").args(["-o", "loop,commit=300"]).arg(image).arg(at)).unwrap();
        Self(at.to_owned())
    }

    /// A filesystem of a kind that this kernel may not have.
    pub fn of_kind(image: &Path, kind: &str, at: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(at).unwrap();
        done(Command::new("mount").args(["-o", "loop", "-t", kind]).arg(image).arg(at))?;
        Ok(Self(at.to_owned()))
    }

    pub fn memory(bytes: u64, at: &Path) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let size = format!("size={bytes}");
        done(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at)).unwrap();
        Self(at.to_owned())
    }

    pub fn make_read_only(&self) {
        done(Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0)).unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        done(Command::new("umount").arg(&self.0)).unwrap();
    }
}
