//! Configuration files that wait for a person.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use napi_derive::napi;
use peipkg_core::configuration::{self, Waiting};

use crate::failure::{Result, throwing};
use crate::system::System;

/// A configuration file that waits to be merged.
#[napi(object, object_from_js = false)]
pub struct PendingConfiguration {
    /// Relative to the root.
    pub path: String,
    /// The file that it belongs beside, relative to the root.
    pub of: String,
    /// `new`: a default that was not put in place; `save`: a modified file whose package does not ship it any more.
    #[napi(ts_type = "'new' | 'save'")]
    pub kind: &'static str,
    /// The package that ships the file, or shipped it last.
    pub package: Option<String>,
}

/// What waits below `/etc`.
#[napi(object, object_from_js = false)]
pub struct PendingConfigurationReport {
    /// By path.
    pub pending: Vec<PendingConfiguration>,
    /// Why some directories could not be looked into.
    pub unreadable: Vec<String>,
}

#[napi]
impl System {
    /// The `.peipkg-new` and `.peipkg-save` files below `/etc`.
    #[napi]
    pub fn pending_configuration(&self) -> Result<PendingConfigurationReport> {
        throwing(|| {
            let report = configuration::pending(&self.open()?)?;
            let pending = report.pending.into_iter().map(|found| PendingConfiguration {
                path: found.path,
                of: found.of,
                kind: match found.waiting {
                    Waiting::NewDefault => "new",
                    Waiting::Saved => "save",
                },
                package: found.package,
            });
            Ok(PendingConfigurationReport { pending: pending.collect(), unreadable: report.unreadable })
        })
    }
}
