//! Descriptors, indexes, trust, the universe of candidates (PSD-009 §6).
