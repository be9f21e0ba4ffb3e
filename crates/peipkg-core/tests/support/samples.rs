//! Two states of a small system, and so an install, an upgrade with every kind of step, and a removal.

use super::{Change, Sample, put};

pub fn first() -> Vec<Change> {
    let one = Sample::new("one", "1-1")
        .file("usr/bin/one", "#!one")
        .file("usr/share/one/same", "same")
        .file("usr/share/one/gone", "gone")
        .file("usr/share/thing", "a file")
        .file("usr/share/tree/inside", "a directory")
        .file("etc/one.conf", "default 1")
        .directory("var/lib/one");
    let two = Sample::new("two", "1-1").file("usr/share/two", "two").link("usr/bin/two", "one");
    vec![put(&one), put(&two)]
}

pub fn second() -> Vec<Change> {
    let one = Sample::new("one", "2-1")
        .file("usr/bin/one", "#!one 2")
        .file("usr/share/one/same", "same")
        .file("usr/share/one/new/file", "new")
        .file("usr/share/thing/now", "a directory")
        .file("usr/share/tree", "a file")
        .file("etc/one.conf", "default 2")
        .file("usr/share/two", "moved here");
    let two = Sample::new("two", "2-1").link("usr/bin/two", "../bin/one");
    vec![put(&two), put(&one)]
}
