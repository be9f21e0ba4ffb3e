//! How references inside a repository's documents become URLs (PSD-009 §6.4).

/// Resolves `reference`, found in the document at `document_url`, of the repository at `base` (no trailing slash): absolute
/// ones stand as they are, those that start with `/` are appended to the base, others follow RFC 3986 §5.
pub fn resolve(base: &str, document_url: &str, reference: &str) -> String {
    if has_scheme(reference) {
        return reference.to_owned();
    }
    if reference.starts_with('/') {
        return format!("{base}{reference}");
    }
    let (origin, path) = split_origin(document_url);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (reference_path, tail) = reference.split_at(reference.find(['?', '#']).unwrap_or(reference.len()));
    if reference_path.is_empty() {
        return format!("{origin}{path}{tail}");
    }
    let directory = path.rfind('/').map_or("/", |slash| &path[..=slash]);
    format!("{origin}{}{tail}", without_dot_segments(&format!("{directory}{reference_path}")))
}

/// Whether `reference` starts with a scheme: a relative path such as `p/x:1` does not.
pub fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
}

/// Splits a URL before its path: `https://host` and `/index/active.json`.
fn split_origin(url: &str) -> (&str, &str) {
    let authority = url.find("://").map_or(0, |colon| colon + 3);
    url.split_at(url[authority..].find(['/', '?', '#']).map_or(url.len(), |slash| authority + slash))
}

/// RFC 3986 §5.2.4 on an absolute path.
fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn references_resolve_by_their_form() {
        let base = "https://packages.example.org/stable";
        let index = "https://packages.example.org/stable/index/active.json?x=1";
        let cases = [
            ("https://cdn.example.org/x.peipkg", "https://cdn.example.org/x.peipkg"),
            ("/p/a/1:1.0~rc1-1/a.peipkg", "https://packages.example.org/stable/p/a/1:1.0~rc1-1/a.peipkg"),
            ("../p/a+b.peipkg", "https://packages.example.org/stable/p/a+b.peipkg"),
            ("a_1:2-1_noarch.peipkg", "https://packages.example.org/stable/index/a_1:2-1_noarch.peipkg"),
            ("./x/./y/../z", "https://packages.example.org/stable/index/x/z"),
            ("../../../../../etc", "https://packages.example.org/etc"),
            ("..", "https://packages.example.org/stable/"),
            ("?v=2", "https://packages.example.org/stable/index/active.json?v=2"),
        ];
        for (reference, expected) in cases {
            assert_eq!(resolve(base, index, reference), expected, "{reference}");
        }
        assert_eq!(
            resolve("file:///srv/r", "file:///srv/r/repo.json", "keys/a.pub"),
            "file:///srv/r/keys/a.pub"
        );
        assert_eq!(resolve("https://h", "https://h/repo.json", "index/a"), "https://h/index/a");
    }
}
