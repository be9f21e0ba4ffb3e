//! PEM as OpenSSL writes it: one block, lines of 64 characters, nothing around it (RFC 7468 §3, strict).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const LINE: usize = 64;

/// The bytes of the one block of that label, or why there is none.
pub(super) fn decode(file: &[u8], label: &str) -> Result<Vec<u8>, &'static str> {
    let text = std::str::from_utf8(file).map_err(|_| "neither 32 bytes long nor text")?;
    let body = text
        .strip_prefix(&format!("-----BEGIN {label}-----\n"))
        .ok_or("it does not begin with the PEM line")?
        .trim_end_matches('\n')
        .strip_suffix(&format!("-----END {label}-----"))
        .ok_or("it does not end with the PEM line")?;
    let mut encoded = String::with_capacity(body.len());
    let mut lines =
        body.strip_suffix('\n').ok_or("the PEM end line is not on its own")?.split('\n').peekable();
    while let Some(line) = lines.next() {
        let full = lines.peek().is_some();
        if line.is_empty() || line.len() > LINE || (full && line.len() != LINE) {
            return Err("its PEM lines are not 64 characters long");
        }
        encoded.push_str(line);
    }
    STANDARD.decode(encoded).map_err(|_| "its PEM body is not canonical base64")
}

/// One block of that label, with a final newline.
pub(super) fn encode(bytes: &[u8], label: &str) -> String {
    let body = STANDARD.encode(bytes);
    let mut text = ["-----BEGIN ", label, "-----\n"].concat();
    for start in (0..body.len()).step_by(LINE) {
        text.push_str(&body[start..body.len().min(start + LINE)]);
        text.push('\n');
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}
