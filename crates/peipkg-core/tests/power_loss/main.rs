//! Loss of power, as a model: a run is recorded, then rebuilt up to each of its events without operations that no barrier
//! covered, recovered, and looked at. Whatever was lost, it is as before or as after; after the commit, as after; no stray
//! name, nothing retained that is not there, the journal at rest.
//!
//! A sample by default; everything (each single operation, each pair, 10,000 seeded subsets of each run) with
//! `PEIPKG_FAULTS=full`. Needs the feature `faults`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

mod adoption;
mod check;
mod disk;
mod history;
mod losses;
mod place;
mod rebuilding;
mod runs;
#[path = "../support/mod.rs"]
mod support;

use peipkg_core::fsx::sync::Durability;

/// What the recorded process does.
#[test]
fn child() {
    runs::child();
}

macro_rules! losses {
    ($($name:ident: $scenario:literal, $durability:ident;)*) => {
        $(#[test]
        fn $name() {
            check::every_loss($scenario, Durability::$durability);
        })*
    };
}

losses! {
    install_with_fsync: "install", Fsync;
    install_with_syncfs: "install", Syncfs;
    upgrade_with_fsync: "upgrade", Fsync;
    upgrade_with_syncfs: "upgrade", Syncfs;
    an_upgrade_by_links: "upgrade-by-links", Fsync;
    an_upgrade_with_gaps: "upgrade-with-gaps", Syncfs;
    remove_with_fsync: "remove", Fsync;
    remove_with_syncfs: "remove", Syncfs;
    downgrade_with_fsync: "downgrade", Fsync;
    undo_with_fsync: "undo", Fsync;
    undo_with_syncfs: "undo", Syncfs;
    an_install_outside_memory: "large", Fsync;
    what_is_no_longer_retained: "forgetting", Fsync;
    the_undoing_of_an_upgrade: "rolled-back", Fsync;
    the_finishing_of_an_upgrade: "finished", Fsync;
    a_kill_while_the_place_of_backups_is_made: "killed-making-backups", Fsync;
    a_kill_while_the_state_directory_is_made: "killed-making-state", Fsync;
}

#[test]
fn an_upgrade_that_is_killed_with_fsync() {
    check::every_kill_and_loss(Durability::Fsync);
}

#[test]
fn an_upgrade_that_is_killed_with_syncfs() {
    check::every_kill_and_loss(Durability::Syncfs);
}

#[test]
fn a_database_that_is_rebuilt() {
    rebuilding::every_loss();
}

#[test]
fn a_repository_that_is_added() {
    adoption::every_loss("add");
}

#[test]
fn a_repository_that_is_refreshed() {
    adoption::every_loss("refresh");
}
