//! Security-descriptor overrides, as people are shown them.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use napi_derive::napi;
use peipkg_core::package::security::SecurityDescriptor;
use peipkg_core::package::security::review::Shown;
use peipkg_core::store::{Store, descriptors};
use peipkg_core::transaction::Review;

use crate::failure::{Result, throwing};
use crate::system::System;

/// The overrides of one package.
#[napi(object, object_from_js = false)]
pub struct OverrideReview {
    pub package: String,
    pub version: String,
    /// Of the package's file.
    pub sha256: String,
    /// Absent for a local file.
    pub repository: Option<String>,
    /// Whom they let in that needs an authorisation.
    pub outside: Vec<String>,
    /// Whether this kernel can apply them.
    pub can_apply: bool,
    pub overrides: Vec<ShownOverride>,
}

/// One override.
#[napi(object, object_from_js = false)]
pub struct ShownOverride {
    /// Relative to the root.
    pub path: String,
    /// In words.
    pub owner: Option<String>,
    pub group: Option<String>,
    pub entries: Vec<ShownEntry>,
    pub sddl: String,
    /// One line each; absent where it is not known what inheritance would give.
    pub difference: Option<Vec<String>>,
}

/// One entry of a list.
#[napi(object, object_from_js = false)]
pub struct ShownEntry {
    pub words: String,
    pub sddl: String,
}

/// An override of an installed package.
#[napi(object, object_from_js = false)]
pub struct RecordedOverride {
    pub package: String,
    /// Relative to the root.
    pub path: String,
    pub sddl: String,
    pub applied: bool,
}

impl From<Review> for OverrideReview {
    fn from(review: Review) -> Self {
        Self {
            package: review.package,
            version: review.version,
            sha256: review.digest.to_string(),
            repository: review.repository,
            outside: review.outside,
            can_apply: review.can_apply,
            overrides: review.overrides.into_iter().map(ShownOverride::from).collect(),
        }
    }
}

impl From<Shown> for ShownOverride {
    fn from(shown: Shown) -> Self {
        let entries = shown.entries.into_iter().map(|(words, sddl)| ShownEntry { words, sddl });
        Self {
            path: shown.path,
            owner: shown.owner,
            group: shown.group,
            entries: entries.collect(),
            sddl: shown.sddl,
            difference: shown.difference,
        }
    }
}

#[napi]
impl System {
    /// Every override of installed packages, by package and path.
    #[napi]
    pub fn overrides(&self) -> Result<Vec<RecordedOverride>> {
        throwing(|| {
            let Some(store) = Store::read(&self.open()?)? else { return Ok(Vec::new()) };
            let recorded = descriptors::list(store.connection())?.into_iter().map(|one| RecordedOverride {
                sddl: SecurityDescriptor::parse(&one.descriptor)
                    .map_or_else(|_| String::new(), |sd| sd.to_sddl()),
                package: one.package,
                path: one.path,
                applied: one.applied,
            });
            Ok(recorded.collect())
        })
    }
}
