//! From the record of a run to its operations: on which inode, and from when on a barrier covers them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use peipkg_core::fsx::Kind;
use peipkg_core::fsx::trace::{Event, Found};
use rusqlite::Connection;

use super::disk::{Disk, Id, Node, Op, torn};
use super::place::{Database, is_database};
use super::support::golden::quick_place;

const STATE: &str = "var/lib/peipkg";
const NEVER: usize = usize::MAX;

/// One operation of the run.
struct Done {
    /// Its place among the events.
    at: usize,
    op: Op,
    /// The directories and the file whose barriers it still waits for.
    waits_for: Vec<Id>,
    /// From this event on it is durable.
    covered: usize,
}

/// The database as it was from one event on.
pub struct Version {
    from: usize,
    /// `None`: there was none yet.
    pub files: Option<Database>,
    /// Inode numbers of the recorded run, as the journal in it knows them.
    pub inodes: HashMap<u64, Id>,
    /// How many transactions have committed.
    pub commits: i64,
    /// Whether its journal holds inode numbers.
    pub applied: bool,
}

/// A run, ready to be replayed up to any event without any of the operations that were not durable by then.
pub struct History {
    start: Disk,
    done: Vec<Done>,
    versions: Vec<Version>,
    /// How many events it had.
    pub events: usize,
}

/// A loss of power after the first `after` events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Loss {
    pub after: usize,
    /// The operations that did not reach the disk, ascending.
    pub dropped: Vec<usize>,
    /// A dropped write arrived by half.
    pub torn: bool,
}

impl History {
    /// From the tree before the run and the record of the run.
    pub fn new(before: (Disk, Vec<u64>), database: Option<Database>, events: &[Event]) -> Self {
        let (start, numbers) = before;
        let inodes = numbers.into_iter().enumerate().map(|(id, inode)| (inode, id)).collect();
        let versions = vec![version(0, database, &inodes)];
        let mut reader = Reader { now: start.clone(), start, inodes, done: Vec::new(), versions };
        for (index, event) in events.iter().enumerate() {
            reader.event(index, event);
        }
        let Reader { start, done, versions, .. } = reader;
        Self { start, done, versions, events: events.len() }
    }

    /// The operations of the first `after` events that no barrier covers by then.
    pub fn uncovered(&self, after: usize) -> Vec<usize> {
        let open = |done: &Done| done.at < after && done.covered >= after;
        (0..self.done.len()).filter(|&index| open(&self.done[index])).collect()
    }

    /// What is on the disk after the loss.
    pub fn disk(&self, loss: &Loss) -> Disk {
        let mut disk = self.start.clone();
        for (index, done) in self.done.iter().enumerate().take_while(|(_, done)| done.at < loss.after) {
            if loss.dropped.binary_search(&index).is_err() {
                disk.apply(&done.op);
            } else if let (true, Op::Fill { node, becomes }) = (loss.torn, &done.op) {
                disk.0[*node] = torn(&disk.0[*node], becomes);
            }
        }
        disk
    }

    /// The number of the database's version after the loss.
    pub fn version(&self, loss: &Loss) -> (usize, &Version) {
        let number = self.versions.partition_point(|version| version.from <= loss.after) - 1;
        (number, &self.versions[number])
    }

    /// What a loss means, for people.
    pub fn describe(&self, loss: &Loss) -> String {
        let dropped: Vec<_> =
            loss.dropped.iter().map(|&index| format!("  {:?}", self.done[index].op)).collect();
        let last = self.done.iter().take_while(|done| done.at < loss.after).last();
        format!(
            "after event {} of {} (last operation: {:?}), torn {}, without\n{}",
            loss.after,
            self.events,
            last.map(|done| &done.op),
            loss.torn,
            dropped.join("\n")
        )
    }
}

struct Reader {
    start: Disk,
    now: Disk,
    inodes: HashMap<u64, Id>,
    done: Vec<Done>,
    versions: Vec<Version>,
}

impl Reader {
    fn event(&mut self, at: usize, event: &Event) {
        match event {
            Event::Made(path, _) | Event::Content(path, _) | Event::Removed(path) if of_database(path) => {}
            Event::Made(path, found) => self.make(at, path, found),
            Event::Content(path, found) => {
                let node = self.now.find(path).expect("it was made");
                self.push(at, Op::Fill { node, becomes: node_of(found) }, vec![node]);
            }
            Event::Renamed { from, to, how } => {
                let (from, to) = (self.now.name(from).unwrap(), self.now.name(to).unwrap());
                let node = self.now.entry(&from).expect("it was there");
                let other = self.now.entry(&to);
                let waits_for = vec![from.0, to.0];
                self.push(at, Op::Move { from, to, how: *how, node, other }, waits_for);
            }
            Event::Linked { from, to } => {
                let (node, name) = (self.now.find(from).unwrap(), self.now.name(to).unwrap());
                let waits_for = vec![name.0];
                self.push(at, Op::Enter { at: name, node }, waits_for);
            }
            Event::Removed(path) => {
                let name = self.now.name(path).unwrap();
                // A kill may have come between what another thread made and its record of that.
                let Some(node) = self.now.entry(&name) else { return };
                let waits_for = vec![name.0];
                self.push(at, Op::Leave { at: name, node }, waits_for);
            }
            Event::SyncedFile(path) | Event::SyncedDirectory(path) => {
                if let Some(node) = self.now.find(path) {
                    self.cover(at, node);
                }
            }
            Event::SyncedAll => {
                self.done.iter_mut().filter(|done| done.covered == NEVER).for_each(|done| done.covered = at);
            }
            Event::Database { main, log } => {
                // SQLite makes the names in its directory durable when it makes a log, and only then.
                let first = self.versions.last().is_none_or(|version| version.files.is_none());
                if let (true, Some(state)) = (first, self.now.find(STATE)) {
                    self.cover(at, state);
                }
                let files = Database { main: main.clone(), log: log.clone() };
                self.versions.push(version(at + 1, Some(files), &self.inodes));
            }
        }
    }

    fn make(&mut self, at: usize, path: &str, found: &Found) {
        let node = self.start.0.len();
        let name = self.now.name(path).expect("its directory is there");
        for disk in [&mut self.start, &mut self.now] {
            disk.0.push(node_of(found));
        }
        self.inodes.insert(found.inode, node);
        let waits_for = vec![name.0];
        self.push(at, Op::Enter { at: name, node }, waits_for);
    }

    fn push(&mut self, at: usize, op: Op, waits_for: Vec<Id>) {
        self.now.apply(&op);
        self.done.push(Done { at, op, waits_for, covered: NEVER });
    }

    /// A barrier on one inode. A rename between two directories waits for both.
    fn cover(&mut self, at: usize, node: Id) {
        let mut removed = Vec::new();
        for done in self.done.iter_mut().filter(|done| done.covered == NEVER) {
            done.waits_for.retain(|waiting| *waiting != node);
            if done.waits_for.is_empty() {
                done.covered = at;
                if let Op::Leave { node, .. } = &done.op {
                    removed.push(*node);
                }
            }
        }
        // What is gone for good is gone with all that happened in it.
        for node in removed {
            self.cover(at, node);
        }
    }
}

fn of_database(path: &str) -> bool {
    path.strip_prefix(STATE).and_then(|rest| rest.strip_prefix('/')).is_some_and(is_database)
}

fn node_of(found: &Found) -> Node {
    match found.kind {
        Kind::Directory => Node::Directory { entries: BTreeMap::new(), mode: found.mode },
        Kind::Symlink => {
            Node::Link { target: String::from_utf8(found.content.clone()).unwrap(), mtime: found.mtime }
        }
        Kind::File | Kind::Special => {
            Node::File { content: found.content.as_slice().into(), mode: found.mode, mtime: found.mtime }
        }
    }
}

fn version(from: usize, files: Option<Database>, inodes: &HashMap<u64, Id>) -> Version {
    let (commits, applied) = files.as_ref().map_or((0, false), look);
    Version { from, files, inodes: inodes.clone(), commits, applied }
}

fn look(files: &Database) -> (i64, bool) {
    let place = quick_place();
    std::fs::create_dir_all(place.path().join(STATE)).unwrap();
    let connection = Connection::open(files.write(place.path()).unwrap()).unwrap();
    let ask = |question: &str| connection.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap_or(0);
    let commits = ask("SELECT count(*) FROM txn WHERE state = 'committed'");
    (commits, ask("SELECT count(*) FROM applied") > 0)
}

/// Gives the journal the inode numbers that a rebuilt tree has. `None`: as in a copied root, which has others.
pub fn patch(path: &Path, version: &Version, written: Option<&HashMap<Id, u64>>) {
    /// The number of an inode that did not survive.
    const GONE: i64 = 1 << 60;
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let Some(written) = written else {
        connection.execute("UPDATE txn SET witness = ? WHERE witness IS NOT NULL", [GONE]).unwrap();
        return;
    };
    let number = |old: Option<i64>| {
        old.map(|old| {
            let id = version.inodes.get(&(old as u64));
            id.and_then(|id| written.get(id)).map_or(GONE, |inode| *inode as i64)
        })
    };
    let change = connection.unchecked_transaction().unwrap();
    let rows: Vec<(i64, i64, Option<i64>, Option<i64>)> = change
        .prepare("SELECT txn, seq, inode, old_inode FROM applied")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (txn, seq, new, old) in rows {
        let values = (number(new), number(old), txn, seq);
        change
            .execute("UPDATE applied SET inode = ?, old_inode = ? WHERE txn = ? AND seq = ?", values)
            .unwrap();
    }
    let witnesses: Vec<(i64, i64)> = change
        .prepare("SELECT id, witness FROM txn WHERE witness IS NOT NULL")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (id, witness) in witnesses {
        change.execute("UPDATE txn SET witness = ? WHERE id = ?", (number(Some(witness)), id)).unwrap();
    }
    change.commit().unwrap();
}
