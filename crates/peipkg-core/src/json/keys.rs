//! Which keys the objects being read have had: duplicates are found in linear time, also in an object made to be slow.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::string;

/// Objects with at most this many keys are searched one by one.
const FEW: usize = 24;

/// The keys of all open objects. Keys are remembered by where they stand in the document, so that a million of them cost little.
pub(super) struct Keys {
    few: Vec<Seen>,
    many: Vec<(usize, Table)>,
    state: RandomState,
}

struct Seen {
    print: u64,
    at: u32,
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

    pub(super) fn leave(&mut self, Scope(base): Scope) {
        self.few.truncate(base);
        if self.many.last().is_some_and(|(owner, _)| *owner == base) {
            self.many.pop();
        }
    }

    /// Remembers `key`, whose token starts at `at`; false when the object of `scope` has it already.
    pub(super) fn insert(&mut self, text: &str, Scope(base): Scope, key: &str, at: u32) -> bool {
        if self.few.len() - base < FEW {
            let print = print(key);
            if self.few[base..].iter().any(|seen| seen.print == print && is_key(text, seen.at, key)) {
                return false;
            }
            self.few.push(Seen { print, at });
            return true;
        }
        if self.many.last().is_none_or(|(owner, _)| *owner != base) {
            let mut table = Table::new();
            for seen in &self.few[base..] {
                let seen_key = key_at(text, seen.at);
                table.insert(text, self.state.hash_one(&*seen_key) as u32, &seen_key, seen.at);
            }
            self.many.push((base, table));
        }
        let tag = self.state.hash_one(key) as u32;
        self.many.last_mut().is_some_and(|(_, table)| table.insert(text, tag, key, at))
    }
}

/// A cheap filter: equal keys have equal prints.
fn print(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let ends = |part: &[u8]| part.iter().fold(0_u64, |word, &byte| (word << 8) | u64::from(byte));
    let head = ends(&bytes[..bytes.len().min(8)]);
    let tail = ends(&bytes[bytes.len().saturating_sub(4)..]);
    head ^ (tail << 32) ^ bytes.len() as u64
}

fn key_at(text: &str, at: u32) -> std::borrow::Cow<'_, str> {
    // The token was read before, so it reads again.
    string::read(text, at as usize).map(|(key, _)| key).unwrap_or_default()
}

fn is_key(text: &str, at: u32, key: &str) -> bool {
    key_at(text, at) == key
}

/// An open-addressing set of key positions: 8 bytes a slot. The hash is keyed by chance, so collisions cannot be prepared.
struct Table {
    slots: Vec<Slot>,
    used: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    tag: u32,
    at: u32,
}

const EMPTY: Slot = Slot { tag: 0, at: u32::MAX };

impl Table {
    fn new() -> Self {
        Self { slots: vec![EMPTY; FEW.next_power_of_two() * 4], used: 0 }
    }

    fn insert(&mut self, text: &str, tag: u32, key: &str, at: u32) -> bool {
        if (self.used + 1) * 8 > self.slots.len() * 7 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut index = tag as usize & mask;
        while self.slots[index].at != EMPTY.at {
            if self.slots[index].tag == tag && is_key(text, self.slots[index].at, key) {
                return false;
            }
            index = (index + 1) & mask;
        }
        self.slots[index] = Slot { tag, at };
        self.used += 1;
        true
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; mask + 1]);
        for slot in old.into_iter().filter(|slot| slot.at != EMPTY.at) {
            let mut index = slot.tag as usize & mask;
            while self.slots[index].at != EMPTY.at {
                index = (index + 1) & mask;
            }
            self.slots[index] = slot;
        }
    }
}
