//! Paths, destinations, symlinks.

use super::cases::{Case, Family, OK};
use super::package::{Package, entry, list};
use super::tar::{Item, record};

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub fn cases() -> Vec<Case> {
    let mut all = paths();
    all.extend(destinations());
    all.extend(symlinks());
    all
}

/// A package of one entry, which comes with a pax path so that any name fits.
fn one(item: Item) -> Package {
    let name = String::from_utf8_lossy(&item.header.name).into_owned();
    let files = if item.header.flag == b'0' { vec![entry(&name, 0, EMPTY)] } else { Vec::new() };
    let item = item.with_pax(&record("path", name.as_bytes()));
    // Paths that files.json cannot hold are told from the archive's only when files.json does not list them.
    let unlisted =
        name.chars().any(|character| character.is_control() || character == '\\' || character == '"');
    Package::new()
        .payload(vec![item])
        .with(|package| package.files = Some(list(if unlisted { &[] } else { &files })))
}

fn paths() -> Vec<Case> {
    const PATH: &str = "PEI_PACKAGE_PATH";
    let mut family = Family::new("paths");
    for (name, path, names) in [
        ("absolute", "/usr/share/x/", "/usr/share/x"),
        ("parent", "usr/share/../../etc/x/", ".."),
        ("parent first", "../x/", ".."),
        ("current", "usr/./share/x/", "/./"),
        ("current first", "./usr/", "./usr"),
        ("empty component", "usr//share/", "usr//share"),
        ("two slashes at the end", "usr/share//", "usr/share"),
        ("only a slash", "/", "\"\""),
        ("newline", "usr/share/a\nb/", "\\u{a}"),
        ("escape sequence", "usr/share/\x1b[31mred/", "\\u{1b}"),
        ("DEL", "usr/share/a\x7fb/", "\\u{7f}"),
        ("backslash", "usr/share/a\\b/", "backslash"),
        ("decomposed", "usr/share/u\u{308}ber/", "NFC"),
    ] {
        family.add(name, PATH, names, one(Item::directory(path)));
    }
    let long = |length: usize| format!("usr/share/{}/", "n".repeat(length));
    let deep = |components: usize| format!("usr/share/{}", "d/".repeat(components - 2));
    let whole = |length: usize| {
        let mut path = "usr/share".to_owned();
        while path.len() + 201 < length {
            path.push('/');
            path.push_str(&"w".repeat(200));
        }
        path.push('/');
        format!("{path}{}/", "w".repeat(length - path.len()))
    };
    family.add("component of 255 bytes", OK, "", one(Item::directory(&long(255))));
    family.add("component of 256 bytes", PATH, "255", one(Item::directory(&long(256))));
    family.add("256 components", OK, "", one(Item::directory(&deep(256))));
    family.add("257 components", PATH, "256", one(Item::directory(&deep(257))));
    family.add("4096 bytes", OK, "", one(Item::directory(&whole(4096))));
    family.add("4097 bytes", PATH, "4096", one(Item::directory(&whole(4097))));
    family.add("composed", OK, "", one(Item::directory("usr/share/\u{fc}ber/")));
    family.done()
}

fn destinations() -> Vec<Case> {
    const DESTINATION: &str = "PEI_PACKAGE_DESTINATION";
    let mut family = Family::new("destinations");
    for path in [
        "usr/lib/x",
        "usr/lib/modules/1/x",
        "usr/sbin/x",
        "usr/local/x",
        "usr/libexec/x",
        "usr/x",
        "lib/x",
        "bin/x",
        "home/x",
        "root/x",
        "x",
    ] {
        family.add("file elsewhere", DESTINATION, path, one(Item::file(path, b"")));
    }
    for path in ["usr/lib/x86_64-linux-peios/x", "usr/lib/debug/x"] {
        family.add("noarch below usr/lib", DESTINATION, "noarch", one(Item::file(path, b"")));
    }
    let other = one(Item::file("usr/lib/aarch64-linux-peios/x", b""));
    family.add("another triplet", DESTINATION, "triplet", other.field("architecture", "\"x86_64\""));
    let own = one(Item::file("usr/lib/x86_64-linux-peios/x", b""));
    family.add("its own triplet", OK, "", own.field("architecture", "\"x86_64\""));
    for path in ["dev/x", "proc/x", "run/x", "sys/x", "tmp/x"] {
        family.add("below a mount point", DESTINATION, path, one(Item::file(path, b"")));
    }
    for path in ["dev/", "proc/", "run/", "sys/", "tmp/", "var/lib/", "boot/", "system/", "usr/src/debug/"] {
        family.add("bare directory", OK, "", one(Item::directory(path)));
    }
    family.add("a mount point as a file", DESTINATION, "dev", one(Item::file("dev", b"")));
    family.add("file in var", DESTINATION, "var/x", one(Item::file("var/x", b"")));
    family.add("symlink in var", DESTINATION, "var/x", one(Item::symlink("var/x", "../etc/x")));
    for path in ["usr", "usr/share", "etc", "usr/lib", "var"] {
        family.add("a destination as a file", DESTINATION, path, one(Item::file(path, b"")));
        family.add("a destination as a symlink", DESTINATION, path, one(Item::symlink(path, "opt/x")));
    }
    family.done()
}

fn symlinks() -> Vec<Case> {
    const SYMLINK: &str = "PEI_PACKAGE_SYMLINK";
    let mut family = Family::new("symlinks");
    let link = |target: &str| {
        let link = Item::symlink("usr/share/l", "");
        Package::new().payload(vec![link.with_pax(&record("linkpath", target.as_bytes()))])
    };
    for target in ["a", "./a", "x//y", "x/", "../share", "../../etc/x", "../../usr/share/../bin/y", ".."] {
        let code = if target == ".." { SYMLINK } else { OK };
        family.add("relative", code, "", link(target));
    }
    for target in [
        "/etc/passwd",
        "../../../etc/x",
        "../../..",
        "../..",
        "../lib",
        "../lib/x",
        "../../home/x",
        "../../var",
        "a\nb",
        "a\\b",
        "a\x1bb",
        "u\u{308}",
    ] {
        // A destination itself is fine.
        let code = if target == "../../var" { OK } else { SYMLINK };
        family.add("absolute, escaping or elsewhere", code, "", link(target));
    }
    family.add(
        "no target",
        SYMLINK,
        "usr/share/l",
        Package::new().payload(vec![Item::symlink("usr/share/l", "")]),
    );
    family.add(
        "target not UTF-8",
        "PEI_PACKAGE_TAR",
        "UTF-8",
        Package::new().with(|package| package.payload[5].header.link = vec![0xff]),
    );
    family.add("long target", SYMLINK, "4095", link(&"../share/".repeat(500)));
    family.add("long component", SYMLINK, "255", link(&"a".repeat(256)));
    family.done()
}
