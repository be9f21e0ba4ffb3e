//! What is wrong with a JSON document, and where.

use crate::error::Coded;

/// A document that the strict reader refuses: the rule, the place in the document's structure, the place in its bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{} at {} (byte {}, line {})", prefix(&.0.problem), .0.problem, .0.path, .0.offset, .0.line)]
pub struct JsonError(pub(super) Box<Place>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) problem: Problem,
    pub(super) path: String,
    pub(super) offset: usize,
    pub(super) line: usize,
}

impl JsonError {
    /// The rule that was broken.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    /// Where in the structure: `$` is the document, then `packages[3].hash.value`.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Where in the bytes, from 0.
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// The line of that byte, from 1.
    pub fn line(&self) -> usize {
        self.0.line
    }
}

impl Coded for JsonError {
    fn code(&self) -> &'static str {
        "PEI_JSON_INVALID"
    }
}

/// The rules of PSD-009 §1.3, one by one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what it is")]
pub enum Problem {
    #[error("the document has {size} bytes, more than its limit of {limit}")]
    TooLarge { size: u64, limit: u64 },
    #[error("a byte-order mark stands before the document")]
    ByteOrderMark,
    #[error("a byte sequence that is not UTF-8")]
    InvalidUtf8,
    #[error("the document ends too early")]
    UnexpectedEnd,
    #[error("expected {expected}, found {found}")]
    Unexpected { expected: &'static str, found: String },
    #[error("something follows the end of the document")]
    TrailingBytes,
    #[error("nested deeper than {} levels", super::MAX_DEPTH)]
    TooDeep,
    #[error("the key \"{0}\" appears twice in one object")]
    DuplicateKey(String),
    #[error("the required field \"{0}\" is missing")]
    Missing(&'static str),
    #[error("the unknown field \"{0}\", which this document may not have")]
    Unknown(String),
    #[error("a control character (byte 0x{0:02x}) inside a string")]
    ControlCharacter(u8),
    #[error("an escape sequence that JSON does not have")]
    InvalidEscape,
    #[error("a \\u escape that is no valid code point (lone surrogate)")]
    LoneSurrogate,
    #[error("a negative number, where only integers from 0 to 18446744073709551615 are allowed")]
    NegativeNumber,
    #[error("a number with a fraction or an exponent, where only plain integers are allowed")]
    NotAnInteger,
    #[error("a number with a leading zero")]
    LeadingZero,
    #[error("a number above 18446744073709551615")]
    NumberTooLarge,
    /// A rule of the document's own, reported with the reader's place.
    #[error("{0}")]
    Rule(String),
}

/// A document that breaks a rule of its own is good JSON otherwise.
fn prefix(problem: &Problem) -> &'static str {
    match problem {
        Problem::Rule(_) | Problem::Missing(_) | Problem::Unknown(_) => "",
        _ => "invalid JSON: ",
    }
}

/// Text of a document as it may stand in a message: quoted parts are cut at 80 characters, and nothing in it can steer a terminal.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = text.chars().take(MOST).flat_map(escaped).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

fn escaped(character: char) -> impl Iterator<Item = char> {
    let plain = character == ' '
        || (character.is_alphanumeric() && !character.is_control())
        || character.is_ascii_punctuation();
    let mut escape = (!plain).then(|| character.escape_unicode());
    let mut literal = plain.then_some(character);
    std::iter::from_fn(move || literal.take().or_else(|| escape.as_mut().and_then(Iterator::next)))
}
