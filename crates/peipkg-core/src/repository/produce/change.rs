//! Changes of repo.json: keys that come, are replaced, are revoked or go, and what the repository says of itself.
//!
//! Whoever refreshes verifies repo.json with a key that the repo.json before listed (PSD-009 §5.2.6): each change is signed so
//! that those who know only what is published now can follow.

use std::path::PathBuf;

use super::directory::{RepositoryDirectory, check_usual_layout};
use super::init::{check_description, check_name, sign_indexes};
use super::layout::KEYS;
use super::publication::{NewDescriptor, Publication};
use super::publish::{PublishReport, clock_warning, next_version};
use super::{ProduceError, Watch, active, documents, signers};
use crate::archive::Observer;
use crate::repository::descriptor::{DescribedKey, Descriptor};
use crate::repository::index::Header;
use crate::signature::detached::{self, Format};
use crate::signature::{Fingerprint, KeyStatus, PublicKey, SecretKey, key_file};
use crate::timestamp::Timestamp;

/// What is to be changed.
#[derive(Debug)]
pub struct ChangeRequest {
    /// The repository, which is changed in place.
    pub directory: PathBuf,
    /// The private key file that signs repo.json.
    pub sign_key: PathBuf,
    /// `generated_at` of the indexes.
    pub timestamp: String,
    /// The form of the signatures.
    pub format: Format,
    /// What.
    pub change: Change,
}

/// One change of repo.json.
#[derive(Debug)]
pub enum Change {
    /// One more active key: a public or private key file.
    Add {
        /// Its file.
        key: PathBuf,
    },
    /// The signing key is replaced.
    Rotate {
        /// The private key file of its successor.
        new: PathBuf,
        /// How long the old one is accepted.
        until: String,
    },
    /// A key is accepted never again.
    Revoke {
        /// Which.
        fingerprint: Fingerprint,
        /// The signing key need not be one that consumers know.
        re_anchor: bool,
    },
    /// A key is listed no more.
    Retire {
        /// Which.
        fingerprint: Fingerprint,
        /// Even when packages are signed by it.
        force: bool,
    },
    /// What the repository says of itself; `None`: as it is.
    Describe {
        /// Its name.
        name: Option<String>,
        /// One line on it.
        description: Option<String>,
        /// Even a name that consumers know is changed.
        force: bool,
    },
}

/// The keys of one change.
struct Signers<'a> {
    /// Signs repo.json.
    descriptor: &'a SecretKey,
    /// Signs the indexes anew; `None`: they stay.
    indexes: Option<SecretKey>,
}

/// Decides what is to be written. Nothing is changed; the lock is taken.
pub fn prepare_change(
    request: &ChangeRequest,
    watch: &Watch<'_>,
    observer: &Observer,
) -> Result<Publication, ProduceError> {
    let generated_at = Timestamp::parse(&request.timestamp)?;
    let (key, _) = key_file::read_secret(&request.sign_key)?;
    let lock = RepositoryDirectory::lock(&request.directory)?;
    let mut base = RepositoryDirectory::open(&request.directory, generated_at.seconds())?;
    check_usual_layout(&request.directory, &base.descriptor)?;
    let mut descriptor = base.descriptor.clone();
    let mut warnings = Vec::new();
    let mut new_keys = Vec::new();
    let mut signing = Signers { descriptor: &key, indexes: Some(key.clone()) };
    let signer = key.public();
    match &request.change {
        Change::Add { key: file } => {
            let added = public_half(file)?;
            check_listed(&descriptor, &signer.fingerprint())?;
            check_window(&base, &signer.fingerprint(), None)?;
            add(&mut descriptor, added.fingerprint())?;
            new_keys.push(added);
            signing.indexes = None;
        }
        Change::Rotate { new, until } => {
            let until = later(until, generated_at)?;
            let (new, _) = key_file::read_secret(new)?;
            rotate(&base, &mut descriptor, &signer, &new.public(), until)?;
            new_keys.push(new.public());
            signing.indexes = Some(new);
        }
        Change::Revoke { fingerprint, re_anchor } => {
            let known = revoke(&mut descriptor, fingerprint, &signer, *re_anchor)?;
            check_window(&base, &signer.fingerprint(), Some(fingerprint))?;
            if !known {
                new_keys.push(signer.clone());
                warnings.push(re_anchor_warning(&signer.fingerprint()));
            }
            warnings.push(format!(
                "packages that are signed with {fingerprint} are refused from now on: sign them with another key and publish them as new revisions"
            ));
        }
        Change::Retire { fingerprint, force } => {
            check_active(&descriptor, &signer.fingerprint())?;
            check_window(&base, &signer.fingerprint(), None)?;
            retire(&mut descriptor, fingerprint, &signer)?;
            let found = signers::packages_of(&base.root, &base.entries, fingerprint, watch, observer)?;
            warnings.extend(found.judge(fingerprint, *force)?);
        }
        Change::Describe { name, description, force } => {
            check_listed(&descriptor, &signer.fingerprint())?;
            check_window(&base, &signer.fingerprint(), None)?;
            describe(
                &mut descriptor,
                name.as_deref(),
                description.as_deref(),
                *force,
                base.entries.is_empty(),
            )?;
            if descriptor.name == base.descriptor.name {
                signing.indexes = None;
            } else {
                check_active(&descriptor, &signer.fingerprint())?;
            }
        }
    }
    let archive = std::mem::take(&mut base.entries);
    let (current, _) = active::select(&archive);
    let places = active::places(&archive, &current);
    let renamed = descriptor.name != base.descriptor.name;
    let (header, documents) = match &signing.indexes {
        None => (base.archive.clone(), None),
        Some(key) => {
            warnings.extend(clock_warning(&base, generated_at));
            let index_version = next_version(&base)?;
            let header = Header { repo: descriptor.name.clone(), index_version, generated_at };
            let documents = sign_indexes(&header, &current, &archive, key, request.format);
            (header, Some(documents))
        }
    };
    let bytes = descriptor.to_json();
    let signature = detached::sign(&bytes, signing.descriptor, request.format);
    let keys = new_keys.iter().map(key_document).collect();
    Ok(Publication {
        _lock: lock,
        directory: request.directory.clone(),
        out: request.directory.clone(),
        packages: Vec::new(),
        destinations: Vec::new(),
        report: PublishReport { index_version: header.index_version, added: Vec::new(), warnings },
        header,
        archive,
        active: places,
        documents,
        descriptor: Some(NewDescriptor { descriptor, bytes, signature, keys }),
        documentation: documents::held_below(&request.directory),
        changed: (!renamed).then(Vec::new),
        removed: Vec::new(),
        base,
    })
}

fn public_half(file: &std::path::Path) -> Result<PublicKey, ProduceError> {
    Ok(match key_file::KeyFile::read(file)?.kind {
        key_file::KeyKind::Private => key_file::read_secret(file)?.0.public(),
        key_file::KeyKind::Public => key_file::read_public(file)?,
    })
}

fn key_document(key: &PublicKey) -> (String, Vec<u8>) {
    (format!("{KEYS}/{}.pub", key.fingerprint()), key.to_pem().into_bytes())
}

fn described(fingerprint: Fingerprint, status: KeyStatus) -> DescribedKey {
    DescribedKey { fingerprint, url: format!("/{KEYS}/{fingerprint}.pub"), status }
}

fn add(descriptor: &mut Descriptor, fingerprint: Fingerprint) -> Result<(), ProduceError> {
    match descriptor.keys.binary_search_by(|key| key.fingerprint.cmp(&fingerprint)) {
        Ok(_) => Err(ProduceError::KeyListed(fingerprint)),
        Err(place) => {
            descriptor.keys.insert(place, described(fingerprint, KeyStatus::Active));
            Ok(())
        }
    }
}

/// The status of a listed key.
fn status_of<'a>(
    descriptor: &'a mut Descriptor,
    fingerprint: &Fingerprint,
) -> Result<&'a mut KeyStatus, ProduceError> {
    let listed = descriptor.keys.iter_mut().find(|key| key.fingerprint == *fingerprint);
    listed.map(|key| &mut key.status).ok_or(ProduceError::KeyNotListed(*fingerprint))
}

fn rotate(
    base: &RepositoryDirectory,
    descriptor: &mut Descriptor,
    old: &PublicKey,
    new: &PublicKey,
    until: Timestamp,
) -> Result<(), ProduceError> {
    let (old, new) = (old.fingerprint(), new.fingerprint());
    if old == new {
        return Err(ProduceError::SameKey(old));
    }
    check_active(descriptor, &old)?;
    check_window(base, &old, None)?;
    // A key that was added before the rotation is what consumers know best.
    match descriptor.key(&new).map(|key| key.status) {
        Some(KeyStatus::Active) => {}
        Some(_) => return Err(ProduceError::KeyListed(new)),
        None => add(descriptor, new)?,
    }
    *status_of(descriptor, &old)? = KeyStatus::Transitioning { until };
    Ok(())
}

/// Returns whether consumers know the signing key already.
fn revoke(
    descriptor: &mut Descriptor,
    fingerprint: &Fingerprint,
    signer: &PublicKey,
    re_anchor: bool,
) -> Result<bool, ProduceError> {
    let signer = signer.fingerprint();
    if signer == *fingerprint {
        return Err(ProduceError::SameKey(signer));
    }
    let status = status_of(descriptor, fingerprint)?;
    if *status == KeyStatus::Revoked {
        return Err(ProduceError::KeyRevoked(*fingerprint));
    }
    *status = KeyStatus::Revoked;
    let known = descriptor.key(&signer).map(|key| key.status);
    match known {
        Some(KeyStatus::Active) => return Ok(true),
        Some(KeyStatus::Revoked) => return Err(ProduceError::KeyRevoked(signer)),
        _ if !re_anchor => return Err(ProduceError::KeyUnknownToConsumers(signer)),
        Some(KeyStatus::Transitioning { .. }) => *status_of(descriptor, &signer)? = KeyStatus::Active,
        None => add(descriptor, signer)?,
    }
    Ok(false)
}

fn retire(
    descriptor: &mut Descriptor,
    fingerprint: &Fingerprint,
    signer: &PublicKey,
) -> Result<(), ProduceError> {
    if signer.fingerprint() == *fingerprint {
        return Err(ProduceError::SameKey(*fingerprint));
    }
    if *status_of(descriptor, fingerprint)? == KeyStatus::Revoked {
        return Err(ProduceError::KeyRevoked(*fingerprint));
    }
    descriptor.keys.retain(|key| key.fingerprint != *fingerprint);
    Ok(())
}

fn describe(
    descriptor: &mut Descriptor,
    name: Option<&str>,
    description: Option<&str>,
    force: bool,
    empty: bool,
) -> Result<(), ProduceError> {
    if let Some(name) = name.filter(|name| *name != descriptor.name) {
        check_name(name)?;
        if !force && !empty {
            return Err(ProduceError::NameKnown(descriptor.name.clone()));
        }
        name.clone_into(&mut descriptor.name);
    }
    if let Some(description) = description {
        check_description(description)?;
        description.clone_into(&mut descriptor.description);
    }
    Ok(())
}

fn check_listed(descriptor: &Descriptor, signer: &Fingerprint) -> Result<(), ProduceError> {
    match descriptor.key(signer).map(|key| key.status) {
        Some(KeyStatus::Active | KeyStatus::Transitioning { .. }) => Ok(()),
        _ => Err(ProduceError::KeyNotActive(*signer)),
    }
}

fn check_active(descriptor: &Descriptor, signer: &Fingerprint) -> Result<(), ProduceError> {
    match descriptor.key(signer).map(|key| key.status) {
        Some(KeyStatus::Active) => Ok(()),
        _ => Err(ProduceError::KeyNotActive(*signer)),
    }
}

/// While the key that signed repo.json is being replaced, nobody who knows only that key could follow another signer.
/// `revoked`: the key whose holder is not to be followed any more.
fn check_window(
    base: &RepositoryDirectory,
    signer: &Fingerprint,
    revoked: Option<&Fingerprint>,
) -> Result<(), ProduceError> {
    let Ok(current) = &base.descriptor_signer else { return Ok(()) };
    match base.descriptor.key(current).map(|key| key.status) {
        Some(KeyStatus::Transitioning { until }) if current != signer && revoked != Some(current) => {
            Err(ProduceError::WindowOpen { signer: *current, until })
        }
        _ => Ok(()),
    }
}

fn later(until: &str, generated_at: Timestamp) -> Result<Timestamp, ProduceError> {
    let until = Timestamp::parse(until)?;
    if until > generated_at { Ok(until) } else { Err(ProduceError::WindowOver(until)) }
}

fn re_anchor_warning(fingerprint: &Fingerprint) -> String {
    format!(
        "consumers cannot verify this change: each of them has to add the new anchor {} by hand",
        fingerprint.grouped()
    )
}
