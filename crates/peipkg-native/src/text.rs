//! Foreign text for terminals.

use napi_derive::napi;

/// `text` with control, C1 and bidirectional characters shown as `\u{…}`.
#[napi]
pub fn escape_text(text: String) -> String {
    peipkg_core::text::escape(&text).into_owned()
}
