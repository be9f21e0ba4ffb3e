//! Dense ranks: comparing two versions becomes comparing two numbers.

use super::Candidate;
use crate::identity::Version;
use crate::sorting;

/// Gives every candidate, and every version that one provides, its rank. Equal versions share one.
pub(super) fn assign(candidates: &mut [Candidate]) {
    let mut versions: Vec<Version> = candidates
        .iter()
        .flat_map(|candidate| {
            let provided = candidate.package.provides.iter().filter_map(|provide| provide.version.clone());
            provided.chain([candidate.package.version.clone()])
        })
        .collect();
    sorting::sort(&mut versions);
    versions.dedup();
    let rank = |version: &Version| versions.partition_point(|other| other < version) as u32;
    for candidate in candidates {
        candidate.rank = rank(&candidate.package.version);
        let provides = candidate.package.provides.iter();
        candidate.provide_ranks = provides.map(|provide| provide.version.as_ref().map(rank)).collect();
    }
}
