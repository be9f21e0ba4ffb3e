//! Pax extended records: `path` and `linkpath`, nothing else.

use super::header::{Broken, shown};

/// No legitimate block is larger: two records of at most 4096 bytes each and their keys.
pub(super) const MAX_BYTES: u64 = 16 * 1024;

/// The records of one `x` block.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
}

/// Reads the body of an `x` block: `LENGTH KEY=VALUE\n`, LENGTH counting the whole record.
pub(super) fn parse(mut bytes: &[u8]) -> Result<Records, Broken> {
    let mut records = Records::default();
    if bytes.is_empty() {
        return Err(("a pax header must hold a record", "none".to_owned()));
    }
    while !bytes.is_empty() {
        let Record { key, value, rest } = split(bytes)?;
        let slot = match key {
            b"path" => &mut records.path,
            b"linkpath" => &mut records.link,
            _ => return Err(("only the pax records path and linkpath are allowed", shown(key))),
        };
        if value.is_empty() {
            return Err(("a pax record must have a value", shown(key)));
        }
        if slot.replace(value.to_vec()).is_some() {
            return Err(("a pax record may appear once only", shown(key)));
        }
        bytes = rest;
    }
    Ok(records)
}

/// One record, with the length that counts its own digits.
pub(super) fn write(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + decimal_digits(rest);
    if rest + decimal_digits(length) != length {
        length = rest + decimal_digits(length);
    }
    out.extend_from_slice(format!("{length} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

fn decimal_digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// One record, and what follows it.
struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
    rest: &'a [u8],
}

fn split(bytes: &[u8]) -> Result<Record<'_>, Broken> {
    let malformed =
        || ("a pax record must read LENGTH KEY=VALUE and a newline", shown(&bytes[..bytes.len().min(64)]));
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 6 || bytes[0] == b'0' || bytes.get(digits) != Some(&b' ') {
        return Err(malformed());
    }
    let length = bytes[..digits].iter().fold(0, |value, digit| value * 10 + usize::from(digit - b'0'));
    if length > bytes.len() || length < digits + 3 || bytes[length - 1] != b'\n' {
        return Err(malformed());
    }
    let record = &bytes[digits + 1..length - 1];
    let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(malformed)?;
    Ok(Record { key: &record[..equals], value: &record[equals + 1..], rest: &bytes[length..] })
}
