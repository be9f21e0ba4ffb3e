//! Loss of power while a lost database is rebuilt: everything is recorded or nothing is, the files stay as they are, the
//! audit log tells of it once, and what was said to be done is there.

use std::collections::HashSet;
use std::path::Path;

use peipkg_core::audit;
use peipkg_core::fsx::Root;
use peipkg_core::fsx::trace::Event;
use peipkg_core::package::Limits;
use peipkg_core::store::packages::Reason;
use peipkg_core::transaction::{Control, RebuildRequest, Requested, Wait, rebuild, recover};

use super::history::History;
use super::losses::{amount, losses};
use super::place::{self, Database};
use super::runs::run;
use super::support::golden::quick_place;
use super::support::{NOW, Sample, change, database, put, tree};

fn samples() -> [Sample; 2] {
    ["one", "two"].map(|name| {
        Sample::new(name, "1-1")
            .file(&format!("usr/share/{name}/data"), name)
            .link(&format!("usr/share/{name}/link"), "data")
    })
}

/// The process that is recorded.
pub fn child(root: &Path) {
    let place = root.parent().unwrap();
    let put = |sample: &Sample| {
        let file = sample.write(place);
        let (expected, reason) = (Box::new(sample.expectation(&file)), Reason::Explicit);
        Requested::Put { kind: "install", expected, file, reason, restores: None }
    };
    let request = RebuildRequest {
        packages: samples().iter().map(put).collect(),
        limits: Limits::default(),
        command: "peipkg doctor --rebuild".to_owned(),
        wait: Wait::No,
        now: NOW,
    };
    let rebuilt = rebuild(&Root::open(root).unwrap(), &request, &Control::silent()).unwrap();
    assert!(rebuilt.rejected.is_empty() && rebuilt.warnings.is_empty(), "{rebuilt:?}");
}

pub fn every_loss() {
    // With the state directories left, and with everything of the tool's own gone.
    for gone in ["var/lib/peipkg/db.sqlite", "var/lib/peipkg"] {
        losses_without(gone);
    }
}

fn losses_without(gone: &str) {
    let place = quick_place();
    let root = place.path().join("root");
    for directory in ["usr/share", "var/lib"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
    }
    change(&root, place.path(), &samples().each_ref().map(put), |_| {}).unwrap();
    for path in [gone, "var/lib/peipkg/db.sqlite-wal", "var/lib/peipkg/db.sqlite-shm", "var/log/peipkg"] {
        let path = root.join(path);
        let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    }
    let files = tree(&root);
    let (disk, lost) = (place::read(&root), Database::read(&root));
    let trace = place.path().join("trace");
    assert!(run("rebuild -", &root, Some(&trace), ""));
    let after = database(&root);
    assert_eq!(after.len(), 2);
    let history = History::new(disk, lost, &Event::decode_all(&std::fs::read(&trace).unwrap()));

    let (mut seen, mut failures, mut recorded) = (HashSet::new(), Vec::new(), [0, 0]);
    for loss in &losses(&history, &amount()) {
        let (disk, (number, version)) = (history.disk(loss), history.version(loss));
        if !seen.insert((number, disk.fingerprint())) {
            continue;
        }
        let _ = std::fs::remove_dir_all(&root);
        place::write(&disk, &root);
        if let Some(files) = &version.files {
            files.write(&root);
        }
        let found = database(&root);
        recorded[usize::from(found == after)] += 1;
        let whole = found == after || found.is_empty() && loss.after < history.events;
        if !whole || !told_once(&root, !found.is_empty()) {
            failures.push(format!("{found:?}\n{}", history.describe(loss)));
            continue;
        }
        child(&root);
        if database(&root) != after || tree(&root) != files || !told_once(&root, true) {
            failures.push(format!("once more: {:?}\n{}", database(&root), history.describe(loss)));
        }
    }
    let passed = seen.len() - failures.len();
    println!("counts: power lost during rebuild without {gone}: {passed} passed, {} failed", failures.len());
    assert!(recorded[0] > 1 && recorded[1] > 1, "{recorded:?}");
    let shown: Vec<&String> = failures.iter().take(3).collect();
    assert!(failures.is_empty(), "{} of {} losses failed, as\n{shown:#?}", failures.len(), seen.len());
}

/// Whether the audit log, once what waits was sent, tells of the rebuilding if it happened, and of nothing else.
fn told_once(root: &Path, happened: bool) -> bool {
    let opened = Root::open(root).unwrap();
    let recovery = recover(Root::open(root).unwrap(), "peipkg recover", Wait::No, NOW, &Control::silent());
    let warnings = recovery.unwrap().finish();
    let events = audit::events(&opened, 0).unwrap().len();
    warnings.is_empty()
        && events == usize::from(happened)
        && audit::verify(&opened).unwrap().breaks.is_empty()
}
