//! Which keys the objects being read have had: duplicates are found quickly, also in an object made to be slow.

use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::string;

/// This many keys of an object are compared one by one, as they come; those after them are sorted when the object ends.
const FEW: usize = 24;

/// The keys of all open objects. A key is remembered by where it stands in the document: eight bytes for each of a million.
pub(super) struct Keys {
    few: Vec<Seen>,
    many: Vec<Many>,
    state: RandomState,
}

struct Seen {
    print: u64,
    at: u32,
}

/// The keys of one object that has more than [`FEW`].
struct Many {
    owner: usize,
    /// A hash in the upper half, the key's offset in the lower. The hash is keyed by chance, so collisions cannot be prepared.
    marks: Vec<u64>,
}

/// One open object.
#[derive(Clone, Copy)]
pub(super) struct Scope(usize);

impl Keys {
    pub(super) fn new() -> Self {
        Self { few: Vec::new(), many: Vec::new(), state: RandomState::new() }
    }

    pub(super) fn enter(&self) -> Scope {
        Scope(self.few.len())
    }

    /// Remembers `key`, whose token starts at `at`; false when it is known already that the object has it twice.
    pub(super) fn insert(&mut self, text: &str, Scope(base): Scope, key: &str, at: u32) -> bool {
        if self.few.len() - base < FEW {
            let print = print(key);
            if self.few[base..].iter().any(|seen| seen.print == print && key_at(text, seen.at) == key) {
                return false;
            }
            self.few.push(Seen { print, at });
            return true;
        }
        if self.many.last().is_none_or(|many| many.owner != base) {
            let marks =
                self.few[base..].iter().map(|seen| self.mark(&key_at(text, seen.at), seen.at)).collect();
            self.many.push(Many { owner: base, marks });
        }
        let mark = self.mark(key, at);
        if let Some(many) = self.many.last_mut() {
            many.marks.push(mark);
        }
        true
    }

    /// Ends the object; the offset of the first key that it has had before, if any.
    pub(super) fn leave(&mut self, text: &str, Scope(base): Scope) -> Option<u32> {
        self.few.truncate(base);
        let many = self.many.pop_if(|many| many.owner == base)?;
        first_repeated(text, many.marks)
    }

    fn mark(&self, key: &str, at: u32) -> u64 {
        (self.state.hash_one(key) & !u64::from(u32::MAX)) | u64::from(at)
    }
}

fn first_repeated(text: &str, mut marks: Vec<u64>) -> Option<u32> {
    marks.sort_unstable();
    let runs = marks.chunk_by(|left, right| left >> 32 == right >> 32).filter(|run| run.len() > 1);
    let repeated_in = |run: &[u64]| {
        let key = |mark: u64| key_at(text, mark as u32);
        (1..run.len()).find(|&later| run[..later].iter().any(|&earlier| key(earlier) == key(run[later])))
    };
    runs.filter_map(|run| repeated_in(run).map(|later| run[later] as u32)).min()
}

/// A cheap filter: equal keys have equal prints, and keys that differ near their ends or in their length seldom do.
fn print(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(head), Some(tail)) => u64::from_le_bytes(*head) ^ u64::from_le_bytes(*tail).rotate_left(32),
        _ => bytes.iter().fold(0, |word, &byte| (word << 8) | u64::from(byte)),
    };
    ends ^ bytes.len() as u64
}

/// The key whose token starts at `at`: it was read before, so it reads again.
pub(super) fn key_at(text: &str, at: u32) -> Cow<'_, str> {
    string::read(text, at as usize).map(|(key, _)| key).unwrap_or_default()
}
