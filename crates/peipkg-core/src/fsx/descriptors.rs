//! How security descriptors reach files: one small interface with two back ends.
//!
//! The Peios kernel takes a descriptor as a file is created. On a kernel without that interface there is only
//! [`CannotApply`]: no other mechanism means the same, so none is tried.

use std::fs::File;
use std::io;

/// What a kernel can do with security descriptors.
pub trait Descriptors: Sync {
    /// Whether descriptors can be applied at all.
    fn can_apply(&self) -> bool;

    /// Gives a new file or directory, which nobody else can have opened yet, its descriptor (self-relative).
    fn apply(&self, file: &File, descriptor: &[u8]) -> io::Result<()>;

    /// The descriptor of what is open; `None` where there is none.
    fn read(&self, file: &File) -> io::Result<Option<Vec<u8>>>;
}

/// The back end of a kernel without security descriptors.
#[derive(Debug, Clone, Copy)]
pub struct CannotApply;

impl Descriptors for CannotApply {
    fn can_apply(&self) -> bool {
        false
    }

    fn apply(&self, _file: &File, _descriptor: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn read(&self, _file: &File) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// What the running kernel can do. The Peios back end joins here with the kernel that has the interface.
pub fn of_this_kernel() -> &'static dyn Descriptors {
    &CannotApply
}
