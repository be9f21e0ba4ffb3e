//! Which losses are tried.

use super::history::{History, Loss};
use super::support::in_full;

/// How much is tried of each run.
pub struct Amount {
    singles: usize,
    pairs: usize,
    subsets: usize,
}

/// Everything with `PEIPKG_FAULTS=full`, else a sample.
pub fn amount() -> Amount {
    if in_full() {
        Amount { singles: usize::MAX, pairs: usize::MAX, subsets: 10_000 }
    } else {
        Amount { singles: 200, pairs: 100, subsets: 100 }
    }
}

/// So much of each of many runs.
pub fn some() -> Amount {
    if in_full() {
        Amount { singles: 100, pairs: 100, subsets: 100 }
    } else {
        Amount { singles: 20, pairs: 10, subsets: 20 }
    }
}

/// All losses of a run in that amount, the same at every call.
pub fn losses(history: &History, amount: &Amount) -> Vec<Loss> {
    let mut random = Random(0x5eed);
    let open: Vec<Vec<usize>> = (0..=history.events).map(|after| history.uncovered(after)).collect();
    let mut losses = Vec::new();
    let (mut singles, mut pairs) = (Vec::new(), Vec::new());
    for (after, open) in open.iter().enumerate() {
        let loss = |dropped: Vec<usize>| Loss { after, dropped, torn: false };
        losses.push(loss(Vec::new()));
        losses.push(loss(open.clone()));
        losses.push(Loss { torn: true, ..loss(open.clone()) });
        for (place, &one) in open.iter().enumerate() {
            let single = loss(vec![one]);
            singles.push(Loss { torn: true, ..single.clone() });
            singles.push(single);
            pairs.extend(open[place + 1..].iter().map(|&other| loss(vec![one, other])));
        }
    }
    losses.extend(random.sample(singles, amount.singles));
    losses.extend(random.sample(pairs, amount.pairs));
    // Fewer than three operations have no subset that is not tried already.
    let several: Vec<usize> = (0..open.len()).filter(|&after| open[after].len() > 2).collect();
    if !several.is_empty() {
        losses.extend((0..amount.subsets).map(|_| random.subset(&several, &open)));
    }
    losses
}

/// A seeded generator (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn sample<T>(&mut self, mut all: Vec<T>, most: usize) -> Vec<T> {
        while all.len() > most {
            let index = self.below(all.len());
            all.swap_remove(index);
        }
        all
    }

    /// Some point of the run, and each operation lost with the same chance: few, half, or most of them.
    fn subset(&mut self, points: &[usize], open: &[Vec<usize>]) -> Loss {
        let after = points[self.below(points.len())];
        let chance = [15, 50, 85][self.below(3)];
        let dropped = open[after].iter().copied().filter(|_| self.below(100) < chance).collect();
        Loss { after, dropped, torn: self.below(2) == 0 }
    }
}
