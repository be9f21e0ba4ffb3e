//! As much of msgpack as an event needs: nil, unsigned integers, strings, arrays, maps with string keys.

/// A value to be written.
pub(super) enum Value<'a> {
    Nil,
    Number(u64),
    Text(&'a str),
    List(Vec<Value<'a>>),
    Map(Vec<(&'static str, Value<'a>)>),
}

/// The shortest form of each value.
pub(super) fn encode(value: &Value<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, value);
    out
}

fn write(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Nil => out.push(0xc0),
        Value::Number(number) => write_number(out, *number),
        Value::Text(text) => write_text(out, text),
        Value::List(values) => {
            write_length(out, values.len(), 0x90, 0xdc);
            for value in values {
                write(out, value);
            }
        }
        Value::Map(fields) => {
            write_length(out, fields.len(), 0x80, 0xde);
            for (key, value) in fields {
                write_text(out, key);
                write(out, value);
            }
        }
    }
}

fn write_number(out: &mut Vec<u8>, number: u64) {
    if number < 0x80 {
        out.push(number as u8);
    } else if let Ok(number) = u8::try_from(number) {
        out.extend([0xcc, number]);
    } else if let Ok(number) = u16::try_from(number) {
        out.push(0xcd);
        out.extend(number.to_be_bytes());
    } else if let Ok(number) = u32::try_from(number) {
        out.push(0xce);
        out.extend(number.to_be_bytes());
    } else {
        out.push(0xcf);
        out.extend(number.to_be_bytes());
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    if text.len() < 32 {
        out.push(0xa0 | text.len() as u8);
    } else if let Ok(length) = u8::try_from(text.len()) {
        out.extend([0xd9, length]);
    } else if let Ok(length) = u16::try_from(text.len()) {
        out.push(0xda);
        out.extend(length.to_be_bytes());
    } else {
        out.push(0xdb);
        out.extend((text.len() as u32).to_be_bytes());
    }
    out.extend(text.as_bytes());
}

/// Of arrays and maps: `short` with the length in its low four bits, `long` for 16 bits, the one after it for 32.
fn write_length(out: &mut Vec<u8>, length: usize, short: u8, long: u8) {
    if length < 16 {
        out.push(short | length as u8);
    } else if let Ok(length) = u16::try_from(length) {
        out.push(long);
        out.extend(length.to_be_bytes());
    } else {
        out.push(long + 1);
        out.extend((length as u32).to_be_bytes());
    }
}
