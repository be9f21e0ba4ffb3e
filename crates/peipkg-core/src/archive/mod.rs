//! The `.peipkg` container: tar, zstd, verification and packing (PSD-009 §3.1, §3.2, §3.5).
