//! Sorting of small things, compiled once. Each type that the standard library sorts costs five kilobytes of code; where no
//! time is lost by it, one instance sorts places instead, and what lies there follows.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts stably by `order`.
pub fn sort_by<T>(items: &mut [T], mut order: impl FnMut(&T, &T) -> Ordering) {
    let mut places: Vec<usize> = (0..items.len()).collect();
    sort_places(&mut places, &mut |left, right| order(&items[left], &items[right]));
    // Along each cycle: `places[at]` says what belongs at `at`.
    for start in 0..places.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut places[at], at);
            if from == start {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

/// Sorts stably by what `key` makes of an element.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |left, right| key(left).cmp(&key(right)));
}

/// Sorts stably.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, Ord::cmp);
}

/// A set, filled one by one: one that is collected sorts everything first.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// A map likewise.
pub fn map<K: Ord, V>(items: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(items);
    map
}

#[inline(never)]
fn sort_places(places: &mut [usize], order: &mut dyn FnMut(usize, usize) -> Ordering) {
    places.sort_by(|&left, &right| order(left, right));
}

#[cfg(test)]
mod tests {
    use super::{sort, sort_by_key};

    proptest::proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items: Vec<(u8, u16)>) {
            let (mut expected, mut found) = (items.clone(), items.clone());
            expected.sort_unstable();
            sort(&mut found);
            proptest::prop_assert_eq!(&found, &expected);
            let (mut expected, mut found) = (items.clone(), items);
            expected.sort_by_key(|item| item.0);
            sort_by_key(&mut found, |item| item.0);
            proptest::prop_assert_eq!(found, expected, "stably");
        }
    }
}
