//! Layout and order.

use super::cases::{Case, Family, OK};
use super::package::Package;
use super::tar::Item;

const LAYOUT: &str = "PEI_PACKAGE_LAYOUT";

pub fn cases() -> Vec<Case> {
    let mut family = Family::new("layout");
    metadata(&mut family);
    order(&mut family);
    family.done()
}

fn metadata(family: &mut Family) {
    let raw = |items: &[Item]| {
        let tar: Vec<u8> = items.iter().flat_map(Item::bytes).chain(vec![0; 1024]).collect();
        move || super::package::compress(&tar)
    };
    let valid = Package::new();
    let manifest = Item::file(".peipkg/manifest.json", valid.manifest_text().as_bytes());
    let files = Item::file(".peipkg/files.json", valid.files_text().as_bytes());
    let none = || raw(&[]);
    family.raw("nothing at all", LAYOUT, "manifest", none());
    family.raw(
        "payload first",
        LAYOUT,
        "usr/",
        raw(&[Item::directory("usr/"), manifest.clone(), files.clone()]),
    );
    family.raw("files.json first", LAYOUT, "files.json", raw(&[files.clone(), manifest.clone()]));
    family.raw("no files.json", LAYOUT, "files.json", raw(std::slice::from_ref(&manifest)));
    family.raw(
        "payload in place of files.json",
        LAYOUT,
        "usr/",
        raw(&[manifest.clone(), Item::directory("usr/")]),
    );
    family.raw(
        "other metadata in place of files.json",
        LAYOUT,
        "extra",
        raw(&[manifest.clone(), Item::file(".peipkg/extra", b"")]),
    );
    family.raw(
        "manifest as a directory",
        LAYOUT,
        "manifest.json/",
        raw(&[Item::directory(".peipkg/manifest.json/")]),
    );
    family.raw(
        "manifest as a symlink",
        LAYOUT,
        "manifest.json",
        raw(&[Item::symlink(".peipkg/manifest.json", "x")]),
    );
    family.raw(
        "the metadata directory itself",
        LAYOUT,
        ".peipkg/",
        raw(&[Item::directory(".peipkg/"), manifest, files]),
    );
    let with = |items: Vec<Item>| Package::new().with(|package| package.metadata = items);
    family.add(
        "unknown metadata",
        OK,
        "",
        with(vec![Item::file(".peipkg/a", b"x"), Item::file(".peipkg/b", b"")]),
    );
    family.add(
        "unknown metadata out of order",
        LAYOUT,
        ".peipkg/a",
        with(vec![Item::file(".peipkg/b", b""), Item::file(".peipkg/a", b"")]),
    );
    family.add(
        "unknown metadata twice",
        LAYOUT,
        ".peipkg/a",
        with(vec![Item::file(".peipkg/a", b""), Item::file(".peipkg/a", b"")]),
    );
    family.add(
        "unknown metadata as a symlink",
        LAYOUT,
        ".peipkg/a",
        with(vec![Item::symlink(".peipkg/a", "b")]),
    );
    family.add(
        "a second manifest",
        LAYOUT,
        "manifest.json",
        with(vec![Item::file(".peipkg/manifest.json", b"{}")]),
    );
    family.add(
        "a second files.json",
        LAYOUT,
        "files.json",
        with(vec![Item::file(".peipkg/files.json", b"{}")]),
    );
    family.add(
        "metadata after the payload",
        LAYOUT,
        ".peipkg/z",
        Package::new().with(|package| {
            package.payload.push(Item::file(".peipkg/z", b""));
            package.files = Some(Package::new().files_text());
        }),
    );
    family.add(
        "payload named .peipkg",
        "PEI_PACKAGE_PATH",
        ".peipkg",
        Package::new().payload(Vec::new()).described().payload(vec![Item::file(".peipkg", b"")]),
    );
}

fn order(family: &mut Family) {
    let directories = || vec![Item::directory("usr/"), Item::directory("usr/share/")];
    let payload = |items: Vec<Item>| Package::new().payload([directories(), items].concat());
    let file = |name: &str| Item::file(name, b"x");
    family.add("empty payload", OK, "", Package::new().payload(Vec::new()));
    family.add("directories without entries", OK, "", Package::new().payload(vec![file("usr/share/x/y/z")]));
    family.add(
        "sorted with the slash",
        OK,
        "",
        payload(vec![
            Item::directory("usr/share/l-x/"),
            file("usr/share/l-x/b"),
            Item::directory("usr/share/l/"),
            file("usr/share/l/a"),
        ]),
    );
    family.add(
        "sorted without the slash",
        OK,
        "",
        payload(vec![
            Item::directory("usr/share/l/"),
            Item::directory("usr/share/l-x/"),
            file("usr/share/l-x/b"),
            file("usr/share/l/a"),
        ]),
    );
    family.add(
        "sorted in both ways at once",
        LAYOUT,
        "sorted",
        payload(vec![
            Item::directory("usr/share/l-x/"),
            Item::directory("usr/share/l/"),
            Item::directory("usr/share/m/"),
            Item::directory("usr/share/m-x/"),
        ]),
    );
    family.add(
        "unsorted files",
        "PEI_PACKAGE_CONTENT",
        "usr/share/a",
        payload(vec![file("usr/share/b"), file("usr/share/a")]),
    );
    family.add(
        "unsorted symlinks",
        LAYOUT,
        "usr/share/a",
        payload(vec![Item::symlink("usr/share/b", "c"), Item::symlink("usr/share/a", "c")]),
    );
    family.add(
        "unsorted directories",
        LAYOUT,
        "usr/share/a/",
        payload(vec![Item::directory("usr/share/b/"), Item::directory("usr/share/a/")]),
    );
    family.add(
        "parent after child",
        LAYOUT,
        "usr/share/a/",
        payload(vec![Item::directory("usr/share/a/b/"), Item::directory("usr/share/a/")]),
    );
    family.add(
        "a path twice",
        LAYOUT,
        "one entry only",
        payload(vec![Item::symlink("usr/share/a", "b"), Item::symlink("usr/share/a", "b")]),
    );
    family.add(
        "a directory twice",
        LAYOUT,
        "one entry only",
        payload(vec![Item::directory("usr/share/a/"), Item::directory("usr/share/a/")]),
    );
    family.add(
        "file and directory of one name",
        LAYOUT,
        "one entry only",
        payload(vec![file("usr/share/a"), Item::directory("usr/share/a/")]),
    );
    family.add(
        "file and directory apart",
        LAYOUT,
        "one entry only",
        payload(vec![file("usr/share/a"), file("usr/share/a-b"), Item::directory("usr/share/a/")]),
    );
    family.add(
        "below a file",
        LAYOUT,
        "not a directory",
        payload(vec![Item::symlink("usr/share/a", "b"), file("usr/share/a/b")]),
    );
    family.add(
        "below a symlink, apart",
        LAYOUT,
        "not a directory",
        payload(vec![Item::symlink("usr/share/a", "b"), file("usr/share/a-b"), file("usr/share/a/b/c")]),
    );
    family.add(
        "too many entries",
        "PEI_PACKAGE_LIMIT",
        "100000",
        payload((0..100_000).map(|index| Item::directory(&format!("usr/share/{index:06}/"))).collect()),
    );
}
