//! Names, versions, constraints, architectures, package file names (PSD-009 §2).
