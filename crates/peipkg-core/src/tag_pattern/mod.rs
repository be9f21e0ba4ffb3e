//! Tag patterns of the build farm: which tags of an upstream are releases, and of which version (specification file 9, §7).
//!
//! Patterns are written in RE2's dialect, which [`re2`] translates for the regex crate: both match in linear time.

mod fold;
mod re2;
#[cfg(test)]
mod tests;

use regex::bytes::{Captures, Regex, RegexBuilder};

use crate::error::Coded;
use crate::sorting;
use crate::text::quote;

/// Bytes of a pattern.
const MOST_PATTERN: usize = 4096;
/// Bytes of a tag that is looked at: git's own ref names end earlier on every file system.
const MOST_TAG: usize = 4096;
/// Bytes that a compiled pattern may take.
const MOST_COMPILED: usize = 4 << 20;
/// Groups within groups.
const MOST_DEPTH: u32 = 100;

/// The names that a group may have, in the order in which they make a version.
const NAMES: [&str; 4] = ["major", "minor", "patch", "prerelease"];

/// A pattern that compiled and captures a version.
#[derive(Debug)]
pub struct TagPattern {
    regex: Regex,
    version: Composition,
}

/// How a version is made of what the groups captured.
#[derive(Debug)]
enum Composition {
    /// Group 1 as it is.
    First,
    /// The groups of major, minor, patch and prerelease.
    Named([Option<usize>; 4]),
}

/// Why a pattern is refused. The words that follow the pattern are those that operators know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagPatternError {
    /// Not a regular expression of RE2, or one beyond the bounds.
    #[error("invalid tag_pattern {}: {reason}", quote(.pattern))]
    Invalid {
        /// As written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing says which part of a tag is the version.
    #[error("tag_pattern {} must have at least one capture group (the version string)", quote(.0))]
    NoGroup(String),
    /// A named group that means nothing.
    #[error("tag_pattern {} has an unknown named group {} (want major, minor, patch, prerelease)", quote(.pattern), quote(.name))]
    UnknownName {
        /// As written.
        pattern: String,
        /// The group's name.
        name: String,
    },
    /// Two groups of one name.
    #[error("tag_pattern {} repeats named group {}", quote(.pattern), quote(.name))]
    RepeatedName {
        /// As written.
        pattern: String,
        /// The group's name.
        name: String,
    },
    /// A capturing group without name beside named ones.
    #[error("tag_pattern {} mixes named and unnamed capture groups (write (?:…) for a group that captures nothing)", quote(.0))]
    Mixed(String),
    /// A version has at least two parts.
    #[error("tag_pattern {} requires both 'major' and 'minor' named groups (it has: {names})", quote(.pattern))]
    Incomplete {
        /// As written.
        pattern: String,
        /// The names that it has, sorted.
        names: String,
    },
}

impl Coded for TagPatternError {
    fn code(&self) -> &'static str {
        "PEI_TAG_PATTERN_INVALID"
    }
}

impl TagPattern {
    /// Compiles a pattern and checks its groups; the first broken rule is the error.
    pub fn compile(pattern: &str) -> Result<Self, TagPatternError> {
        let invalid = |reason| TagPatternError::Invalid { pattern: pattern.to_owned(), reason };
        if pattern.len() > MOST_PATTERN {
            return Err(invalid(format!("it is longer than {MOST_PATTERN} bytes")));
        }
        let translated = re2::translate(pattern).map_err(invalid)?;
        let regex = RegexBuilder::new(&translated.expression)
            .size_limit(MOST_COMPILED)
            .nest_limit(MOST_DEPTH)
            .build()
            .map_err(|error| invalid(reason_of(&error)))?;
        Ok(Self { regex, version: composition(pattern, &translated.groups)? })
    }

    /// The upstream version that a tag stands for; none when the pattern is not found in it.
    pub fn version(&self, tag: &str) -> Option<String> {
        if tag.len() > MOST_TAG {
            return None;
        }
        let captures = self.regex.captures(tag.as_bytes())?;
        match &self.version {
            Composition::First => text(&captures, 1),
            Composition::Named(groups) => named(&captures, groups),
        }
    }
}

fn composition(pattern: &str, groups: &[Option<String>]) -> Result<Composition, TagPatternError> {
    let pattern = pattern.to_owned();
    let names: Vec<&String> = groups.iter().flatten().collect();
    if groups.is_empty() {
        return Err(TagPatternError::NoGroup(pattern));
    }
    if names.is_empty() {
        return Ok(Composition::First);
    }
    for (index, name) in names.iter().enumerate() {
        let name = (*name).clone();
        if !NAMES.contains(&name.as_str()) {
            return Err(TagPatternError::UnknownName { pattern, name });
        }
        if names[..index].contains(&&name) {
            return Err(TagPatternError::RepeatedName { pattern, name });
        }
    }
    if names.len() < groups.len() {
        return Err(TagPatternError::Mixed(pattern));
    }
    // Groups count from 1; all of them are named here.
    let place =
        |wanted: &str| groups.iter().position(|name| name.as_deref() == Some(wanted)).map(|found| found + 1);
    let places = NAMES.map(place);
    if places[0].is_none() || places[1].is_none() {
        let mut sorted: Vec<&str> = names.into_iter().map(String::as_str).collect();
        sorting::sort(&mut sorted);
        return Err(TagPatternError::Incomplete { pattern, names: sorted.join(", ") });
    }
    Ok(Composition::Named(places))
}

/// `major.minor`, then `.patch` and `-prerelease` where they captured something.
fn named(captures: &Captures<'_>, groups: &[Option<usize>; 4]) -> Option<String> {
    let part = |index: usize| groups[index].map_or(Some(String::new()), |group| text(captures, group));
    let (patch, prerelease) = (part(2)?, part(3)?);
    let mut version = [part(0)?, part(1)?].join(".");
    for (mark, optional) in [('.', patch), ('-', prerelease)] {
        if !optional.is_empty() {
            version.push(mark);
            version.push_str(&optional);
        }
    }
    Some(version)
}

/// What a group captured; empty when it took no part in the match. A part of a character is no text.
fn text(captures: &Captures<'_>, group: usize) -> Option<String> {
    let Some(found) = captures.get(group) else { return Some(String::new()) };
    std::str::from_utf8(found.as_bytes()).ok().map(str::to_owned)
}

/// The crate shows the translated expression over several lines; the last one has the reason.
fn reason_of(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes when compiled"),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    }
}
