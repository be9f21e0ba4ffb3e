//! Tag patterns of the build farm.

use napi_derive::napi;
use peipkg_core::tag_pattern;

use crate::failure::{Result, throwing};

/// A compiled tag pattern (RE2).
#[napi]
pub struct TagPattern(tag_pattern::TagPattern);

#[napi]
impl TagPattern {
    /// Compiles a pattern and checks its groups.
    #[napi(factory)]
    pub fn compile(pattern: String) -> Result<Self> {
        throwing(|| Ok(Self(tag_pattern::TagPattern::compile(&pattern)?)))
    }

    /// The upstream version that a tag stands for; null when the pattern is not found in it.
    #[napi]
    pub fn version(&self, tag: String) -> Option<String> {
        self.0.version(&tag)
    }
}
