//! The filesystem below one root: every path from a descriptor, no symlink followed (PSD-009 §7.1.2.3).
