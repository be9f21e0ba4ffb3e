//! A panic is a mistake of ours. What was under way has then no known state, so the process ends at once, as it would by a kill:
//! that is what every transaction and every publication can be taken up after. Nothing unwinds, and the addon has no tables
//! for it.

use std::panic::PanicHookInfo;

/// Runs when Node loads the addon.
#[napi_derive::module_init]
fn end_at_once() {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{}", line(panic));
        std::process::abort();
    }));
}

fn line(panic: &PanicHookInfo<'_>) -> String {
    let text = panic.payload().downcast_ref::<&str>().copied();
    let text =
        text.or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let place = panic.location().map(|location| format!(" ({location})")).unwrap_or_default();
    format!("peipkg: internal error, please report it: {}{place}", peipkg_core::text::escape(text))
}
