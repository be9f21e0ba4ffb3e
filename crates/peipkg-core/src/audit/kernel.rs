//! The Peios kernel's event call, behind an interface: the kernel that this runs on may not have it.

use std::io;

/// Something that takes events as the Peios kernel does.
pub trait EventCall {
    /// Files `payload` (msgpack) under the origin class and the type. ENOSYS: the call is not there.
    fn emit(&self, origin: &str, kind: &str, payload: &[u8]) -> io::Result<()>;
}

/// A kernel without that call. The call has no number on Linux, so none is tried: an unknown number could be any other call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Absent;

impl EventCall for Absent {
    fn emit(&self, _origin: &str, _kind: &str, _payload: &[u8]) -> io::Result<()> {
        Err(io::Error::from_raw_os_error(ENOSYS))
    }
}

const ENOSYS: i32 = 38;

/// Whether an error says that there is no such call, which is no failure.
pub(super) fn is_absent(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ENOSYS)
}
