//! The decisions of trust (PSD-009 §5.2, §6.5): pure functions of what was fetched, what was trusted before, policy and time.

use std::collections::{BTreeMap, BTreeSet};

use super::RepositoryError;
use super::descriptor::Descriptor;
use super::index::{Header, Kind};
use crate::digest::{Digest, Hashed};
use crate::signature::{Fingerprint, KeyStatus, PublicKey, SignatureError, TrustSet, TrustedKey, detached};
use crate::sorting;
use crate::store::repositories::{KeyRecord, RepositoryState, TrustedIndex};

/// How far ahead of the clock a `generated_at` may lie.
const FUTURE: i64 = 24 * 60 * 60;

/// What the operator configured for one repository, and what time it is.
#[derive(Debug, Clone)]
pub struct Policy {
    /// `required`: everything must be signed. Else `optional`.
    pub required: bool,
    /// The trust anchors.
    pub anchors: Vec<Fingerprint>,
    /// Where the floor starts.
    pub min_index_version: u64,
    /// Seconds since 1970.
    pub now: i64,
}

impl Policy {
    /// Policy `optional` and no anchor: nothing is verified against anything.
    pub fn is_unsigned_mode(&self) -> bool {
        !self.required && self.anchors.is_empty()
    }
}

/// A descriptor that was accepted, and the keys that are trusted because of it.
#[derive(Debug)]
pub struct Accepted {
    /// `None` in unsigned mode only.
    pub descriptor: Option<Descriptor>,
    /// The key that signed it; `None` when it is unsigned.
    pub signer: Option<PublicKey>,
    /// The new key set.
    pub keys: Vec<KeyRecord>,
    /// Every fingerprint ever seen revoked.
    pub revoked: BTreeSet<Fingerprint>,
    /// Complete texts.
    pub warnings: Vec<String>,
}

impl Accepted {
    /// The keys that the indexes must be signed with.
    pub fn trust_set(&self) -> TrustSet {
        let trusted = |record: &KeyRecord| TrustedKey {
            fingerprint: record.fingerprint,
            key: record.key.clone(),
            status: record.status,
        };
        TrustSet { keys: self.keys.iter().map(trusted).collect() }
    }
}

/// The descriptor and the keys as they were fetched.
#[derive(Debug, Clone, Copy)]
pub struct Fetched<'a> {
    /// repo.json.
    pub descriptor: Option<&'a [u8]>,
    /// repo.json.sig.
    pub signature: Option<&'a [u8]>,
    /// Key files, in any order.
    pub keys: &'a [Vec<u8>],
}

/// Decides whether a fetched descriptor is trusted. `state` is what was trusted before; without held keys in it the anchors
/// decide: that is the trust ceremony.
pub fn accept_descriptor(
    fetched: Fetched<'_>,
    state: Option<&RepositoryState>,
    policy: &Policy,
) -> Result<Accepted, RepositoryError> {
    let descriptor = fetched.descriptor.map(Descriptor::parse).transpose()?;
    let supplied = supplied_keys(fetched.keys, descriptor.as_ref(), policy)?;
    if let (Some(state), Some(descriptor)) = (state, &descriptor)
        && state.repo_name != descriptor.name
    {
        return Err(RepositoryError::Renamed {
            before: state.repo_name.clone(),
            now: descriptor.name.clone(),
        });
    }
    if policy.is_unsigned_mode() {
        return accept_unsigned(fetched, descriptor, &supplied, state, policy);
    }
    let descriptor = descriptor.ok_or(RepositoryError::NoDescriptor)?;
    let held = |record: &KeyRecord| record.key.is_some() && record.status != KeyStatus::Revoked;
    let trusted_before = state.filter(|state| state.keys.iter().any(held));
    let signing = match trusted_before {
        Some(state) => state.trust_set(),
        None => anchor_set(&descriptor, &supplied, state, policy)?,
    };
    let Some(signature) = fetched.signature else {
        return accept_without_signature(descriptor, &signing, state, policy);
    };
    let document = fetched.descriptor.unwrap_or_default();
    let signer = detached::verify(Hashed::of(document), signature, &signing, policy.now)
        .map_err(|source| RepositoryError::Signature { document: "repo.json", source })?;
    if descriptor.key(&signer).is_some_and(|key| key.status == KeyStatus::Revoked) {
        return Err(RepositoryError::SignerRevoked(signer));
    }
    let signer = signing.check(&signer, policy.now).ok().cloned();
    Ok(with_keys(descriptor, signer, &supplied, state))
}

/// The keys of the new descriptor: held or fetched ones, with the descriptor's status, unless revoked once. One that could not
/// be fetched is left out of the trust set; whoever fetched says so. A revoked key that is held stays, so that what it signs is
/// refused for that reason.
fn with_keys(
    descriptor: Descriptor,
    signer: Option<PublicKey>,
    supplied: &BTreeMap<Fingerprint, PublicKey>,
    state: Option<&RepositoryState>,
) -> Accepted {
    let mut revoked = state.map(|state| state.revoked.clone()).unwrap_or_default();
    let listed = descriptor.keys.iter().filter(|key| key.status == KeyStatus::Revoked);
    revoked.extend(listed.map(|key| key.fingerprint));
    let mut keys = Vec::with_capacity(descriptor.keys.len());
    for listed in &descriptor.keys {
        let fingerprint = listed.fingerprint;
        let key = held(state, &fingerprint).or_else(|| supplied.get(&fingerprint)).cloned();
        let status = if revoked.contains(&fingerprint) { KeyStatus::Revoked } else { listed.status };
        keys.push(KeyRecord { fingerprint, status, key });
    }
    // A revoked key that is listed no more is still known by name, whatever it signs.
    let unlisted = revoked.iter().filter(|fingerprint| descriptor.key(fingerprint).is_none());
    keys.extend(unlisted.map(|fingerprint| KeyRecord {
        fingerprint: *fingerprint,
        status: KeyStatus::Revoked,
        key: held(state, fingerprint).cloned(),
    }));
    sorting::sort_by_key(&mut keys, |record| record.fingerprint);
    Accepted { descriptor: Some(descriptor), signer, keys, revoked, warnings: Vec::new() }
}

/// Policy `optional` with anchors: an unsigned descriptor points to the indexes, but neither adds nor revokes a key.
fn accept_without_signature(
    descriptor: Descriptor,
    signing: &TrustSet,
    state: Option<&RepositoryState>,
    policy: &Policy,
) -> Result<Accepted, RepositoryError> {
    if policy.required {
        return Err(RepositoryError::Unsigned { document: "repo.json" });
    }
    let record = |key: &TrustedKey| KeyRecord {
        fingerprint: key.fingerprint,
        status: key.status,
        key: key.key.clone(),
    };
    Ok(Accepted {
        descriptor: Some(descriptor),
        signer: None,
        keys: signing.keys.iter().map(record).collect(),
        revoked: state.map(|state| state.revoked.clone()).unwrap_or_default(),
        warnings: vec!["repo.json is unsigned; its keys were not adopted".to_owned()],
    })
}

/// Unsigned mode: nothing vouches for the keys, so none are kept. A signature that is there must not be plainly wrong.
fn accept_unsigned(
    fetched: Fetched<'_>,
    descriptor: Option<Descriptor>,
    supplied: &BTreeMap<Fingerprint, PublicKey>,
    state: Option<&RepositoryState>,
    policy: &Policy,
) -> Result<Accepted, RepositoryError> {
    let own: TrustSet = supplied.values().cloned().collect();
    if let (Some(document), Some(signature)) = (fetched.descriptor, fetched.signature) {
        check_unanchored("repo.json", Hashed::of(document), signature, &own, policy.now)?;
    }
    let revoked = state.map(|state| state.revoked.clone()).unwrap_or_default();
    Ok(Accepted { descriptor, signer: None, keys: Vec::new(), revoked, warnings: Vec::new() })
}

/// A signature of a repository without anchors: nobody can say whose it is, but one that does not fit its document is fatal.
fn check_unanchored(
    name: &'static str,
    document: Hashed<'_>,
    signature: &[u8],
    keys: &TrustSet,
    now: i64,
) -> Result<(), RepositoryError> {
    match detached::verify(document, signature, keys, now) {
        Ok(_) | Err(SignatureError::KeyUnknown(_) | SignatureError::NoKeyVerifies(0)) => Ok(()),
        Err(source) => Err(RepositoryError::Signature { document: name, source }),
    }
}

/// Verifies an index's signature, or says by which warning it is accepted without one.
pub fn accept_index_signature(
    kind: Kind,
    document: Hashed<'_>,
    signature: Option<&[u8]>,
    keys: &TrustSet,
    policy: &Policy,
) -> Result<Option<String>, RepositoryError> {
    let name = kind.document();
    match signature {
        Some(signature) if policy.is_unsigned_mode() => {
            check_unanchored(name, document, signature, keys, policy.now).map(|()| None)
        }
        Some(signature) => detached::verify(document, signature, keys, policy.now)
            .map(|_| None)
            .map_err(|source| RepositoryError::Signature { document: name, source }),
        None if policy.required => Err(RepositoryError::Unsigned { document: name }),
        None if policy.is_unsigned_mode() => Ok(None),
        None => Ok(Some(format!("the {name} is unsigned"))),
    }
}

/// What the freshness gate says of an index that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It is newer than what was seen.
    Progress,
    /// It is the one that was seen.
    AlreadyCurrent,
}

/// The freshness gate (§6.2.3).
pub fn gate(
    kind: Kind,
    header: &Header,
    digest: Digest,
    seen: Option<&TrustedIndex>,
    policy: &Policy,
) -> Result<Freshness, RepositoryError> {
    let floor = seen.map_or(0, |seen| seen.index_version).max(policy.min_index_version);
    if header.index_version < floor {
        return Err(RepositoryError::VersionBelowFloor { kind, found: header.index_version, floor });
    }
    if let Some(seen) = seen {
        if header.generated_at < seen.generated_at {
            return Err(RepositoryError::GeneratedBefore {
                kind,
                found: header.generated_at,
                floor: seen.generated_at,
            });
        }
        if header.index_version == seen.index_version {
            if digest != seen.digest {
                return Err(RepositoryError::Equivocation { kind, version: header.index_version });
            }
            return Ok(Freshness::AlreadyCurrent);
        }
    }
    if header.generated_at.seconds() > policy.now.saturating_add(FUTURE) {
        return Err(RepositoryError::FromTheFuture { kind, found: header.generated_at });
    }
    Ok(Freshness::Progress)
}

/// The anchors that can vouch: fetched, and listed by the descriptor with a status that [`TrustSet::check`] judges.
fn anchor_set(
    descriptor: &Descriptor,
    supplied: &BTreeMap<Fingerprint, PublicKey>,
    state: Option<&RepositoryState>,
    policy: &Policy,
) -> Result<TrustSet, RepositoryError> {
    if policy.anchors.is_empty() {
        return Err(RepositoryError::NoAnchor);
    }
    let mut keys = Vec::new();
    let mut reasons = Vec::new();
    for anchor in &policy.anchors {
        let revoked = state.is_some_and(|state| state.revoked.contains(anchor));
        match (descriptor.key(anchor), supplied.get(anchor)) {
            (None, _) => reasons.push(format!("repo.json does not list the anchor {}", anchor.grouped())),
            (Some(_), None) => reasons.push(format!("the anchor's key {} was not fetched", anchor.grouped())),
            (Some(listed), Some(key)) => keys.push(TrustedKey {
                fingerprint: *anchor,
                key: Some(key.clone()),
                status: if revoked { KeyStatus::Revoked } else { listed.status },
            }),
        }
    }
    if keys.is_empty() {
        return Err(RepositoryError::AnchorUnusable { reason: reasons.join("; ") });
    }
    Ok(TrustSet { keys })
}

fn supplied_keys(
    files: &[Vec<u8>],
    descriptor: Option<&Descriptor>,
    policy: &Policy,
) -> Result<BTreeMap<Fingerprint, PublicKey>, RepositoryError> {
    let mut keys = BTreeMap::new();
    for file in files {
        let key = PublicKey::parse(file).map_err(RepositoryError::Key)?;
        let fingerprint = key.fingerprint();
        let listed = descriptor.is_some_and(|descriptor| descriptor.key(&fingerprint).is_some());
        if !listed && !policy.anchors.contains(&fingerprint) {
            return Err(RepositoryError::KeyUnlisted(fingerprint));
        }
        keys.insert(fingerprint, key);
    }
    Ok(keys)
}

fn held<'a>(state: Option<&'a RepositoryState>, fingerprint: &Fingerprint) -> Option<&'a PublicKey> {
    state?.keys.iter().find(|record| record.fingerprint == *fingerprint)?.key.as_ref()
}

#[cfg(test)]
mod tests;
