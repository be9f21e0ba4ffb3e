//! Processes that outlive the one that started them.

use napi_derive::napi;
use peipkg_core::process as core;

use crate::failure::{Result, throwing};

/// Whether a process below this one whose parent ends becomes a child of this one, so that it can be found.
#[napi]
pub fn adopt_orphans(adopt: bool) -> Result<()> {
    throwing(|| Ok(core::adopt_orphans(adopt)?))
}
