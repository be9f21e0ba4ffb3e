//! The one place where a fetched update becomes trusted.
//!
//! Everything is verified again from the bytes: by anchors the first time, by the keys trusted before at a refresh. The new
//! bytes are made durable under names that contain their digest, then one database transaction, which reads the state again
//! inside itself, points to them. The generation before stays until the next one, for readers that hold it. No transaction
//! lock: floors and revocations can only grow, whoever wins.

use super::documents::{self, Writing};
use super::index::{self, Header, Kind};
use super::trust::{self, Accepted, Fetched, Freshness, Policy};
use super::validators::Validators;
use super::{RepositoryError, catalog, check_name};
use crate::audit::{Event, Type, record};
use crate::digest::{Digest, Hashed};
use crate::fsx::{Root, state};
use crate::identity::Architecture;
use crate::store::repositories::{self, RepositoryState, TrustedDescriptor, TrustedIndex};
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;

/// How often a state that changed between verifying and writing is verified against anew.
const ATTEMPTS: usize = 8;

/// Whether the repository is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `repo add`: it must not be there yet.
    Add,
    /// A refresh; of a hand-written `.repo` file, the first one is the trust ceremony.
    Refresh,
}

/// Documents as they were fetched.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// The repository's local name.
    pub name: &'a str,
    /// Whether it is new.
    pub mode: Mode,
    /// repo.json with its signature, and key files.
    pub fetched: Fetched<'a>,
    /// The active index.
    pub index: &'a [u8],
    /// Its signature.
    pub index_signature: Option<&'a [u8]>,
    /// What the server said of the index, for the next request.
    pub validators: Option<&'a Validators>,
    /// Whether the operator allows unencrypted transport now.
    pub insecure: bool,
    /// The text of `conf/peipkg/<name>.repo`, to be written together with the state.
    pub configuration: Option<&'a str>,
}

/// What an update came to.
#[derive(Debug)]
pub struct Adoption {
    /// `AlreadyCurrent`: the index is the one that was trusted before, and the time of the last refresh did not advance.
    pub freshness: Freshness,
    /// The index's version.
    pub index_version: u64,
    /// How many packages it offers.
    pub packages: u64,
    /// Complete texts.
    pub warnings: Vec<String>,
}

/// Verifies an update and makes it the trusted state. A failure leaves everything as it was.
pub fn adopt(root: &Root, update: &Update<'_>, policy: &Policy) -> Result<Adoption, RepositoryError> {
    check_name(update.name)?;
    let index = Hashed::of(update.index);
    let digest = index.digest();
    let (header, packages, catalog) = read_index(root, update.index, digest, Kind::Active)?;
    commit(root, update.name, |before| {
        if update.mode == Mode::Add && (before.is_some() || is_configured(root, update.name)?) {
            return Err(RepositoryError::Exists(update.name.to_owned()));
        }
        let accepted = trust::accept_descriptor(update.fetched, before, policy)?;
        check_repository(
            Kind::Active,
            &header,
            accepted.descriptor.as_ref().map(|descriptor| &descriptor.name),
            before,
        )?;
        let unsigned = trust::accept_index_signature(
            Kind::Active,
            index,
            update.index_signature,
            &accepted.trust_set(),
            policy,
        )?;
        if before.is_none() {
            check_imported_floor(root, update.name, &header)?;
        }
        let freshness =
            trust::gate(Kind::Active, &header, digest, before.map(|state| &state.active), policy)?;
        let mut warnings = accepted.warnings.clone();
        warnings.extend(unsigned);
        Ok(Change {
            state: next_state(update, &header, digest, &accepted, before, freshness, policy),
            files: update.fetched.descriptor.map(Hashed::of).into_iter().chain([index]).collect(),
            signatures: [update.fetched.signature, update.index_signature].into_iter().flatten().collect(),
            catalog: (digest, &catalog),
            hint: update.validators.and_then(Validators::to_text).map(|text| (digest, text)),
            configuration: update.configuration.filter(|_| update.mode == Mode::Add),
            event: match update.mode {
                Mode::Add => event(Type::RepoAdd, "repo-add", update.name),
                Mode::Refresh => event(Type::Refresh, "refresh", update.name),
            },
            now: policy.now,
            adoption: Adoption { freshness, index_version: header.index_version, packages, warnings },
        })
    })
}

/// Verifies a fetched archive index and adds it to the trusted state of a repository, which keeps floors of its own for it.
pub fn adopt_archive(
    root: &Root,
    name: &str,
    document: &[u8],
    signature: Option<&[u8]>,
    validators: Option<&Validators>,
    policy: &Policy,
) -> Result<Adoption, RepositoryError> {
    check_name(name)?;
    let hashed = Hashed::of(document);
    let digest = hashed.digest();
    let (header, packages, catalog) = read_index(root, document, digest, Kind::Archive)?;
    commit(root, name, |before| {
        let before = before.ok_or_else(|| RepositoryError::Unknown(name.to_owned()))?;
        check_repository(Kind::Archive, &header, None, Some(before))?;
        let unsigned =
            trust::accept_index_signature(Kind::Archive, hashed, signature, &before.trust_set(), policy)?;
        let freshness = trust::gate(Kind::Archive, &header, digest, before.archive.as_ref(), policy)?;
        check_superset(root, before, document, &header)?;
        let mut state = before.clone();
        state.archive = Some(TrustedIndex {
            digest,
            signature: signature.map(Digest::of),
            url: archive_url(root, before)?,
            index_version: header.index_version,
            generated_at: header.generated_at,
        });
        Ok(Change {
            state,
            files: vec![hashed],
            signatures: signature.into_iter().collect(),
            catalog: (digest, &catalog),
            hint: validators.and_then(Validators::to_text).map(|text| (digest, text)),
            configuration: None,
            event: event(Type::Refresh, "refresh-archive", name),
            now: policy.now,
            adoption: Adoption {
                freshness,
                index_version: header.index_version,
                packages,
                warnings: unsigned.into_iter().collect(),
            },
        })
    })
}

/// Header, number of packages and look-ups of an index, every entry of which is read.
fn read_index(
    root: &Root,
    document: &[u8],
    digest: Digest,
    kind: Kind,
) -> Result<(Header, u64, catalog::Encoded), RepositoryError> {
    let (mut packages, mut encoder) = (0, catalog::Encoder::new(root));
    let header = index::read_placed(document, kind, |entry, place| {
        packages += 1;
        encoder.add(&entry, place);
    })?;
    Ok((header, packages, encoder.finish(digest, document.len() as u64)?))
}

/// What is to be written.
struct Change<'a> {
    state: RepositoryState,
    files: Vec<Hashed<'a>>,
    signatures: Vec<&'a [u8]>,
    /// The index's digest, and look-ups in it.
    catalog: (Digest, &'a catalog::Encoded),
    /// The index's validators.
    hint: Option<(Digest, String)>,
    configuration: Option<&'a str>,
    event: Event,
    now: i64,
    adoption: Adoption,
}

/// The audit event of a success.
pub(super) fn event(kind: Type, operation: &str, name: &str) -> Event {
    Event { repository: Some(name.to_owned()), ..Event::new(kind, operation) }
}

/// Decides, writes the files, and commits if the state that the decision was made on is still the one in the database.
fn commit<'a>(
    root: &Root,
    name: &str,
    decide: impl Fn(Option<&RepositoryState>) -> Result<Change<'a>, RepositoryError>,
) -> Result<Adoption, RepositoryError> {
    let mut known = false;
    for _ in 0..ATTEMPTS {
        let before = match Store::read(root)? {
            Some(store) => repositories::find(store.connection(), name)?,
            None => None,
        };
        if known && before.is_none() {
            return Err(RepositoryError::Removed(name.to_owned()));
        }
        known = before.is_some();
        let change = decide(before.as_ref())?;
        let writing = Writing::begin(root, name, before.is_none())?;
        match write(root, name, &writing, &change, before.as_ref()) {
            Ok(true) => return Ok(change.adoption),
            Ok(false) => {}
            Err(error) => {
                discard(root, name, &writing);
                return Err(error);
            }
        }
    }
    Err(RepositoryError::Contended)
}

/// Returns false, with nothing changed, when the state is no longer `before`.
fn write(
    root: &Root,
    name: &str,
    writing: &Writing,
    change: &Change<'_>,
    before: Option<&RepositoryState>,
) -> Result<bool, RepositoryError> {
    let unchanged = before == Some(&change.state);
    for document in &change.files {
        writing.write(root, &documents::document_file(document.digest()), document.bytes())?;
    }
    for signature in &change.signatures {
        writing.write(root, &documents::signature_file(Digest::of(signature)), signature)?;
    }
    let (digest, catalog) = change.catalog;
    writing.write_catalog(root, &catalog::file_name(digest), catalog)?;
    if let Some((digest, text)) = &change.hint {
        writing.write(root, &documents::validators_file(*digest), text.as_bytes())?;
    }
    if unchanged {
        return Ok(true);
    }
    let mut store = Store::write(root, Architecture::of_this_machine().as_str())?;
    let kept = store.change::<_, RepositoryError>(|connection| {
        let now = repositories::find(connection, name)?;
        if now.as_ref() != before {
            return Ok(None);
        }
        let files = documents::files_of(&change.state);
        let mut previous = repositories::previous_files(connection, name)?;
        if let Some(before) = before.filter(|before| documents::files_of(before) != files) {
            previous = documents::files_of(before);
        }
        repositories::put(connection, &change.state)?;
        repositories::set_previous_files(connection, name, &previous)?;
        Store::advance_generation(connection)?;
        record(connection, root, change.now, &change.event)?;
        if let Some(text) = change.configuration {
            // Before the commit: a configuration whose state was lost is a hand-written one, whose first refresh is the
            // ceremony; a state without configuration would be trusted by nobody and in nobody's list.
            root.write_durable(&configuration_path(name), text.as_bytes(), 0o644)?;
            root.sync_way(state::CONFIGURATION)?;
        }
        Ok(Some(previous.into_iter().chain(files).collect()))
    });
    let kept = match (kept, change.configuration) {
        (Err(error), Some(_)) => {
            root.remove(&configuration_path(name))?;
            return Err(error);
        }
        (kept, _) => kept?,
    };
    let Some(kept) = kept else { return Ok(false) };
    writing.tidy(&kept)?;
    Ok(true)
}

/// Best effort: leaves no file behind that the database does not refer to.
fn discard(root: &Root, name: &str, writing: &Writing) {
    let Ok(store) = Store::read(root) else { return };
    let referred = store.map(|store| {
        let connection = store.connection();
        let state = repositories::find(connection, name)?;
        Ok::<_, StoreError>((state, repositories::previous_files(connection, name)?))
    });
    match referred {
        Some(Ok((Some(state), mut keep))) => {
            keep.append(&mut documents::files_of(&state));
            let _ = writing.tidy(&keep);
        }
        None | Some(Ok((None, _))) => {
            let _ = root.remove_tree(&documents::directory(name));
        }
        Some(Err(_)) => {}
    }
}

fn next_state(
    update: &Update<'_>,
    header: &Header,
    digest: Digest,
    accepted: &Accepted,
    before: Option<&RepositoryState>,
    freshness: Freshness,
    policy: &Policy,
) -> RepositoryState {
    let descriptor = accepted.descriptor.as_ref();
    let last_refresh_at = match (freshness, before) {
        (Freshness::AlreadyCurrent, Some(before)) => before.last_refresh_at,
        _ => policy.now,
    };
    RepositoryState {
        name: update.name.to_owned(),
        repo_name: header.repo.clone(),
        last_refresh_at,
        descriptor: update.fetched.descriptor.map(|document| TrustedDescriptor {
            digest: Digest::of(document),
            signature: update.fetched.signature.map(Digest::of),
            key: accepted.signer.clone(),
        }),
        active: TrustedIndex {
            digest,
            signature: update.index_signature.map(Digest::of),
            url: descriptor
                .map_or_else(|| "/index/active.json".to_owned(), |descriptor| descriptor.active.url.clone()),
            index_version: header.index_version,
            generated_at: header.generated_at,
        },
        archive: before.and_then(|before| before.archive.clone()),
        keys: accepted.keys.clone(),
        revoked: accepted.revoked.clone(),
        insecure: update.insecure,
    }
}

/// What the tool that had this root before had seen of the repository.
fn check_imported_floor(root: &Root, name: &str, header: &Header) -> Result<(), RepositoryError> {
    let Some(store) = Store::read(root)? else { return Ok(()) };
    let Some((version, generated)) = repositories::floor(store.connection(), name)? else { return Ok(()) };
    let kind = Kind::Active;
    if header.index_version < version {
        return Err(RepositoryError::VersionBelowFloor { kind, found: header.index_version, floor: version });
    }
    match Timestamp::from_seconds(generated) {
        Some(floor) if header.generated_at.seconds() < generated => {
            Err(RepositoryError::GeneratedBefore { kind, found: header.generated_at, floor })
        }
        _ => Ok(()),
    }
}

/// The index must be of the repository that the descriptor describes, or that was trusted before.
fn check_repository(
    kind: Kind,
    header: &Header,
    described: Option<&String>,
    before: Option<&RepositoryState>,
) -> Result<(), RepositoryError> {
    match described.or(before.map(|state| &state.repo_name)) {
        Some(expected) if *expected != header.repo => Err(RepositoryError::OtherRepository {
            kind,
            found: header.repo.clone(),
            expected: expected.clone(),
        }),
        _ => Ok(()),
    }
}

/// Of one publish, the archive holds all that the active index offers.
fn check_superset(
    root: &Root,
    state: &RepositoryState,
    archive: &[u8],
    header: &Header,
) -> Result<(), RepositoryError> {
    if header.index_version != state.active.index_version {
        return Ok(());
    }
    let active =
        documents::read(root, &state.name, Kind::Active.document(), state.active.digest, super::INDEX_LIMIT)?;
    index::check_superset(&active, archive)
}

fn archive_url(root: &Root, state: &RepositoryState) -> Result<String, RepositoryError> {
    let Some(descriptor) = &state.descriptor else { return Ok("/index/archive.json".to_owned()) };
    let document =
        documents::read(root, &state.name, "repo.json", descriptor.digest, super::DESCRIPTOR_LIMIT)?;
    Ok(super::descriptor::Descriptor::parse(&document)?.archive.url)
}

/// Where a repository's configuration file lies, relative to the root.
pub(super) fn configuration_path(name: &str) -> String {
    format!("{}/{name}.repo", state::CONFIGURATION)
}

fn is_configured(root: &Root, name: &str) -> Result<bool, RepositoryError> {
    Ok(root.metadata(&configuration_path(name))?.is_some())
}

#[cfg(test)]
mod tests;
