//! Rebuilding what a loss of power left, recovering it, and looking at it.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use peipkg_core::fsx::Root;
use peipkg_core::fsx::sync::Durability;
use peipkg_core::store::{Store, backups, history as transactions};
use peipkg_core::transaction::{Control, Wait, recover};

use super::history::{Loss, patch};
use super::losses::{Amount, amount, losses, some};
use super::runs::{self, Recorded, lacking, record};
use super::support::golden::quick_place;
use super::support::{NOW, database, in_full, tree};
use super::{place, support};

/// The part of a root that must be as before or as after.
type State = (BTreeMap<String, String>, BTreeMap<String, Vec<String>>);

type Retained = BTreeMap<(i64, i64), String>;

fn state(root: &Path) -> State {
    (tree(root), database(root))
}

/// Tries every loss of one run, each different disk once.
pub fn every_loss(scenario: &str, durability: Durability) {
    let Tried { losses, disks, failures } = tries(scenario, durability, &amount());
    println!("power lost during {scenario} by {durability:?}: {losses} losses leave {disks} different disks");
    let (passed, failed) = (disks - failures.len(), failures.len());
    println!("counts: power lost during {scenario} by {durability:?}: {passed} passed, {failed} failed");
    assert!(disks > 10, "{scenario}: only {disks} different disks");
    none(disks, &failures);
}

/// An upgrade killed at every step, and then the power lost before or during its recovery: what the killed process had not
/// made durable may be lost as well. A sample of the steps by default.
pub fn every_kill_and_loss(durability: Durability) {
    let steps = runs::steps_of_upgrade(durability);
    let stride = if in_full() { 1 } else { steps / 5 };
    let (mut disks, mut failures) = (0, Vec::new());
    for k in (2..=steps).step_by(stride) {
        let tried = tries(&format!("killed-{k}"), durability, &some());
        disks += tried.disks;
        failures.extend(tried.failures.into_iter().map(|failure| format!("killed at step {k}: {failure}")));
    }
    let (passed, failed) = (disks - failures.len(), failures.len());
    println!(
        "counts: power lost after a kill of upgrade by {durability:?}: {passed} passed, {failed} failed"
    );
    none(disks, &failures);
}

struct Tried {
    losses: usize,
    /// How many of them leave different disks.
    disks: usize,
    failures: Vec<String>,
}

fn tries(scenario: &str, durability: Durability, amount: &Amount) -> Tried {
    let recorded = record(scenario, durability, |root| (state(root), retained(root)));
    let (mut seen, mut disks, mut failures) = (HashSet::new(), 0, Vec::new());
    let losses = losses(&recorded.history, amount);
    let place = quick_place();
    for loss in &losses {
        let disk = recorded.history.disk(loss);
        let (version, _) = recorded.history.version(loss);
        if !seen.insert((version, disk.fingerprint())) {
            continue;
        }
        disks += 1;
        // Every tenth root is a copied one: it has other inodes, so contents decide. As where inodes never last.
        let copied = disks % 10 == 0 || lacking(scenario) == "plain";
        if let Err(failure) = survives(&recorded, loss, &place.path().join("root"), copied) {
            failures.push(format!("{failure}\n{}", recorded.history.describe(loss)));
        }
    }
    Tried { losses: losses.len(), disks, failures }
}

fn none(tried: usize, failures: &[String]) {
    let shown: Vec<&String> = failures.iter().take(3).collect();
    assert!(failures.is_empty(), "{} of {tried} losses failed, as\n{shown:#?}", failures.len());
}

/// Transaction, number and place of everything that is retained.
fn retained(root: &Path) -> Retained {
    let Some(store) = Store::read(&Root::open(root).unwrap()).unwrap() else { return Retained::new() };
    let holders = backups::holders(store.connection()).unwrap();
    let held =
        holders.into_iter().flat_map(|(id, ..)| backups::of_transaction(store.connection(), id).unwrap());
    held.map(|backup| ((backup.transaction, backup.seq), backup.lies)).collect()
}

fn survives(
    recorded: &Recorded<(State, Retained)>,
    loss: &Loss,
    root: &Path,
    copied: bool,
) -> Result<(), String> {
    let _ = std::fs::remove_dir_all(root);
    let written = place::write(&recorded.history.disk(loss), root);
    let (_, version) = recorded.history.version(loss);
    if let Some(path) = version.files.as_ref().and_then(|files| files.write(root))
        && version.applied
    {
        patch(&path, version, (!copied).then_some(&written));
    }
    let opened = Root::open(root).unwrap();
    let recovery = recover(Root::open(root).unwrap(), "peipkg recover", Wait::No, NOW, &Control::silent())
        .map_err(|error| format!("cannot be recovered: {error}"))?;
    let warnings = recovery.finish();
    if !warnings.is_empty() {
        return Err(format!("the recovery warns: {warnings:?}"));
    }
    let expected = if version.commits > recorded.commits { &recorded.after } else { &recorded.before };
    let found = state(root);
    if found != expected.0 {
        return Err(format!("is not as it must be:\n{}", differences(&expected.0, &found)));
    }
    at_rest(&opened, root, &recorded.after.1)?;
    support::audited::problem(root).map_or(Ok(()), Err)
}

fn differences(expected: &State, found: &State) -> String {
    let mut lines = Vec::new();
    if expected.1 != found.1 {
        lines.push(format!("database: {:?} instead of {:?}", found.1.keys(), expected.1.keys()));
    }
    let paths: std::collections::BTreeSet<_> = expected.0.keys().chain(found.0.keys()).collect();
    for path in paths.into_iter().filter(|path| expected.0.get(*path) != found.0.get(*path)) {
        lines.push(format!("/{path}: {:?} instead of {:?}", found.0.get(path), expected.0.get(path)));
    }
    lines.join("\n")
}

/// The journal is at rest, no stray name is left, and what is retained is what the database says. Only
/// what the run itself forgets (`kept` is what it retains) may be gone before its row is.
fn at_rest(opened: &Root, root: &Path, kept: &Retained) -> Result<(), String> {
    if let Some(stray) = support::stray(root) {
        return Err(format!("stray {}", stray.display()));
    }
    let Some(store) = Store::read(opened).unwrap() else { return Ok(()) };
    let connection = store.connection();
    if transactions::unclean(connection).unwrap().is_some() {
        return Err("the journal is not at rest".to_owned());
    }
    let count = |table: &str| -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    if count("journal") + count("applied") > 0 {
        return Err("journal rows are left".to_owned());
    }
    let rows = retained(root);
    for (backup, lies) in &rows {
        if kept.contains_key(backup) && opened.metadata(lies).unwrap().is_none() {
            return Err(format!("the backup /{lies} is not there"));
        }
    }
    let rows: HashSet<String> = rows.into_values().collect();
    for transaction in opened.list("var/lib/peipkg/backups").unwrap() {
        let home = format!("var/lib/peipkg/backups/{transaction}");
        let names = opened.list(&home).unwrap();
        if let Some(name) = names.iter().find(|name| !rows.contains(&format!("{home}/{name}"))) {
            return Err(format!("no row knows the backup /{home}/{name}"));
        }
        if names.is_empty() && !rows.iter().any(|lies| lies.starts_with(&format!("{home}/"))) {
            return Err(format!("the empty /{home} is left"));
        }
    }
    Ok(())
}
