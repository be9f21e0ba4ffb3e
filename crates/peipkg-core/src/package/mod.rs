//! What a package says of itself: manifest, files list, payload rules, limits (PSD-009 §3.3, §3.4).
