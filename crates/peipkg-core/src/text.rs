//! Foreign text made fit for a terminal: no escape sequences, no control characters, no bidirectional tricks (PSD-009 §7.6.6).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters of a quoted value that a message shows at most.
const SHOWN: usize = 200;

/// `text` with every character that a terminal could obey, or that could reorder its line, shown as `\u{…}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !has_unsafe(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push_escaped(&mut escaped, character);
    }
    Cow::Owned(escaped)
}

/// Bytes that should be UTF-8, for people: invalid ones are shown as `\x{…}`.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut escaped = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        escaped.push_str(&escape(chunk.valid()));
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\x{{{byte:02x}}}");
        }
    }
    escaped
}

/// The system's words for what went wrong, without Rust's "(os error N)".
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

/// A foreign value inside a message: escaped, in double quotes, cut after 200 characters.
pub fn quote(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len().min(SHOWN) + 2);
    quoted.push('"');
    for (count, character) in value.chars().enumerate() {
        if count == SHOWN {
            let _ = write!(quoted, "… ({} bytes)", value.len());
            break;
        }
        push_escaped(&mut quoted, character);
    }
    quoted.push('"');
    quoted
}

/// A fingerprint in groups of four, as people compare them.
pub fn group_fingerprint(hex: &str) -> String {
    let mut grouped = String::with_capacity(hex.len() * 5 / 4);
    for (count, character) in hex.chars().enumerate() {
        if count > 0 && count % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(character);
    }
    grouped
}

/// What a message shows as `\u{…}`: controls, and characters that are invisible or that change how others are shown.
pub const fn is_unsafe(character: char) -> bool {
    is_control(character)
        || is_bidirectional(character)
        || matches!(
            character,
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether any character is unsafe.
pub fn has_unsafe(text: &str) -> bool {
    if text.is_ascii() {
        // Without a branch for each: an index has a hundred thousand addresses.
        return text.bytes().fold(false, |found, byte| found | byte.is_ascii_control());
    }
    text.chars().any(is_unsafe)
}

/// C0, DEL and C1.
pub const fn is_control(character: char) -> bool {
    matches!(character, '\0'..='\x1f' | '\x7f'..='\u{9f}')
}

/// Marks, embeddings, overrides and isolates (Unicode `Bidi_Control`).
pub const fn is_bidirectional(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn push_escaped(text: &mut String, character: char) {
    if is_unsafe(character) {
        let _ = write!(text, "\\u{{{:x}}}", u32::from(character));
    } else {
        text.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_ordinary_text_alone() {
        assert!(matches!(escape("größe, 日本語, naïve"), Cow::Borrowed(_)));
    }

    #[test]
    fn shows_what_a_terminal_would_obey() {
        assert_eq!(escape("a\x1b[2Jb\u{202e}c\u{9b}d\x7f\n"), "a\\u{1b}[2Jb\\u{202e}c\\u{9b}d\\u{7f}\\u{a}");
        assert_eq!(escape_bytes(b"a\xff\x1b"), "a\\x{ff}\\u{1b}");
    }

    #[test]
    fn quotes_are_bounded() {
        assert_eq!(quote("a\0"), "\"a\\u{0}\"");
        let long = "ü".repeat(100_000);
        assert!(quote(&long).len() < 500);
    }

    #[test]
    fn fingerprints_come_in_groups_of_four() {
        assert_eq!(group_fingerprint("2a3f9b5c2c"), "2a3f 9b5c 2c");
    }
}
