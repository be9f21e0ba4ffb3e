//! URL templates: where the entries of new packages point to.

use super::ProduceError;
use super::layout::{self, local_path};
use crate::repository::index::IndexEntry;
use crate::repository::url::has_scheme;

/// A template that was checked.
#[derive(Debug)]
pub(super) struct Template<'a>(&'a str);

impl<'a> Template<'a> {
    /// Checks that every placeholder is known.
    pub(super) fn parse(template: &'a str) -> Result<Self, ProduceError> {
        let refuse = |rule: String| Err(ProduceError::Template { template: template.to_owned(), rule });
        if template.chars().any(|character| character == ' ' || crate::text::is_unsafe(character)) {
            return refuse("it has white space or control characters".to_owned());
        }
        let mut rest = template;
        while let Some(open) = rest.find(['{', '}']) {
            let known = ["{name}", "{version}", "{arch}", "{filename}"]
                .iter()
                .find(|known| rest[open..].starts_with(**known));
            let Some(known) = known else {
                return refuse(format!(
                    "unknown placeholder at {}; known are {{name}} {{version}} {{arch}} {{filename}}",
                    crate::text::quote(&rest[open..])
                ));
            };
            rest = &rest[open + known.len()..];
        }
        Ok(Self(template))
    }

    /// The URL of one package.
    pub(super) fn url(&self, entry: &IndexEntry) -> String {
        // One pass: a value is never searched for placeholders.
        let mut url = String::new();
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once('{') {
            let (placeholder, after) = after.split_once('}').unwrap_or((after, ""));
            url.push_str(before);
            match placeholder {
                "name" => url.push_str(entry.name.as_str()),
                "version" => url.push_str(entry.version.as_str()),
                "arch" => url.push_str(entry.architecture.as_str()),
                _ => url.push_str(&entry.file_name()),
            }
            rest = after;
        }
        url + rest
    }
}

/// Where the bytes behind a new package's URL go, relative to the repository; `None` when they live elsewhere.
pub(super) fn destination(entry: &IndexEntry) -> Result<Option<String>, ProduceError> {
    let refuse = |rule: &str| {
        Err(ProduceError::Url { url: entry.url.clone(), file_name: entry.file_name(), rule: rule.to_owned() })
    };
    if has_scheme(&entry.url) {
        return Ok(None);
    }
    let Some(path) = local_path("index/active.json", &entry.url) else {
        return refuse("it names no file below the repository");
    };
    let top = path.split('/').next().unwrap_or_default();
    let taken = [
        layout::INDEX,
        layout::KEYS,
        layout::DESCRIPTOR,
        layout::DESCRIPTOR_SIGNATURE,
        layout::BROWSE,
        layout::FRONT,
    ];
    if taken.contains(&top) || top.starts_with('.') {
        return refuse("that place is the repository's own");
    }
    Ok(Some(path))
}
