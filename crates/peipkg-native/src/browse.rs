//! A publication that is decided and not yet written: what its browse site shows, and the writing.

#![allow(missing_docs, reason = "the names of these fields say what they hold")]

use std::sync::{Arc, Mutex, PoisonError};

use napi::Env;
use napi::bindgen_prelude::{Buffer, PromiseRaw};
use napi_derive::napi;
use peipkg_core::repository::produce::{self, PackageView, RelationKind};

use crate::cancel::CancelToken;
use crate::failure::{Failure, Result, throwing};
use crate::progress::{OnProgress, Progress};
use crate::publication::{PublishReport, observer, watch};
use crate::repository::DescribedKey;
use crate::task::spawn;

type Held = Arc<Mutex<Option<produce::Publication>>>;

/// A publish that is decided and holds the lock until it is written or dropped.
#[napi]
pub struct Publication {
    held: Held,
}

/// What the pages of a repository say of it.
#[napi(object, object_from_js = false)]
pub struct BrowsedRepository {
    pub name: String,
    pub description: String,
    pub keys: Vec<DescribedKey>,
    pub index_version: f64,
    /// RFC 3339 UTC.
    pub generated_at: String,
    /// Every version of every package.
    pub archive_count: f64,
    /// What the pages showed before this publication, and what they will: hexadecimal.
    pub before: String,
    pub after: String,
}

/// A line of the list of packages.
#[napi(object, object_from_js = false)]
pub struct BrowsedName {
    pub name: String,
    pub version: String,
    pub architecture: String,
    pub description: String,
}

/// A package as its page shows it.
#[napi(object, object_from_js = false)]
pub struct BrowsedPackage {
    pub name: String,
    pub description: String,
    pub license: String,
    pub homepage: String,
    /// Newest first.
    pub versions: Vec<BrowsedVersion>,
    /// The place of the current one in `versions`.
    pub current: u32,
    pub relations: Vec<BrowsedRelation>,
    pub provides: Vec<BrowsedProvide>,
    pub dependents: Vec<BrowsedDependent>,
    pub side_effects: Vec<String>,
    pub source_ref: Option<String>,
    /// The first files of the current version.
    pub files: Vec<BrowsedFile>,
    /// How many there are; absent when that is not known here.
    pub file_count: Option<f64>,
}

#[napi(object, object_from_js = false)]
pub struct BrowsedVersion {
    pub version: String,
    pub architecture: String,
    pub filename: String,
    pub size_compressed: f64,
    pub size_installed: f64,
    pub sha256: String,
    /// As the index has it: a reference, resolved against the place of the index.
    pub url: String,
    /// RFC 3339 UTC.
    pub built: Option<String>,
    pub farm_id: String,
    /// The path of manifest.json and files.json without these names, from the repository's directory.
    pub documents: Option<String>,
}

#[napi(object, object_from_js = false)]
pub struct BrowsedRelation {
    #[napi(ts_type = "'dependency' | 'optional' | 'conflict' | 'replaces'")]
    pub kind: &'static str,
    pub name: String,
    pub constraint: Option<String>,
    /// Packages here that the name stands for.
    pub targets: Vec<String>,
}

#[napi(object, object_from_js = false)]
pub struct BrowsedProvide {
    pub name: String,
    pub version: Option<String>,
}

#[napi(object, object_from_js = false)]
pub struct BrowsedDependent {
    pub name: String,
    /// The name by which it needs the package.
    pub needs: String,
    pub constraint: Option<String>,
    pub optional: bool,
}

#[napi(object, object_from_js = false)]
pub struct BrowsedFile {
    pub path: String,
    pub size: f64,
}

/// A file of the browse site.
#[napi(object, object_to_js = false)]
pub struct BrowsePage {
    /// `index.html`, or a name in `browse/`.
    pub path: String,
    pub content: Buffer,
}

#[napi]
impl Publication {
    /// What it comes to, once it is written.
    #[napi]
    pub fn report(&self) -> Result<PublishReport> {
        self.look(|publication| publication.report().clone().into())
    }

    #[napi]
    pub fn repository(&self) -> Result<BrowsedRepository> {
        self.look(|publication| {
            let (before, after) = publication.shown();
            let (descriptor, header) = (publication.descriptor(), publication.header());
            BrowsedRepository {
                name: descriptor.name.clone(),
                description: descriptor.description.clone(),
                keys: descriptor.keys.iter().map(DescribedKey::from).collect(),
                index_version: header.index_version as f64,
                generated_at: header.generated_at.to_string(),
                archive_count: publication.archive_count() as f64,
                before: before.to_string(),
                after: after.to_string(),
            }
        })
    }

    /// The current packages, by name.
    #[napi]
    pub fn names(&self) -> Result<Vec<BrowsedName>> {
        self.look(|publication| {
            let named = publication.current().map(|entry| BrowsedName {
                name: entry.name.to_string(),
                version: entry.version.to_string(),
                architecture: entry.architecture.to_string(),
                description: entry.description.clone(),
            });
            named.collect()
        })
    }

    /// The names of the packages whose pages may differ from those before; null: of all.
    #[napi]
    pub fn touched(&self) -> Result<Option<Vec<String>>> {
        self.look(|publication| Some(publication.touched()?.into_iter().map(str::to_owned).collect()))
    }

    /// What the pages of these packages show.
    #[napi]
    pub fn packages(&self, names: Vec<String>) -> Result<Vec<BrowsedPackage>> {
        self.look(|publication| publication.views(&names).into_iter().map(BrowsedPackage::from).collect())
    }

    /// Makes the documents of packages of before the browse site, which their pages show.
    #[napi]
    pub fn complete_documents<'env>(
        &self,
        env: &'env Env,
        progress: Option<OnProgress>,
        cancel: Option<&CancelToken>,
    ) -> Result<PromiseRaw<'env, ()>> {
        let (progress, observer, held) = (Progress::to(progress), observer(cancel), Arc::clone(&self.held));
        spawn(env, "documents", move || {
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            let publication = held.as_mut().ok_or_else(gone)?;
            publication.complete_documents(&watch(&progress, "documents"), &observer)?;
            Ok(())
        })
    }

    /// Writes it. Without pages the browse site is left as it is.
    #[napi]
    pub fn write<'env>(
        &self,
        env: &'env Env,
        pages: Option<Vec<BrowsePage>>,
        cancel: Option<&CancelToken>,
    ) -> Result<PromiseRaw<'env, PublishReport>> {
        let taken = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        let observer = observer(cancel);
        let page = |page: BrowsePage| produce::Page { path: page.path, content: page.content.into() };
        let pages = pages.map(|pages| pages.into_iter().map(page).collect());
        spawn(env, "write", move || Ok(taken.ok_or_else(gone)?.write(pages, &observer)?.into()))
    }

    /// Gives it up, and the lock with it. Harmless once it is written.
    #[napi]
    pub fn release(&self) {
        drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Publication {
    pub(crate) fn holding(publication: produce::Publication) -> Self {
        Self { held: Arc::new(Mutex::new(Some(publication))) }
    }

    fn look<T>(&self, view: impl FnOnce(&produce::Publication) -> T) -> Result<T> {
        throwing(|| {
            let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(view(held.as_ref().ok_or_else(gone)?))
        })
    }
}

/// Only after `write` or `release`.
fn gone() -> Failure {
    Failure { code: "PEI_INTERNAL", message: "internal error: the publication is written already".to_owned() }
}

impl From<PackageView<'_>> for BrowsedPackage {
    fn from(view: PackageView<'_>) -> Self {
        let current = view.versions.iter().position(|version| std::ptr::eq(version.entry, view.current));
        let text = |constraint: &Option<peipkg_core::identity::Constraint>| {
            constraint.as_ref().map(|constraint| constraint.as_str().to_owned())
        };
        let relation = |shown: &produce::RelationView<'_>| BrowsedRelation {
            kind: match shown.kind {
                RelationKind::Dependency => "dependency",
                RelationKind::Optional => "optional",
                RelationKind::Conflict => "conflict",
                RelationKind::Replaces => "replaces",
            },
            name: shown.relation.name.to_string(),
            constraint: text(&shown.relation.constraint),
            targets: shown.targets.iter().map(|name| (*name).to_owned()).collect(),
        };
        let dependent = |shown: &produce::DependentView<'_>| BrowsedDependent {
            name: shown.name.to_owned(),
            needs: shown.relation.name.to_string(),
            constraint: text(&shown.relation.constraint),
            optional: shown.optional,
        };
        let entry = view.current;
        Self {
            name: entry.name.to_string(),
            description: entry.description.clone(),
            license: entry.license.clone(),
            homepage: entry.homepage.clone(),
            versions: view.versions.iter().map(BrowsedVersion::from).collect(),
            current: current.unwrap_or_default() as u32,
            relations: view.relations.iter().map(relation).collect(),
            provides: entry
                .provides
                .iter()
                .map(|provide| BrowsedProvide {
                    name: provide.name.to_string(),
                    version: provide.version.as_ref().map(ToString::to_string),
                })
                .collect(),
            dependents: view.dependents.iter().map(dependent).collect(),
            side_effects: entry.side_effects.iter().map(|effect| effect.as_str().to_owned()).collect(),
            source_ref: view.source_ref,
            files: view
                .files
                .into_iter()
                .map(|(path, size)| BrowsedFile { path, size: size as f64 })
                .collect(),
            file_count: view.file_count.map(|count| count as f64),
        }
    }
}

impl From<&produce::VersionView<'_>> for BrowsedVersion {
    fn from(view: &produce::VersionView<'_>) -> Self {
        let entry = view.entry;
        Self {
            version: entry.version.to_string(),
            architecture: entry.architecture.to_string(),
            filename: entry.file_name(),
            size_compressed: entry.size_compressed as f64,
            size_installed: entry.size_installed as f64,
            sha256: entry.digest.to_string(),
            url: entry.url.clone(),
            built: entry.build.timestamp.map(|timestamp| timestamp.to_string()),
            farm_id: entry.build.farm_id.clone(),
            documents: view.documents.clone(),
        }
    }
}
