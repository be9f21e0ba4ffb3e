//! The pull reader.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::error::{Place, shown};
use super::keys::{Keys, key_at};
use super::{JsonError, MAX_DEPTH, Problem, string};

/// Reads one document from front to back. After an error it must not be used again.
pub struct Reader<'a> {
    text: &'a str,
    position: usize,
    /// One segment for each open object or array, so its length is the depth.
    path: Vec<Segment>,
    keys: Keys,
}

#[derive(Clone, Copy)]
enum Segment {
    Object,
    /// The key whose token starts there.
    Key(u32),
    Index(usize),
}

impl<'a> Reader<'a> {
    /// Starts on a document of at most `limit` bytes.
    pub fn new(document: &'a [u8], limit: u64) -> Result<Self, JsonError> {
        let limit = limit.min(u64::from(u32::MAX) - 1);
        let at_start = |problem, offset: usize| {
            JsonError(Box::new(Place { problem, path: "$".into(), offset, line: line_of(document, offset) }))
        };
        if document.len() as u64 > limit {
            return Err(at_start(Problem::TooLarge { size: document.len() as u64, limit }, 0));
        }
        if document.starts_with(b"\xef\xbb\xbf") {
            return Err(at_start(Problem::ByteOrderMark, 0));
        }
        let text = std::str::from_utf8(document)
            .map_err(|error| at_start(Problem::InvalidUtf8, error.valid_up_to()))?;
        let mut reader = Self { text, position: 0, path: Vec::new(), keys: Keys::new() };
        reader.skip_white_space();
        Ok(reader)
    }

    /// Demands that nothing but white space is left.
    pub fn finish(mut self) -> Result<(), JsonError> {
        self.skip_white_space();
        if self.position < self.text.len() { Err(self.error(Problem::TrailingBytes)) } else { Ok(()) }
    }

    /// Reads an object: `field` is called for every key in document order, with the reader at the first byte of the value,
    /// and must read exactly that value ([`Reader::skip`] for fields it does not know).
    pub fn object<E: From<JsonError>>(
        &mut self,
        mut field: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failure = None;
        self.fields(&mut |reader, key| {
            failure = field(reader, key).err();
            failure.is_none()
        })?;
        failure.map_or(Ok(()), Err)
    }

    /// Compiled once: what differs between objects is behind `field`, which ends the reading with `false`.
    fn fields(&mut self, field: &mut dyn FnMut(&mut Self, &str) -> bool) -> Result<(), JsonError> {
        self.open(b'{', "an object", Segment::Object)?;
        let scope = self.keys.enter();
        if !self.take(b'}') {
            loop {
                let at = self.position;
                let key = self.string_token("a key")?;
                if !self.keys.insert(self.text, scope, &key, at as u32) {
                    return Err(self.error_at(Problem::DuplicateKey(shown(&key)), at));
                }
                self.set_segment(Segment::Key(at as u32));
                self.skip_white_space();
                self.expect(b':', "':'")?;
                if !field(self, &key) {
                    return Ok(());
                }
                self.set_segment(Segment::Object);
                self.skip_white_space();
                if self.take(b'}') {
                    break;
                }
                self.expect(b',', "',' or '}'")?;
            }
        }
        if let Some(at) = self.keys.leave(self.text, scope) {
            let key = shown(&key_at(self.text, at));
            return Err(self.error_at(Problem::DuplicateKey(key), at as usize));
        }
        self.path.pop();
        Ok(())
    }

    /// Reads an array: `element` is called for each element, with the reader at its first byte, and must read exactly it.
    pub fn array<E: From<JsonError>>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(b'[', "an array", Segment::Index(0))?;
        if !self.take(b']') {
            for index in 0.. {
                self.set_segment(Segment::Index(index));
                element(self)?;
                self.skip_white_space();
                if self.take(b']') {
                    break;
                }
                self.expect(b',', "',' or ']'")?;
            }
        }
        self.path.pop();
        Ok(())
    }

    /// Reads a string; borrowed from the document when it has no escapes.
    pub fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.string_token("a string")
    }

    /// Reads an integer from 0 to 2⁶⁴ − 1.
    pub fn u64(&mut self) -> Result<u64, JsonError> {
        let start = self.position;
        match self.peek() {
            Some(b'-') => return Err(self.error(Problem::NegativeNumber)),
            Some(b'0'..=b'9') => {}
            _ => return Err(self.unexpected("an integer")),
        }
        let mut value = Some(0_u64);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value.and_then(|value| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
            self.position += 1;
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(self.error_at(Problem::NotAnInteger, start));
        }
        if self.position > start + 1 && self.text.as_bytes()[start] == b'0' {
            return Err(self.error_at(Problem::LeadingZero, start));
        }
        value.ok_or_else(|| self.error_at(Problem::NumberTooLarge, start))
    }

    /// Reads `true` or `false`.
    pub fn bool(&mut self) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b't') => self.literal("true").map(|()| true),
            Some(b'f') => self.literal("false").map(|()| false),
            _ => Err(self.unexpected("true or false")),
        }
    }

    /// Reads past any value, checking all that a value that is used is checked for.
    pub fn skip(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'{') => self.object(|reader, _| reader.skip()),
            Some(b'[') => self.array(Self::skip),
            Some(b'"') => self.string().map(drop),
            Some(b't' | b'f') => self.bool().map(drop),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.u64().map(drop),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// `value`, or the error that the object just read (or being read) lacks `field`.
    pub fn require<T>(&self, value: Option<T>, field: &'static str) -> Result<T, JsonError> {
        value.ok_or_else(|| self.error(Problem::Missing(field)))
    }

    /// The error for a key that a strict document may not have.
    pub fn unknown(&self, key: &str) -> JsonError {
        self.error(Problem::Unknown(shown(key)))
    }

    /// An error at the reader's place, for the document's own rules.
    pub fn error(&self, problem: Problem) -> JsonError {
        self.error_at(problem, self.position)
    }

    /// The offset of the next byte to be read: inside a callback, of the value's first byte.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Where the reader is in the structure: `$` for the document itself, else `packages[3].hash.value`.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in &self.path {
            match segment {
                Segment::Object => {}
                Segment::Index(index) => {
                    let _ = write!(path, "[{index}]");
                }
                Segment::Key(at) => {
                    let key = key_at(self.text, *at);
                    if is_plain(&key) {
                        path.push_str(if path.is_empty() { "" } else { "." });
                        path.push_str(&key);
                    } else {
                        let _ = write!(path, "[\"{}\"]", shown(&key));
                    }
                }
            }
        }
        if path.is_empty() { "$".into() } else { path }
    }

    fn open(&mut self, bracket: u8, expected: &'static str, segment: Segment) -> Result<(), JsonError> {
        if self.peek() != Some(bracket) {
            return Err(self.unexpected(expected));
        }
        if self.path.len() == MAX_DEPTH {
            return Err(self.error(Problem::TooDeep));
        }
        self.position += 1;
        self.path.push(segment);
        self.skip_white_space();
        Ok(())
    }

    fn string_token(&mut self, expected: &'static str) -> Result<Cow<'a, str>, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(expected));
        }
        match string::read(self.text, self.position) {
            Ok((value, after)) => {
                self.position = after;
                Ok(value)
            }
            Err((problem, at)) => Err(self.error_at(problem, at)),
        }
    }

    fn literal(&mut self, literal: &'static str) -> Result<(), JsonError> {
        if !self.text.as_bytes()[self.position..].starts_with(literal.as_bytes()) {
            return Err(self.unexpected(literal));
        }
        self.position += literal.len();
        Ok(())
    }

    /// Reads `byte` and the white space after it, if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.position += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), JsonError> {
        if !self.take(byte) {
            return Err(self.unexpected(expected));
        }
        self.skip_white_space();
        Ok(())
    }

    fn skip_white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn set_segment(&mut self, segment: Segment) {
        if let Some(last) = self.path.last_mut() {
            *last = segment;
        }
    }

    fn unexpected(&self, expected: &'static str) -> JsonError {
        let found = match self.text[self.position..].chars().next() {
            None => return self.error(Problem::UnexpectedEnd),
            Some('{') => "an object".into(),
            Some('[') => "an array".into(),
            Some('"') => "a string".into(),
            Some('-' | '0'..='9') => "a number".into(),
            Some(_) if self.text[self.position..].starts_with("null") => "null".into(),
            Some(_) if self.text[self.position..].starts_with("true") => "true".into(),
            Some(_) if self.text[self.position..].starts_with("false") => "false".into(),
            Some(other) => format!("'{}'", shown(other.encode_utf8(&mut [0; 4]))),
        };
        self.error(Problem::Unexpected { expected, found })
    }

    fn error_at(&self, problem: Problem, offset: usize) -> JsonError {
        let line = line_of(self.text.as_bytes(), offset);
        JsonError(Box::new(Place { problem, path: self.path(), offset, line }))
    }
}

/// The line that holds the byte at `offset`, from 1.
fn line_of(document: &[u8], offset: usize) -> usize {
    document[..offset].split(|byte| *byte == b'\n').count()
}

fn is_plain(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
