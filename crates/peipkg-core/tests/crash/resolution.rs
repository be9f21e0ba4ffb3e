//! Recovery mode and the operator's ways out of it, killed at every step as well (PSD-009 §7.5.1.5).

use std::path::{Path, PathBuf};

use peipkg_core::error::Coded;
use peipkg_core::fsx::Root;
use peipkg_core::store::{Store, backups, history};
use peipkg_core::transaction::{Control, Resolution, Wait, discard_backups, recover, report, resolve};

use super::support::{NOW, assert_no_stray};
use super::{Frame, Start, frame, interrupted, prepare, run_child, scenarios, state, was_killed};

/// An upgrade killed in its renames, one of whose files somebody replaced before the recovery could run. `at`: the step,
/// where it is known already.
fn indeterminate(at: Option<u32>) -> (Frame, u32, tempfile::TempDir, PathBuf) {
    let (_, changes, start) = scenarios().into_iter().find(|scenario| scenario.0 == "upgrade").unwrap();
    let frame = frame("upgrade", &changes, start);
    for k in at.unwrap_or(1).. {
        let (place, root) = interrupted(&frame, k).expect("it has renames");
        let bin = root.join("usr/bin/one");
        if std::fs::read_to_string(&bin).is_ok_and(|text| text == "#!one 2") {
            // Made while the other is still there: a freed inode number would be given again.
            std::fs::write(root.join("stranger"), "a stranger's").unwrap();
            std::fs::rename(root.join("stranger"), &bin).unwrap();
            return (frame, k, place, root);
        }
    }
    unreachable!("it was killed at every step")
}

pub fn resolve_in(root: &Path, how: Resolution) -> Vec<String> {
    let opened = Root::open(root).unwrap();
    let control = Control::silent();
    resolve(opened, how, "peipkg recover", Wait::No, NOW, &control).unwrap().left
}

fn retained(root: &Path) -> Vec<String> {
    let store = Store::read(&Root::open(root).unwrap()).unwrap().unwrap();
    let holders = backups::holders(store.connection()).unwrap();
    let of = |id| backups::of_transaction(store.connection(), id).unwrap();
    let kept = holders.into_iter().flat_map(|(id, _, _)| of(id));
    kept.map(|backup| std::fs::read_to_string(root.join(backup.lies)).unwrap_or_default()).collect()
}

#[test]
fn what_is_in_doubt_is_reported_and_everything_else_put_back() {
    let (frame, _, _place, root) = indeterminate(None);
    let opened = Root::open(&root).unwrap();
    let control = Control::silent();
    let refused = recover(Root::open(&root).unwrap(), "peipkg recover", Wait::No, NOW, &control).unwrap_err();
    assert_eq!(refused.code(), "PEI_INDETERMINATE");
    let found = report(&opened, "peipkg recover", Wait::No, NOW, &control).unwrap();
    let pending = found.pending.unwrap();
    let doubts: Vec<_> = pending.findings.iter().filter(|one| one.in_doubt).collect();
    assert_eq!(doubts.len(), 1, "{:?}", pending.findings);
    assert_eq!((doubts[0].path.as_str(), doubts[0].action), ("usr/bin/one", "replace"));
    assert_eq!(doubts[0].lies[0], "something else");
    assert!(found.orphans.is_empty() && found.disagreements.is_empty(), "{found:?}", found = found.orphans);
    assert!(found.problems.iter().any(|problem| problem.path == "usr/bin/one"));

    assert_eq!(resolve_in(&root, Resolution::RollBack), ["usr/bin/one"]);
    let (mut tree, packages) = state(&root);
    assert!(tree.remove("usr/bin/one").unwrap().contains("a stranger's"));
    let mut before = frame.before.0.clone();
    before.remove("usr/bin/one");
    assert_eq!((tree, packages), (before, frame.before.1));
    assert!(retained(&root).contains(&"#!one".to_owned()), "the original is not lost");
    assert_no_stray(&root);
}

#[test]
fn accepting_keeps_the_disk_and_the_database_and_loses_nothing() {
    let (frame, _, _place, root) = indeterminate(None);
    let (mut before, _) = state(&root);
    assert!(resolve_in(&root, Resolution::Accept).is_empty());
    let (tree, packages) = state(&root);
    before.retain(|path, _| !path.contains(".peipkg-staged-") && !path.contains(".peipkg-backup-"));
    assert_eq!((tree, packages), (before, frame.before.1));
    assert!(retained(&root).contains(&"#!one".to_owned()));
    assert_no_stray(&root);
    let records = history::list(Store::read(&Root::open(&root).unwrap()).unwrap().unwrap().connection(), 1);
    assert_eq!(records.unwrap()[0].state, history::State::Accepted);
}

/// Killed at every step of the operator's resolution: it is decided again, or what was decided is finished.
#[test]
fn a_resolution_is_killed_at_every_step() {
    let mut at = None;
    for how in ["rollback", "accept"] {
        for k in 1.. {
            let (_, step, _place, root) = indeterminate(at);
            at = Some(step);
            let killed = was_killed(run_child(how, &root, &format!("kill:{k}")));
            let what = format!("{how} killed at step {k}");
            let store = Store::read(&Root::open(&root).unwrap()).unwrap().unwrap();
            let decided = !matches!(
                history::unclean(store.connection()).unwrap(),
                Some((_, history::State::Applying | history::State::RollingBack, _))
            );
            drop(store);
            let again = if decided { "recover" } else { how };
            assert!(run_child(again, &root, "").success(), "{what}");
            assert_no_stray(&root);
            assert!(retained(&root).contains(&"#!one".to_owned()), "{what}: the original is lost");
            if !killed {
                break;
            }
        }
    }
}

#[test]
fn every_retained_backup_can_be_given_up() {
    let (_place, root) = prepare(Start::Second);
    assert!(!retained(&root).is_empty());
    let opened = Root::open(&root).unwrap();
    let gone = discard_backups(&opened, "peipkg clean", Wait::No, NOW, &Control::silent()).unwrap();
    assert!(gone > 3 && retained(&root).is_empty());
    assert_eq!(opened.list("var/lib/peipkg/backups").unwrap(), Vec::<String>::new());
}
