//! Keys, fingerprints, envelopes, detached signatures (PSD-009 §5).
