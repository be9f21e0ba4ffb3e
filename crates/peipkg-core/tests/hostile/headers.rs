//! Tar headers, pax records, entry types.

use super::cases::{Case, Family, OK};
use super::package::Package;
use super::tar::{Header, Item, pax_block, record};

const TAR: &str = "PEI_PACKAGE_TAR";

pub fn cases() -> Vec<Case> {
    let mut family = Family::new("tar");
    fields(&mut family);
    pax(&mut family);
    ends(&mut family);
    let mut cases = family.done();
    cases.extend(types());
    cases
}

/// A package whose first file's header is changed.
fn header(change: impl Fn(&mut Header)) -> Package {
    Package::new().described().with(|package| change(&mut package.payload[3].header))
}

/// A package whose first file comes with these pax records.
fn records(bytes: &[u8]) -> Package {
    Package::new().with(|package| package.payload[3] = package.payload[3].clone().with_pax(bytes))
}

fn fields(family: &mut Family) {
    family.add(
        "wrong checksum",
        TAR,
        "checksum",
        header(|header| header.checksum = Some(b"000123\0 ".to_vec())),
    );
    family.add("no checksum", TAR, "checksum", header(|header| header.checksum = Some(b"        ".to_vec())));
    family.add("mode 0755", TAR, "0755", header(|header| header.mode = b"0000755".to_vec()));
    family.add("setuid", TAR, "4777", header(|header| header.mode = b"0004777".to_vec()));
    family.add("sticky", TAR, "1777", header(|header| header.mode = b"0001777".to_vec()));
    family.add("mode with file type", TAR, "100777", header(|header| header.mode = b"0100777".to_vec()));
    family.add("mode not octal", TAR, "mode", header(|header| header.mode = b"00008".to_vec()));
    family.add("no mode", TAR, "mode", header(|header| header.mode.clear()));
    family.add("uid", TAR, "uid", header(|header| header.uid = b"0001750".to_vec()));
    family.add("gid", TAR, "gid", header(|header| header.gid = b"0001750".to_vec()));
    family.add("owner name", TAR, "alice", header(|header| header.owner = b"alice".to_vec()));
    family.add("no owner name", TAR, "root", header(|header| header.owner.clear()));
    family.add("group name", TAR, "wheel", header(|header| header.group = b"wheel".to_vec()));
    family.add("mtime", TAR, "mtime", header(|header| header.mtime = b"00000000000".to_vec()));
    family.add(
        "mtime of the manifest",
        TAR,
        "mtime",
        Package::new().field("build", r#"{"timestamp":"2026-05-01T12:00:01Z","farm_id":"","source_ref":""}"#),
    );
    family.add(
        "mtime in base 256",
        TAR,
        "mtime",
        header(|header| header.mtime = [&[0x80][..], &[0; 11]].concat()),
    );
    family.add(
        "size in base 256",
        TAR,
        "size",
        header(|header| header.size = [&[0x80][..], &[0; 10], &[6]].concat()),
    );
    family.add("negative size", TAR, "size", header(|header| header.size = vec![0xFF; 12]));
    family.add(
        "size too large",
        "PEI_PACKAGE_CONTENT",
        "usr/share/h/a",
        header(|header| header.size = b"77777777777".to_vec()),
    );
    family.add(
        "size too small",
        "PEI_PACKAGE_CONTENT",
        "usr/share/h/a",
        header(|header| header.size = b"00000000001".to_vec()),
    );
    family.add("GNU magic", TAR, "magic", header(|header| header.magic = b"ustar  \0".to_vec()));
    family.add("no magic", TAR, "magic", header(|header| header.magic.clear()));
    family.add("version", TAR, "version", header(|header| header.magic = b"ustar\x0001".to_vec()));
    family.add("devmajor", TAR, "devmajor", header(|header| header.major = b"0000010".to_vec()));
    family.add("devminor", TAR, "devminor", header(|header| header.minor = b"0000001".to_vec()));
    family.add("bytes after the fields", TAR, "last 12 bytes", header(|header| header.tail = b"x".to_vec()));
    family.add(
        "bytes after the name",
        TAR,
        "after the name",
        header(|header| header.name.extend(b"\0hidden")),
    );
    family.add("link name on a file", TAR, "link name", header(|header| header.link = b"a".to_vec()));
    family.add("padding", TAR, "padding", Package::new().with(|package| package.payload[3].padding = 1));
    family.add(
        "prefix split",
        OK,
        "",
        Package::new().with(|package| {
            package.files = Some(package.files_text());
            let header = &mut package.payload[3].header;
            (header.prefix, header.name) = (b"usr/share".to_vec(), b"h/a".to_vec());
        }),
    );
    family.add("type NUL", OK, "", header(|header| header.flag = 0));
    family.add("name not UTF-8", TAR, "UTF-8", header(|header| header.name = b"usr/share/h/\xff".to_vec()));
    family.add("empty name", TAR, "empty", header(|header| header.name.clear()));
    family.add("file with a slash", TAR, "\"/\"", header(|header| header.name.push(b'/')));
    family.add(
        "directory without a slash",
        TAR,
        "\"/\"",
        Package::new().with(|package| {
            package.payload[2].header.name = b"usr/share/h".to_vec();
        }),
    );
    family.add(
        "directory with a size",
        TAR,
        "size 0",
        Package::new().with(|package| {
            package.payload[2].header.size = b"00000000001".to_vec();
        }),
    );
    family.add(
        "symlink with a size",
        TAR,
        "size 0",
        Package::new().with(|package| {
            package.payload[5].header.size = b"00000001000".to_vec();
        }),
    );
}

/// Name of the case, what is named, the change of the pax header.
type Change = (&'static str, &'static str, fn(&mut Header));

fn pax(family: &mut Family) {
    family.add("pax path", OK, "", records(&record("path", b"usr/share/h/a")));
    family.add(
        "pax linkpath before path",
        OK,
        "",
        Package::new().with(|package| {
            let both = [record("linkpath", b"a"), record("path", b"usr/share/h/l")].concat();
            package.payload[5] = package.payload[5].clone().with_pax(&both);
        }),
    );
    family.add("pax mtime", TAR, "mtime", records(&record("mtime", b"1777636800.5")));
    family.add("pax size", TAR, "size", records(&record("size", b"6")));
    family.add("pax uid", TAR, "uid", records(&record("uid", b"0")));
    family.add("pax comment", TAR, "comment", records(&record("comment", b"x")));
    family.add("pax xattr", TAR, "SCHILY.xattr", records(&record("SCHILY.xattr.user.x", b"x")));
    family.add("pax sparse", TAR, "GNU.sparse.major", records(&record("GNU.sparse.major", b"1")));
    family.add(
        "pax path twice",
        TAR,
        "once",
        records(&[record("path", b"usr/share/h/a"), record("path", b"usr/share/h/a")].concat()),
    );
    family.add("pax empty value", TAR, "value", records(&record("path", b"")));
    family.add("pax without records", TAR, "record", records(b""));
    family.add("pax wrong length", TAR, "LENGTH", records(b"99 path=usr/share/h/a\n"));
    family.add("pax length with zeros", TAR, "LENGTH", records(b"0022 path=usr/share/h/a\n"));
    family.add("pax without newline", TAR, "LENGTH", records(b"21 path=usr/share/h/a"));
    family.add("pax without equals", TAR, "LENGTH", records(b"22 path-usr/share/h/a\n"));
    family.add(
        "pax trailing bytes",
        TAR,
        "LENGTH",
        records(&[record("path", b"usr/share/h/a"), vec![0; 3]].concat()),
    );
    family.add("pax linkpath on a file", TAR, "linkpath", records(&record("linkpath", b"a")));
    family.add("pax path not UTF-8", TAR, "UTF-8", records(&record("path", b"usr/share/h/\xff")));
    family.add(
        "pax path with NUL",
        "PEI_PACKAGE_PATH",
        "usr/share/h",
        records(&record("path", b"usr/share/h/a\0b")),
    );
    family.add(
        "pax for another path",
        "PEI_PACKAGE_DESTINATION",
        "root/x",
        records(&record("path", b"root/x")),
    );
    family.add("pax too large", TAR, "16384", records(&record("path", &b"a".repeat(20_000))));
    family.add(
        "pax twice",
        TAR,
        "another pax header",
        Package::new().with(|package| {
            let block = record("path", b"usr/share/h/a");
            package.payload[3] = package.payload[3].clone().with_pax(&block).with_pax(&block);
        }),
    );
    let changes: [Change; 4] = [
        ("pax header with mode", "mode", |header| header.mode = b"0000644".to_vec()),
        ("pax header with mtime", "mtime", |header| header.mtime = b"00000000001".to_vec()),
        ("pax header with owner", "owner", |header| header.owner = b"root".to_vec()),
        ("pax global header", "global", |header| header.flag = b'g'),
    ];
    for (name, names, change) in changes {
        let bytes = record("path", b"usr/share/h/a");
        let mut header = Header::pax(bytes.len());
        change(&mut header);
        family.add(
            name,
            TAR,
            names,
            Package::new().with(|package| package.payload[3].before = pax_block(&header, &bytes)),
        );
    }
}

fn ends(family: &mut Family) {
    let end = |end: Vec<u8>| Package::new().with(|package| package.end = end);
    family.add("no end marker", TAR, "zero blocks", end(Vec::new()));
    family.add("half an end marker", TAR, "one of the two", end(vec![0; 512]));
    family.add("end marker cut short", TAR, "truncated", end(vec![0; 1000]));
    family.add(
        "end within a header",
        TAR,
        "within a header",
        end(Header::new(b'0', "usr/share/z", 0).block()[..200].to_vec()),
    );
    family.add(
        "zero block, then an entry",
        TAR,
        "second one",
        end([vec![0; 512], Item::file("usr/share/z", b"").bytes()].concat()),
    );
    family.add("bytes after the end", TAR, "end marker", end([vec![0; 1024], b"x".repeat(512)].concat()));
    family.add(
        "an entry after the end",
        TAR,
        "end marker",
        end([vec![0; 1024], Item::file("usr/share/z", b"z").bytes()].concat()),
    );
    family.add("padding beyond the record", TAR, "record", end(vec![0; 20 * 1024]));
    family.add("padding not in blocks", TAR, "padding", end(vec![0; 1030]));
    family.add(
        "pax header at the end",
        TAR,
        "pax header",
        end([pax_block(&Header::pax(22), &record("path", b"usr/share/h/z")), vec![0; 1024]].concat()),
    );
    family.raw("padding to the record", OK, "", || {
        let mut tar = Package::new().tar();
        tar.resize(tar.len().next_multiple_of(10_240), 0);
        super::package::compress(&tar)
    });
    family.raw("end within a body", TAR, "body", || {
        let tar = Package::new().tar();
        super::package::compress(&tar[..tar.len() - 1024 - 512 - 600])
    });
}

fn types() -> Vec<Case> {
    let mut family = Family::new("types");
    for (name, flag, names) in [
        ("hard link", b'1', "hard link"),
        ("character device", b'3', "type 3"),
        ("block device", b'4', "type 4"),
        ("pipe", b'6', "type 6"),
        ("contiguous file", b'7', "type 7"),
        ("GNU long name", b'L', "long-name"),
        ("GNU long link", b'K', "long-name"),
        ("GNU sparse file", b'S', "sparse"),
        ("GNU directory dump", b'D', "type D"),
        ("Solaris pax header", b'X', "type X"),
        ("unknown type", b'z', "type z"),
    ] {
        family.add(name, TAR, names, header(|header| header.flag = flag));
    }
    family.done()
}
