//! The database of one root: packages, paths, repositories, history, journal (PSD-009 §7.4).
