//! Doublestar patterns: `*` and `?` within a component, `**` across components, `[…]`, `{a,b}`, `\` (PSD-009 §8).
//!
//! Semantics are those of the Go package doublestar, version 4, against which the table of tests was made. A
//! pattern that ends in `/` matches exactly the directories that it names without the slash.

mod expand;
mod parse;
mod reach;

#[cfg(test)]
mod tests;

pub use reach::reaches;

use parse::Token;

use crate::error::Coded;
use crate::text::quote;

/// A malformed pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed pattern {}: {reason}", quote(.pattern))]
pub struct GlobError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Coded for GlobError {
    fn code(&self) -> &'static str {
        "PEI_GLOB_INVALID"
    }
}

/// A pattern, ready to match.
#[derive(Clone, Debug)]
pub struct Glob {
    /// One for each way to choose among its braces.
    alternatives: Vec<Vec<Token>>,
    directory_only: bool,
}

/// For each pattern the indexes of the paths that it matches, ascending; `directories` says which paths are directories.
pub fn match_all(
    patterns: &[String],
    paths: &[String],
    directories: &[bool],
) -> Result<Vec<Vec<u32>>, GlobError> {
    let globs = patterns.iter().map(|pattern| Glob::parse(pattern)).collect::<Result<Vec<_>, _>>()?;
    let matched = globs.iter().map(|glob| {
        let candidates = paths.iter().zip(directories).enumerate();
        let matching = candidates.filter(|(_, (path, directory))| glob.matches(path, **directory));
        matching.map(|(index, _)| index as u32).collect()
    });
    Ok(matched.collect())
}

impl Glob {
    /// Reads a pattern.
    pub fn parse(pattern: &str) -> Result<Self, GlobError> {
        let fail = |reason| GlobError { pattern: pattern.to_owned(), reason };
        let (body, directory_only) = match pattern.strip_suffix('/') {
            Some(body) if !body.is_empty() && !body.ends_with('\\') => (body, true),
            _ => (pattern, false),
        };
        let expanded = expand::braces(body).map_err(fail)?;
        let alternatives =
            expanded.iter().map(|text| parse::tokens(text).map_err(fail)).collect::<Result<_, _>>()?;
        Ok(Self { alternatives, directory_only })
    }

    /// Whether it matches the whole of `path`, which has no slash at either end.
    pub fn matches(&self, path: &str, directory: bool) -> bool {
        (directory || !self.directory_only) && self.alternatives.iter().any(|tokens| matches(tokens, path))
    }
}

/// Greedy with one level of backtracking for `*` and one for `**`: a later star never needs an earlier one to
/// take more within its component, and a later double star never needs an earlier one to take more components.
fn matches(tokens: &[Token], path: &str) -> bool {
    let (mut at, mut rest) = (0, path);
    let mut star: Option<(usize, &str)> = None;
    let mut components: Option<(usize, &str)> = None;
    loop {
        match step(tokens, at, rest) {
            Step::Done => return true,
            Step::Star => {
                star = Some((at + 1, rest));
                at += 1;
                continue;
            }
            Step::Components => {
                components = Some((at + 1, rest));
                star = None;
                at += 1;
                continue;
            }
            Step::Taken(bytes) => {
                at += 1;
                rest = &rest[bytes..];
                continue;
            }
            Step::Failed => {}
        }
        if let Some((next, from)) = star
            && let Some(character) = from.chars().next().filter(|character| *character != '/')
        {
            let shorter = &from[character.len_utf8()..];
            star = Some((next, shorter));
            (at, rest) = (next, shorter);
        } else if let Some((next, from)) = components
            && let Some((_, shorter)) = from.split_once('/')
        {
            components = Some((next, shorter));
            star = None;
            (at, rest) = (next, shorter);
        } else {
            return false;
        }
    }
}

enum Step {
    Done,
    Star,
    Components,
    Taken(usize),
    Failed,
}

fn step(tokens: &[Token], at: usize, rest: &str) -> Step {
    let Some(token) = tokens.get(at) else {
        return if rest.is_empty() { Step::Done } else { Step::Failed };
    };
    match token {
        Token::Star => Step::Star,
        Token::Components => Step::Components,
        // `a/**` matches `a` too, and everything below it.
        Token::Everything => Step::Done,
        Token::SlashEverything if rest.is_empty() || rest.starts_with('/') => Step::Done,
        Token::SlashEverything => Step::Failed,
        Token::Any | Token::Literal(_) | Token::Class { .. } => {
            let Some(character) = rest.chars().next() else { return Step::Failed };
            if token.takes(character) { Step::Taken(character.len_utf8()) } else { Step::Failed }
        }
    }
}
