//! Constraints on versions, such as `>= 1.2, < 2` (PSD-009 §2.2.8, §4.1.6).

use std::cmp::Ordering;
use std::fmt;

use super::version::{UPSTREAM_RULE, Words, compare_upstream, is_upstream, parse_revision, split_epoch};
use super::{IdentityError, Version};

/// A valid constraint: all of its parts must hold.
#[derive(Debug, Clone)]
pub struct Constraint {
    text: Box<str>,
    parts: Box<[Part]>,
}

impl Constraint {
    /// Checks `text` against every rule for constraints.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let invalid = |rule| IdentityError::Constraint { text: text.to_owned(), rule };
        let parts = text.split(',').map(Part::parse).collect::<Result<_, _>>().map_err(invalid)?;
        Ok(Self { text: text.into(), parts })
    }

    /// The constraint as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `version` meets every part.
    pub fn matches(&self, version: &Version) -> bool {
        self.parts.iter().all(|part| part.matches(version))
    }
}

/// Two constraints are equal when they are written alike.
impl PartialEq for Constraint {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Constraint {}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[derive(Debug, Clone)]
struct Part {
    operator: Operator,
    epoch: u64,
    upstream: Box<str>,
    /// Without one, only epoch and upstream are compared: `= 3.0` matches `3.0-7`.
    revision: Option<u64>,
}

impl Part {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim_matches(is_white_space);
        let (operator, operand) = Operator::split(text);
        let operand = operand.trim_start_matches(is_white_space);
        if operand.is_empty() {
            return Err("every part needs a version (no part may be empty)");
        }
        let (epoch, start) = split_epoch(operand)?;
        let (upstream, revision) = split_revision(&operand[start..]);
        if !is_upstream(upstream) {
            return Err(UPSTREAM_RULE);
        }
        Ok(Self { operator, epoch, upstream: upstream.into(), revision })
    }

    fn matches(&self, version: &Version) -> bool {
        let order = version
            .epoch()
            .cmp(&self.epoch)
            .then_with(|| compare_upstream(version.upstream(), &self.upstream, Words::ByLetter))
            .then_with(|| {
                self.revision.map_or(Ordering::Equal, |revision| version.revision().cmp(&revision))
            });
        self.operator.accepts(order)
    }
}

/// There is a revision when what follows the last `-` is one and what precedes it is an upstream part; `1.0-rc` has none.
fn split_revision(operand: &str) -> (&str, Option<u64>) {
    if let Some((upstream, digits)) = operand.rsplit_once('-')
        && let Some(revision) = parse_revision(digits)
        && is_upstream(upstream)
    {
        return (upstream, Some(revision));
    }
    (operand, None)
}

#[derive(Debug, Clone, Copy)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    /// The operator that `text` starts with, and the rest; a bare version means `=`.
    fn split(text: &str) -> (Self, &str) {
        // Longer operators first: `>` is a prefix of `>=`.
        const OPERATORS: [(&str, Operator); 6] = [
            (">=", Operator::GreaterOrEqual),
            ("<=", Operator::LessOrEqual),
            ("!=", Operator::NotEqual),
            ("=", Operator::Equal),
            (">", Operator::Greater),
            ("<", Operator::Less),
        ];
        for (sign, operator) in OPERATORS {
            if let Some(rest) = text.strip_prefix(sign) {
                return (operator, rest);
            }
        }
        (Self::Equal, text)
    }

    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
        }
    }
}

const fn is_white_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}
