//! SHA-256 digests as lowercase hex (PSD-009 §1.3).
