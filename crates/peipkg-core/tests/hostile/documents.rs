//! manifest.json and files.json.

use super::cases::{Case, Family, OK};
use super::package::{Package, entry, list};
use super::tar::Item;

const MANIFEST: &str = "PEI_PACKAGE_MANIFEST";
const FILES: &str = "PEI_PACKAGE_FILES";
const CONTENT: &str = "PEI_PACKAGE_CONTENT";
const A: &str = "150ed1f8efd0b000ea08f5ae8e27ebd9a8d7a90b0e3f9a0b0a5f5c7bc6a0a1b2";

pub fn cases() -> Vec<Case> {
    let mut all = files();
    all.extend(manifest());
    all
}

fn files() -> Vec<Case> {
    let mut family = Family::new("files.json");
    let text = |change: &dyn Fn(String) -> String| {
        Package::new().with(|package| package.files = Some(change(package.files_text())))
    };
    let size = |text: &str| Package::new().field("size_installed", text);
    family.add(
        "a file missing from the list",
        CONTENT,
        "usr/share/h/b",
        Package::new()
            .with(|package| {
                let mut shorter = package.clone();
                shorter.payload.remove(4);
                package.files = Some(shorter.files_text());
            })
            .field("size_installed", "6"),
    );
    family.add(
        "a file missing from the archive",
        CONTENT,
        "usr/share/h/b",
        Package::new().with(|package| {
            package.manifest = Some(package.manifest_text());
            package.files = Some(package.files_text());
            package.payload.remove(4);
        }),
    );
    family.add(
        "the last file missing from the archive",
        CONTENT,
        "usr/share/h/z",
        Package::new().with(|package| {
            package.files =
                Some(package.files_text().replace("]}", &format!(",{}]}}", entry("usr/share/h/z", 0, A))));
        }),
    );
    family.add(
        "wrong size",
        CONTENT,
        "usr/share/h/b",
        text(&|text| text.replace(":700", ":701")).field("size_installed", "707"),
    );
    family.add(
        "wrong hash",
        CONTENT,
        "usr/share/h/a",
        Package::new().with(|package| {
            package.files = Some(package.files_text());
            package.payload[3].body = b"alphA\n".to_vec();
        }),
    );
    family.add("size_installed too small", CONTENT, "size_installed", size("1"));
    family.add("size_installed too large", CONTENT, "size_installed", size("5000000000"));
    family.add(
        "a directory listed",
        CONTENT,
        "usr/share/h",
        text(&|text| text.replacen("[{", &format!("[{},{{", entry("usr/share/h", 0, A)), 1)),
    );
    family.add(
        "a symlink listed",
        CONTENT,
        "usr/share/h/l",
        text(&|text| text.replace("]}", &format!(",{}]}}", entry("usr/share/h/l", 0, A)))),
    );
    family.add(
        "unsorted",
        FILES,
        "sorted",
        Package::new().with(|package| {
            package.files = Some(list(&[entry("usr/share/h/b", 700, A), entry("usr/share/h/a", 6, A)]));
        }),
    );
    family.add(
        "twice",
        FILES,
        "two entries",
        Package::new().with(|package| {
            package.files = Some(list(&[entry("usr/share/h/a", 6, A), entry("usr/share/h/a", 6, A)]));
        }),
    );
    for (name, from, to, names) in [
        ("algorithm", "sha256", "sha512", "sha512"),
        ("schema", "\"schema_version\":1", "\"schema_version\":2", "2"),
        ("schema as text", "\"schema_version\":1", "\"schema_version\":\"1\"", "schema_version"),
        ("no algorithm", "\"algorithm\":\"sha256\",", "", "algorithm"),
        ("size as a fraction", ":700", ":700.0", "size"),
        ("size as an exponent", ":700", ":7e2", "size"),
        ("negative size", ":700", ":-700", "size"),
        ("size with zeros", ":700", ":0700", "size"),
        ("size above 64 bits", ":700", ":99999999999999999999", "size"),
        ("no hash", "\"hash\"", "\"hsah\"", "hash"),
        ("null", ":700", ":null", "size"),
        ("duplicate key", "\"algorithm\"", "\"algorithm\":\"sha256\",\"algorithm\"", "algorithm"),
        ("forbidden path", "usr/share/h/a", "usr/share/../a", ".."),
        ("absolute path", "usr/share/h/a", "/usr/share/h/a", "/usr"),
        ("lone surrogate", "usr/share/h/a", "usr/share/h/\\ud800", "surrogate"),
        ("trailing text", "]}\n", "]}\nx", "follows"),
        ("second document", "]}\n", "]}{}\n", "follows"),
        ("byte-order mark", "{\"schema", "\u{feff}{\"schema", "byte-order mark"),
        ("comment", "{\"schema", "/**/{\"schema", ""),
        ("trailing comma", "}]}", "},]}", ""),
    ] {
        family.add(name, FILES, names, text(&|text| text.replacen(from, to, 1)));
    }
    family.add(
        "uppercase hash",
        FILES,
        "hash",
        text(&|text| {
            let at = text.find("\"hash\":\"").unwrap() + 8;
            format!(
                "{}{}{}",
                &text[..at],
                text[at..at + 64].to_uppercase().replace(|c: char| c.is_ascii_digit(), "A"),
                &text[at + 64..]
            )
        }),
    );
    family.add(
        "unknown field",
        OK,
        "",
        text(&|text| text.replacen("{\"schema", "{\"later\":[1,{}],\"schema", 1)),
    );
    family.add("empty", FILES, "", text(&|_| String::new()));
    family.add(
        "deep nesting",
        FILES,
        "nested",
        text(&|_| format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000))),
    );
    family.raw("not UTF-8", FILES, "UTF-8", || {
        let package = Package::new();
        let tar = package.tar();
        let at = tar.windows(6).position(|bytes| bytes == b"sha256").unwrap();
        super::package::compress(&[&tar[..at], &[0xff], &tar[at + 1..]].concat())
    });
    family.add("too large", "PEI_PACKAGE_LIMIT", "files.json", text(&|text| text + &" ".repeat(64 << 20)));
    family.add(
        "too many entries",
        FILES,
        "100000",
        text(&|_| {
            list(&(0..100_001).map(|index| entry(&format!("usr/share/{index:06}"), 0, A)).collect::<Vec<_>>())
        }),
    );
    family.done()
}

fn manifest() -> Vec<Case> {
    let mut family = Family::new("manifest");
    for (name, field, text, names) in [
        ("schema", "schema_version", "2", "2"),
        ("no schema", "schema_version", "", "schema_version"),
        ("no name", "name", "", "name"),
        ("name", "name", "\"Bad\"", "Bad"),
        ("name with escape sequence", "name", "\"a\\u001b[31m\"", "name"),
        ("name as a path", "name", "\"../x\"", "name"),
        ("version", "version", "\"1.0\"", "version"),
        ("no version", "version", "", "version"),
        ("architecture", "architecture", "\"X86\"", "architecture"),
        ("no dependencies", "dependencies", "", "dependencies"),
        ("no conflicts", "conflicts", "", "conflicts"),
        ("no build", "build", "", "build"),
        ("no size_installed", "size_installed", "", "size_installed"),
        ("description of two lines", "description", "\"a\\nb\"", "description"),
        ("description with escape sequence", "description", "\"\\u001b[2J\"", "description"),
        ("description that turns around", "description", "\"a\\u202eb\"", "description"),
        ("homepage", "homepage", "\"ftp://x\"", "homepage"),
        ("homepage with script", "homepage", "\"javascript:alert(1)\"", "homepage"),
        ("unsorted dependencies", "dependencies", r#"[{"name":"bb"},{"name":"aa"}]"#, "aa"),
        ("a dependency twice", "dependencies", r#"[{"name":"aa"},{"name":"aa"}]"#, "aa"),
        ("constraint", "dependencies", r#"[{"name":"aa","constraint":"~> 1"}]"#, "constraint"),
        ("arch", "dependencies", r#"[{"name":"aa","arch":"x86_64"}]"#, "x86_64"),
        ("dependency without a name", "dependencies", "[{}]", "name"),
        ("provided version", "provides", r#"[{"name":"aa","version":"x"}]"#, "version"),
        ("side effect", "side_effects", r#"["reboot"]"#, "reboot"),
        ("a side effect twice", "side_effects", r#"["ldconfig","ldconfig"]"#, "ldconfig"),
        (
            "timestamp with an offset",
            "build",
            r#"{"timestamp":"2026-05-01T12:00:00+00:00","farm_id":"","source_ref":""}"#,
            "timestamp",
        ),
        (
            "timestamp with a fraction",
            "build",
            r#"{"timestamp":"2026-05-01T12:00:00.5Z","farm_id":"","source_ref":""}"#,
            "timestamp",
        ),
        (
            "timestamp before 1970",
            "build",
            r#"{"timestamp":"1969-12-31T23:59:59Z","farm_id":"","source_ref":""}"#,
            "timestamp",
        ),
        (
            "timestamp that does not exist",
            "build",
            r#"{"timestamp":"2026-02-30T12:00:00Z","farm_id":"","source_ref":""}"#,
            "timestamp",
        ),
        ("no farm", "build", r#"{"timestamp":"2026-05-01T12:00:00Z","source_ref":""}"#, "farm_id"),
        ("override that is no descriptor", "sd_overrides", r#"[{"path":"usr/share/h/a","sd":"AAAA"}]"#, "sd"),
        (
            "override of a symlink",
            "sd_overrides",
            r#"[{"path":"usr/share/h/l","sd":"AQAAgAAAAAAAAAAAAAAAAAAAAAA"}]"#,
            "symlink",
        ),
        (
            "override of nothing",
            "sd_overrides",
            r#"[{"path":"usr/share/h/x","sd":"AQAAgAAAAAAAAAAAAAAAAAAAAAA"}]"#,
            "usr/share/h/x",
        ),
        ("size_installed as text", "size_installed", "\"706\"", "size_installed"),
        ("float", "size_installed", "706.0", "size_installed"),
    ] {
        family.add(name, MANIFEST, names, Package::new().field(field, text));
    }
    family.add(
        "override of a file",
        OK,
        "",
        Package::new()
            .field("sd_overrides", r#"[{"path":"usr/share/h/a","sd":"AQAAgAAAAAAAAAAAAAAAAAAAAAA"}]"#),
    );
    family.add("description beyond ASCII", OK, "", Package::new().field("description", "\"schön\""));
    family.add("unknown field", OK, "", Package::new().field("later", "{\"a\":[true,null,\"x\"]}"));
    family.add(
        "duplicate key",
        MANIFEST,
        "twice",
        Package::new().with(|package| {
            package.manifest = Some(package.manifest_text().replacen('{', "{\"name\":\"other\",", 1));
        }),
    );
    family.add(
        "no newline",
        MANIFEST,
        "newline",
        Package::new().with(|package| {
            package.manifest = Some(package.manifest_text().trim_end().to_owned());
        }),
    );
    family.add(
        "two newlines",
        MANIFEST,
        "newline",
        Package::new().with(|package| {
            package.manifest = Some(package.manifest_text() + "\n");
        }),
    );
    family.add(
        "not an object",
        MANIFEST,
        "",
        Package::new().with(|package| package.manifest = Some("[]\n".to_owned())),
    );
    family.add("empty", MANIFEST, "", Package::new().with(|package| package.manifest = Some(String::new())));
    family.add(
        "too large",
        "PEI_PACKAGE_LIMIT",
        "manifest.json",
        Package::new().with(|package| {
            package.manifest = Some(" ".repeat(16 << 20) + &package.manifest_text());
        }),
    );
    family.add(
        "too many dependencies",
        MANIFEST,
        "10000",
        Package::new().field("dependencies", &dependencies(10_001)),
    );
    family.add(
        "as many dependencies as allowed",
        OK,
        "",
        Package::new().field("dependencies", &dependencies(10_000)),
    );
    family.add(
        "too much payload",
        CONTENT,
        "size_installed",
        Package::new()
            .payload(vec![Item::file("usr/share/z", b"")])
            .field("size_installed", "18446744073709551615"),
    );
    family.done()
}

fn dependencies(count: usize) -> String {
    let names: Vec<_> = (0..count).map(|index| format!(r#"{{"name":"n{index:06}"}}"#)).collect();
    format!("[{}]", names.join(","))
}
