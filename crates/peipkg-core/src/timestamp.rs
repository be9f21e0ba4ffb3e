//! RFC 3339 UTC timestamps in whole seconds (PSD-009 §3.3).
