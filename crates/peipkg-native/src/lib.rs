//! The N-API skin of `peipkg-core`: one file per core module, same names, no logic.
