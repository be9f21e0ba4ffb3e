//! Where the files of a repository are, relative to its directory.

use crate::repository::url;

pub(super) const DESCRIPTOR: &str = "repo.json";
pub(super) const DESCRIPTOR_SIGNATURE: &str = "repo.json.sig";
pub(super) const INDEX: &str = "index";
pub(super) const ACTIVE: &str = "active.json";
pub(super) const ACTIVE_SIGNATURE: &str = "active.json.sig";
pub(super) const ARCHIVE: &str = "archive.json";
pub(super) const ARCHIVE_SIGNATURE: &str = "archive.json.sig";
pub(super) const KEYS: &str = "keys";
/// The browse site, but for its first page.
pub(super) const BROWSE: &str = "browse";
/// The first page of the browse site: the list of all packages.
pub(super) const FRONT: &str = "index.html";
/// What is being made lies here until it gets its name; what a killed publish left is removed by the next one.
pub(super) const WORK: &str = ".publish";

/// Modes of what a web server is to read, whatever the umask.
pub(super) const FILE_MODE: u32 = 0o644;
pub(super) const DIRECTORY_MODE: u32 = 0o755;

/// The file that `reference`, found in the document at `document`, means: a path below the repository's directory;
/// `None` when it is elsewhere.
pub(super) fn local_path(document: &str, reference: &str) -> Option<String> {
    const BASE: &str = "file://";
    if url::has_scheme(reference) {
        return None;
    }
    let resolved = url::resolve(BASE, &format!("{BASE}/{document}"), reference);
    let path = resolved.strip_prefix(BASE)?.split(['?', '#']).next()?;
    let path = decode(path.trim_start_matches('/'))?;
    let real = !path.is_empty()
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !path.contains('\0');
    real.then_some(path)
}

/// Undoes percent-encoding.
fn decode(path: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            decoded.push((digit()? * 16 + digit()?) as u8);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn references_name_files_below_the_directory_or_none() {
        let cases = [
            ("/p/a/1:2~rc1-1/a+b.peipkg", Some("p/a/1:2~rc1-1/a+b.peipkg")),
            ("../p/x", Some("p/x")),
            ("x", Some("index/x")),
            ("/p/a%2Bb%3a", Some("p/a+b:")),
            ("https://cdn.example.org/x", None),
            ("/../../etc/passwd", None),
            ("../../../etc/passwd", Some("etc/passwd")),
            ("/p/%2e%2e/x", None),
            ("/p/%zz", None),
            ("/p//x", None),
            ("/", None),
        ];
        for (reference, expected) in cases {
            assert_eq!(local_path("index/active.json", reference).as_deref(), expected, "{reference}");
        }
    }
}
