//! Between the disk in memory and a real directory: reading one, writing one.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

use super::disk::{Disk, Id, Node, ROOT};

/// The state directory, where the database lies.
const STATE: &str = "var/lib/peipkg";

/// The files of the database: they are the business of `SQLite`, which has its own journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Database {
    pub main: Vec<u8>,
    pub log: Vec<u8>,
}

impl Database {
    pub fn read(root: &Path) -> Option<Self> {
        let state = root.join(STATE);
        let main = fs::read(state.join("db.sqlite")).ok()?;
        Some(Self { main, log: fs::read(state.join("db.sqlite-wal")).unwrap_or_default() })
    }

    /// Writes it below `root`, if its directory is there. Returns the path of the main file.
    pub fn write(&self, root: &Path) -> Option<PathBuf> {
        let state = root.join(STATE);
        if !state.is_dir() {
            return None;
        }
        fs::write(state.join("db.sqlite"), &self.main).unwrap();
        fs::write(state.join("db.sqlite-wal"), &self.log).unwrap();
        Some(state.join("db.sqlite"))
    }
}

pub fn is_database(name: &str) -> bool {
    name.starts_with("db.sqlite")
}

/// Reads everything below `root` but the database; with the inode number of each node.
pub fn read(root: &Path) -> (Disk, Vec<u64>) {
    let (mut disk, mut inodes) = (Disk(Vec::new()), Vec::new());
    read_node(root, &mut disk, &mut inodes);
    (disk, inodes)
}

fn read_node(path: &Path, disk: &mut Disk, inodes: &mut Vec<u64>) -> Id {
    let found = fs::symlink_metadata(path).unwrap();
    let (id, mode) = (disk.0.len(), found.permissions().mode() & 0o7777);
    inodes.push(found.ino());
    let mtime = found.mtime() * 1_000_000_000 + found.mtime_nsec();
    if found.is_symlink() {
        let target = fs::read_link(path).unwrap().to_str().unwrap().to_owned();
        disk.0.push(Node::Link { target, mtime });
    } else if found.is_file() {
        disk.0.push(Node::File { content: fs::read(path).unwrap().into(), mode, mtime });
    } else {
        disk.0.push(Node::Directory { entries: BTreeMap::new(), mode });
        let mut entries = BTreeMap::new();
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if !is_database(&name) {
                entries.insert(name, read_node(&entry.path(), disk, inodes));
            }
        }
        disk.0[id] = Node::Directory { entries, mode };
    }
    id
}

/// Writes what can be reached of `disk` into the new directory `root`; returns the inode numbers it got.
pub fn write(disk: &Disk, root: &Path) -> HashMap<Id, u64> {
    let mut written = HashMap::new();
    write_node(disk, ROOT, root, &mut written);
    written.into_iter().map(|(id, (inode, _))| (id, inode)).collect()
}

fn write_node(disk: &Disk, id: Id, path: &Path, written: &mut HashMap<Id, (u64, PathBuf)>) {
    if let Some((_, first)) = written.get(&id) {
        return fs::hard_link(first, path).unwrap();
    }
    match &disk.0[id] {
        Node::File { content, mode, mtime } => {
            fs::write(path, content).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
            set_time(path, *mtime);
        }
        Node::Link { target, mtime } => {
            symlink(target, path).unwrap();
            set_time(path, *mtime);
        }
        Node::Directory { entries, mode } => {
            fs::create_dir(path).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
            for (name, inside) in entries {
                write_node(disk, *inside, &path.join(name), written);
            }
        }
    }
    let inode = fs::symlink_metadata(path).unwrap().ino();
    written.insert(id, (inode, path.to_owned()));
}

fn set_time(path: &Path, nanoseconds: i64) {
    let time = Timespec {
        tv_sec: nanoseconds.div_euclid(1_000_000_000),
        tv_nsec: nanoseconds.rem_euclid(1_000_000_000),
    };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}
