//! String tokens: finding their end quickly, and unescaping them.

use std::borrow::Cow;

use super::Problem;

/// The string whose opening quote is at `start`. Returns its value and the offset after its closing quote.
/// A failure names the offset of the byte at fault.
pub(super) fn read(text: &str, start: usize) -> Result<(Cow<'_, str>, usize), (Problem, usize)> {
    let from = start + 1;
    let end = plain_end(text.as_bytes(), from)?;
    if text.as_bytes()[end] == b'"' {
        return Ok((Cow::Borrowed(&text[from..end]), end + 1));
    }
    unescape(text, from, end).map(|(value, after)| (Cow::Owned(value), after))
}

/// The offset of the first `"` or `\` at or after `from`.
fn plain_end(bytes: &[u8], from: usize) -> Result<usize, (Problem, usize)> {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        let special = special_bytes(u64::from_le_bytes(word));
        if special != 0 {
            at += (special.trailing_zeros() / 8) as usize;
            return stop_at(bytes, at);
        }
        at += 8;
    }
    while at < bytes.len() {
        if matches!(bytes[at], b'"' | b'\\' | 0..=0x1f) {
            return stop_at(bytes, at);
        }
        at += 1;
    }
    Err((Problem::UnexpectedEnd, bytes.len()))
}

fn stop_at(bytes: &[u8], at: usize) -> Result<usize, (Problem, usize)> {
    match bytes[at] {
        control @ 0..=0x1f => Err((Problem::ControlCharacter(control), at)),
        _ => Ok(at),
    }
}

/// The high bit of each byte of `word` that is `"`, `\` or below 0x20; exact up to and including the lowest such byte.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero_in = |value: u64| value.wrapping_sub(ONES) & !value & HIGH;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    zero_in(word ^ (ONES * u64::from(b'"'))) | zero_in(word ^ (ONES * u64::from(b'\\'))) | control
}

/// Continues at the first backslash (`at`) of the string that began at `from`.
fn unescape(text: &str, from: usize, mut at: usize) -> Result<(String, usize), (Problem, usize)> {
    let bytes = text.as_bytes();
    let mut value = String::from(&text[from..at]);
    loop {
        if bytes[at] == b'"' {
            return Ok((value, at + 1));
        }
        let (character, after) = escape(bytes, at)?;
        value.push(character);
        let end = plain_end(bytes, after)?;
        value.push_str(&text[after..end]);
        at = end;
    }
}

/// The character that the escape at `at` (a backslash) stands for, and the offset after it.
fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), (Problem, usize)> {
    let simple = |character| Ok((character, at + 2));
    match bytes.get(at + 1) {
        Some(b'"') => simple('"'),
        Some(b'\\') => simple('\\'),
        Some(b'/') => simple('/'),
        Some(b'b') => simple('\u{8}'),
        Some(b'f') => simple('\u{c}'),
        Some(b'n') => simple('\n'),
        Some(b'r') => simple('\r'),
        Some(b't') => simple('\t'),
        Some(b'u') => unicode_escape(bytes, at),
        Some(_) => Err((Problem::InvalidEscape, at)),
        None => Err((Problem::UnexpectedEnd, bytes.len())),
    }
}

fn unicode_escape(bytes: &[u8], at: usize) -> Result<(char, usize), (Problem, usize)> {
    let first = four_hex(bytes, at)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, at + 6));
    }
    let lone = (Problem::LoneSurrogate, at);
    if first >= 0xdc00 || bytes.get(at + 6..at + 8) != Some(b"\\u") {
        return Err(lone);
    }
    let second = four_hex(bytes, at + 6)?;
    if !(0xdc00..=0xdfff).contains(&second) {
        return Err(lone);
    }
    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    char::from_u32(code).map(|character| (character, at + 12)).ok_or(lone)
}

/// The value of the four hexadecimal digits of the `\uXXXX` at `at`.
fn four_hex(bytes: &[u8], at: usize) -> Result<u32, (Problem, usize)> {
    let digits = bytes.get(at + 2..at + 6).ok_or((Problem::UnexpectedEnd, bytes.len()))?;
    digits.iter().try_fold(0, |value, &digit| {
        char::from(digit).to_digit(16).map(|digit| value * 16 + digit).ok_or((Problem::InvalidEscape, at))
    })
}
