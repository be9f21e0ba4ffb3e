//! What really refuses: a filesystem that is read-only, and a limit on open files, at every number.

use super::mounts::Mounted;
use super::support::golden::quick_place;
use super::support::{assert_no_stray, change, database, in_full, tree};
use super::worker::{End, make_root, run, scenario};

/// On a read-only filesystem every change is refused, and everything can still be read.
pub fn read_only() {
    let place = quick_place();
    let mounted = Mounted::memory(64 << 20, &place.path().join("mounted"));
    let root = mounted.0.join("root");
    make_root(&root).unwrap();
    change(&root, place.path(), &scenario("upgrade").0, |_| {}).unwrap();
    let before = (tree(&root), database(&root));
    mounted.make_read_only();
    for name in ["upgrade", "remove"] {
        let end = run(&format!("{name} fsync"), &root, place.path(), "");
        assert!(matches!(&end, End::Failed(text) if text.contains("read-only")), "{name}: {end:?}");
        assert_eq!((tree(&root), database(&root)), before, "{name}");
    }
    println!("counts: changes of a read-only filesystem: 2 passed, 0 failed");
}

/// With ever more files that may be open: refused or undone, at last done.
pub fn few_descriptors() {
    for name in ["install", "upgrade", "remove"] {
        let (place, mut tried) = (quick_place(), 0);
        let root = place.path().join("after");
        prepare(name, &root, place.path());
        change(&root, place.path(), &scenario(name).1, |_| {}).unwrap();
        let after = (tree(&root), database(&root));
        for limit in (4..).step_by(if in_full() { 1 } else { 3 }) {
            let root = place.path().join(limit.to_string());
            prepare(name, &root, place.path());
            let before = (tree(&root), database(&root));
            let end = run(&format!("{name} {limit}"), &root, place.path(), "");
            let what = format!("{name} with {limit} descriptors: {end:?}");
            tried += 1;
            assert_eq!(run("recover -", &root, place.path(), ""), End::Done, "{what}");
            let found = (tree(&root), database(&root));
            assert!(found == after || end != End::Done && found == before, "{what}: {found:#?}");
            assert_no_stray(&root);
            assert!(limit < 300, "{what}");
            if end == End::Done {
                break;
            }
        }
        println!("counts: {name} with few descriptors: {tried} passed, 0 failed");
    }
}

fn prepare(name: &str, root: &std::path::Path, packages: &std::path::Path) {
    make_root(root).unwrap();
    let (installed, _) = scenario(name);
    if !installed.is_empty() {
        change(root, packages, &installed, |_| {}).unwrap();
    }
}
