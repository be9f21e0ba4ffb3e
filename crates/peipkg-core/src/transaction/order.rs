//! The order of the renames: what is new first, then what changes, then what goes. A rollback takes the reverse.
//!
//! A program that is killed between two renames must be able to start again, since it is the one that recovers. What keeps
//! every version below a name of its own (a library by its soname, peipkg by its content) is whole at each moment then: the
//! link that leads to it changes once what it leads to is there, and while what it led to before still is.

use std::collections::HashSet;

use super::layout::Layout;
use crate::sorting;
use crate::store::journal::{Action, Step};

/// Brings the steps into their order and follows with everything that names a step by its place.
pub(super) fn arrange(layout: &mut Layout) {
    let ranks = ranks(&layout.steps);
    if ranks.is_sorted() {
        return;
    }
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    // Stable: within a rank by path, and what lies inside a new subtree after its top.
    sorting::sort_by(&mut order, |&one, &other| ranks[one].cmp(&ranks[other]));
    let mut places = vec![0; order.len()];
    for (place, &before) in order.iter().enumerate() {
        places[before] = place;
    }
    let mut steps: Vec<Option<Step>> = std::mem::take(&mut layout.steps).into_iter().map(Some).collect();
    layout.steps = order.iter().filter_map(|&before| steps[before].take()).collect();
    for (_, step) in &mut layout.directories {
        *step = places[*step];
    }
    for write in &mut layout.writes {
        write.step = places[write.step];
    }
    for copy in &mut layout.copies {
        copy.step = places[copy.step];
    }
    let saves: HashSet<usize> = layout.saves.iter().map(|&step| places[step]).collect();
    layout.saves = saves;
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    New,
    Changes,
    Goes,
    Tidies,
}

fn ranks(steps: &[Step]) -> Vec<Rank> {
    let mut top = Rank::New;
    let rank = |step: &Step| {
        top = match step.action {
            Action::Create => Rank::New,
            Action::Replace => Rank::Changes,
            Action::Inside => return top,
            Action::Remove => Rank::Goes,
            Action::Tidy => Rank::Tidies,
        };
        top
    };
    steps.iter().map(rank).collect()
}
