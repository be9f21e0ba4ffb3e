//! The canonical writer: compact, fields in the order they are written, no HTML escaping (spec file 2, manifest.json).

use std::fmt::Write as _;

/// Builds one document. The caller keeps the structure right: a key before each value inside an object.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
}

impl Writer {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes an object; `fields` writes its keys and values.
    pub fn object(&mut self, fields: impl FnOnce(&mut Self)) {
        self.separate();
        self.out.push('{');
        fields(self);
        self.out.push('}');
    }

    /// Writes an array; `elements` writes its elements.
    pub fn array(&mut self, elements: impl FnOnce(&mut Self)) {
        self.separate();
        self.out.push('[');
        elements(self);
        self.out.push(']');
    }

    /// Writes the key of the value that is written next.
    pub fn key(&mut self, key: &str) -> &mut Self {
        self.string(key);
        self.out.push(':');
        self
    }

    /// Writes a string.
    pub fn string(&mut self, value: &str) {
        self.separate();
        self.out.push('"');
        escape_into(&mut self.out, value);
        self.out.push('"');
    }

    /// Writes an integer.
    pub fn u64(&mut self, value: u64) {
        self.separate();
        self.out.push_str(&value.to_string());
    }

    /// Writes `true` or `false`.
    pub fn bool(&mut self, value: bool) {
        self.separate();
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// Writes `null`.
    pub fn null(&mut self) {
        self.separate();
        self.out.push_str("null");
    }

    /// The document with the one newline that canonical documents end in.
    pub fn finish_line(mut self) -> Vec<u8> {
        self.out.push('\n');
        self.out.into_bytes()
    }

    /// The document alone.
    pub fn finish(self) -> String {
        self.out
    }

    fn separate(&mut self) {
        if !matches!(self.out.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(',');
        }
    }
}

/// The reference's escapes: short forms where JSON has them, `\u00xx` for other control characters, and the two line
/// separators that ECMAScript did not allow in strings.
fn escape_into(out: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
}
