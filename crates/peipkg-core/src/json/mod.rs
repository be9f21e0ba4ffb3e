//! The strict JSON reader that every trust decision goes through, and the canonical writer (PSD-009 §1.3).
