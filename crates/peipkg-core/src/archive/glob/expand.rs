//! Braces: a pattern with alternatives becomes several without.

/// More alternatives than this are a mistake, or an attack on memory.
const MAX_ALTERNATIVES: usize = 10_000;

const UNCLOSED: &str = "a \"{\" is not closed";

/// Every way to choose among the braces of `pattern`. The chosen text takes the place of the braces before
/// anything else is read, so that alternatives may hold slashes, stars and further braces.
pub(super) fn braces(pattern: &str) -> Result<Vec<String>, &'static str> {
    let mut done = Vec::new();
    let mut pending = vec![pattern.to_owned()];
    while let Some(text) = pending.pop() {
        let Some(open) = first_brace(&text)? else {
            done.push(text);
            continue;
        };
        let (alternatives, close) = split(&text, open)?;
        if done.len() + pending.len() + alternatives.len() > MAX_ALTERNATIVES {
            return Err("it has too many alternatives");
        }
        let (before, after) = (&text[..open], &text[close + 1..]);
        pending.extend(alternatives.into_iter().rev().map(|chosen| format!("{before}{chosen}{after}")));
    }
    Ok(done)
}

/// The first brace that opens alternatives: not escaped, not within a class.
fn first_brace(text: &str) -> Result<Option<usize>, &'static str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' => at = class_end(bytes, at),
            b'{' => return Ok(Some(at)),
            b'}' => return Err("a \"}\" closes nothing"),
            _ => {}
        }
        at += 1;
    }
    Ok(None)
}

/// The `]` of the class that starts at `at`; a class that does not end is reported by whoever reads it.
fn class_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != b']' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    end
}

/// What stands between the commas, and where the closing brace is.
fn split(text: &str, open: usize) -> Result<(Vec<&str>, usize), &'static str> {
    let bytes = text.as_bytes();
    let mut alternatives = Vec::new();
    let (mut start, mut at, mut depth) = (open + 1, open + 1, 0);
    loop {
        match bytes.get(at).ok_or(UNCLOSED)? {
            b'\\' => at += 1,
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b'}' => {
                alternatives.push(&text[start..at]);
                return Ok((alternatives, at));
            }
            b',' if depth == 0 => {
                alternatives.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
}
