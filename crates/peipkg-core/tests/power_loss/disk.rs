//! A disk in memory: inodes, the names that lead to them, and the operations on both that a loss of power may undo.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use peipkg_core::fsx::Renaming;

/// An inode of the model, whether or not a name leads to it.
pub type Id = usize;
/// A name in a directory.
pub type Name = (Id, String);

/// The root directory.
pub const ROOT: Id = 0;

/// What an inode holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    File { content: Arc<[u8]>, mode: u32, mtime: i64 },
    Directory { entries: BTreeMap<String, Id>, mode: u32 },
    Link { target: String, mtime: i64 },
}

/// What happened to inodes and names.
#[derive(Debug, Clone)]
pub enum Op {
    /// A name for an inode: a new one, or a second name.
    Enter { at: Name, node: Id },
    /// A file has this content, mode and time now.
    Fill { node: Id, becomes: Node },
    /// A name was changed; `other` is what lay at the new one.
    Move { from: Name, to: Name, how: Renaming, node: Id, other: Option<Id> },
    /// A name went.
    Leave { at: Name, node: Id },
}

#[derive(Debug, Clone)]
pub struct Disk(pub Vec<Node>);

impl Disk {
    /// The entry `name` of a directory.
    pub fn entry(&self, (directory, name): &Name) -> Option<Id> {
        match &self.0[*directory] {
            Node::Directory { entries, .. } => entries.get(name).copied(),
            _ => None,
        }
    }

    /// What lies at a path.
    pub fn find(&self, path: &str) -> Option<Id> {
        let components = path.split('/').filter(|component| !component.is_empty());
        components.into_iter().try_fold(ROOT, |directory, name| self.entry(&(directory, name.to_owned())))
    }

    /// The name that a path ends with, in the directory that the rest leads to.
    pub fn name(&self, path: &str) -> Option<Name> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        Some((self.find(above)?, name.to_owned()))
    }

    fn entries(&mut self, directory: Id) -> Option<&mut BTreeMap<String, Id>> {
        match &mut self.0[directory] {
            Node::Directory { entries, .. } => Some(entries),
            _ => None,
        }
    }

    fn set(&mut self, (directory, name): &Name, node: Option<Id>) {
        if let Some(entries) = self.entries(*directory) {
            match node {
                Some(node) => drop(entries.insert(name.clone(), node)),
                None => drop(entries.remove(name)),
            }
        }
    }

    /// Does `op`, or nothing where what it builds upon was lost: the inode that it found in the recorded run is not
    /// there, or the directory itself is not.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Enter { at, node } => {
                if self.entry(at).is_none() && self.reaches(at.0) {
                    self.set(at, Some(*node));
                }
            }
            Op::Fill { node, becomes } => self.0[*node] = becomes.clone(),
            Op::Leave { at, node } => {
                if self.entry(at) == Some(*node) && !self.holds_something(*node) {
                    self.set(at, None);
                }
            }
            Op::Move { from, to, how, node, other } => {
                let there = self.entry(to);
                let possible = match how {
                    Renaming::Exchange => there == *other,
                    Renaming::NoReplace => there.is_none(),
                    Renaming::Over => there.is_none_or(|there| !self.holds_something(there)),
                };
                if self.entry(from) == Some(*node) && possible && self.reaches(to.0) {
                    self.set(from, if *how == Renaming::Exchange { there } else { None });
                    self.set(to, Some(*node));
                }
            }
        }
    }

    fn reaches(&self, directory: Id) -> bool {
        let mut waiting = vec![ROOT];
        while let Some(next) = waiting.pop() {
            if next == directory {
                return true;
            }
            if let Node::Directory { entries, .. } = &self.0[next] {
                waiting.extend(entries.values());
            }
        }
        false
    }

    fn holds_something(&self, node: Id) -> bool {
        matches!(&self.0[node], Node::Directory { entries, .. } if !entries.is_empty())
    }

    /// A number that tells two disks apart by what can be reached: names, inodes, contents.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash_below(ROOT, &mut hasher);
        hasher.finish()
    }

    fn hash_below(&self, node: Id, hasher: &mut DefaultHasher) {
        node.hash(hasher);
        self.0[node].hash(hasher);
        if let Node::Directory { entries, .. } = &self.0[node] {
            for inside in entries.values() {
                self.hash_below(*inside, hasher);
            }
        }
    }
}

/// A write of which only the first half arrived: of what it added, where it added to what was there.
pub fn torn(before: &Node, after: &Node) -> Node {
    match (before, after) {
        (Node::File { content: old, .. }, Node::File { content, mode, mtime }) => {
            let kept = if content.starts_with(old) { old.len() } else { 0 };
            let half = kept + (content.len() - kept) / 2;
            Node::File { content: content[..half].into(), mode: *mode, mtime: *mtime }
        }
        _ => after.clone(),
    }
}
