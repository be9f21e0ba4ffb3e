//! The trust state of repositories: keys, revocations, freshness floors, which cached documents are the trusted ones.
//!
//! Digests, fingerprints and keys are 32-byte blobs. An `index_version` is a u64 kept in `SQLite`'s signed integer, bit for bit.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;
use crate::digest::Digest;
use crate::repository::index::Kind;
use crate::signature::{Fingerprint, KeyStatus, PublicKey, TrustSet, TrustedKey};
use crate::timestamp::Timestamp;

/// The tables. `repository_previous` names the cached files of the generation before, which stay for readers that hold it.
pub const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS repository (
  name TEXT PRIMARY KEY,
  repo_name TEXT NOT NULL,
  last_refresh_at INTEGER NOT NULL,
  descriptor BLOB, descriptor_signature BLOB, descriptor_key BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS repository_index (
  repository TEXT NOT NULL REFERENCES repository(name) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('active', 'archive')),
  index_version INTEGER NOT NULL, generated_at INTEGER NOT NULL,
  digest BLOB NOT NULL, signature BLOB, url TEXT NOT NULL,
  PRIMARY KEY (repository, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS repository_key (
  repository TEXT NOT NULL REFERENCES repository(name) ON DELETE CASCADE,
  fingerprint BLOB NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'transitioning', 'revoked')),
  valid_until INTEGER,
  key BLOB,
  PRIMARY KEY (repository, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS repository_revocation (
  repository TEXT NOT NULL REFERENCES repository(name) ON DELETE CASCADE,
  fingerprint BLOB NOT NULL,
  PRIMARY KEY (repository, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS repository_previous (
  repository TEXT NOT NULL REFERENCES repository(name) ON DELETE CASCADE,
  file TEXT NOT NULL,
  PRIMARY KEY (repository, file)
) STRICT, WITHOUT ROWID;
";

/// All that is trusted about one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryState {
    /// Its local name.
    pub name: String,
    /// The name that it gives itself.
    pub repo_name: String,
    /// When a refresh last made progress, in seconds since 1970.
    pub last_refresh_at: i64,
    /// `None`: a repository in unsigned mode that has no descriptor.
    pub descriptor: Option<TrustedDescriptor>,
    /// The active index.
    pub active: TrustedIndex,
    /// The archive index, once it was fetched.
    pub archive: Option<TrustedIndex>,
    /// The keys of the trusted descriptor, by fingerprint.
    pub keys: Vec<KeyRecord>,
    /// Every fingerprint ever seen revoked here.
    pub revoked: BTreeSet<Fingerprint>,
    /// Whether unencrypted transport was allowed when this state was adopted: to turn it on later takes an authorisation.
    pub insecure: bool,
}

/// Which cached descriptor is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedDescriptor {
    /// Of its bytes.
    pub digest: Digest,
    /// Of its signature's bytes; `None` when it was accepted unsigned.
    pub signature: Option<Digest>,
    /// The key that signed it: it need not be listed in it.
    pub key: Option<PublicKey>,
}

/// Which cached index is trusted, and the floors that it sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIndex {
    /// Of its bytes.
    pub digest: Digest,
    /// Of its signature's bytes; `None` when it was accepted unsigned.
    pub signature: Option<Digest>,
    /// The reference under which the descriptor points to it.
    pub url: String,
    /// No lower version is ever accepted.
    pub index_version: u64,
    /// No earlier one is ever accepted.
    pub generated_at: Timestamp,
}

/// A key of the trusted descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// SHA-256 of the raw key.
    pub fingerprint: Fingerprint,
    /// What the descriptor says of it; `Revoked` for ever once seen so.
    pub status: KeyStatus,
    /// `None`: listed, but not held.
    pub key: Option<PublicKey>,
}

impl RepositoryState {
    /// The keys, as signatures are checked against them. Revocation is sticky, whatever the descriptor says.
    pub fn trust_set(&self) -> TrustSet {
        let trusted = |record: &KeyRecord| TrustedKey {
            fingerprint: record.fingerprint,
            key: record.key.clone(),
            status: if self.revoked.contains(&record.fingerprint) {
                KeyStatus::Revoked
            } else {
                record.status
            },
        };
        TrustSet { keys: self.keys.iter().map(trusted).collect() }
    }

    /// The index of that kind.
    pub fn index(&self, kind: Kind) -> Option<&TrustedIndex> {
        match kind {
            Kind::Active => Some(&self.active),
            Kind::Archive => self.archive.as_ref(),
        }
    }
}

/// Every repository with trust state, by name.
pub fn list(connection: &Connection) -> Result<Vec<RepositoryState>, StoreError> {
    let names: Vec<String> = {
        let mut statement = connection.prepare("SELECT name FROM repository ORDER BY name")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    let mut states = Vec::with_capacity(names.len());
    for name in names {
        states.extend(find(connection, &name)?);
    }
    Ok(states)
}

/// The trust state of one repository.
pub fn find(connection: &Connection, name: &str) -> Result<Option<RepositoryState>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT repo_name, last_refresh_at, descriptor, descriptor_signature, descriptor_key FROM repository WHERE name = ?",
    )?;
    let row = statement.query_row([name], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, digest_at(row, 2)?, digest_at(row, 3)?, bytes_at(row, 4)?))
    });
    let Some((repo_name, last_refresh_at, descriptor, signature, key)) = row.optional()? else {
        return Ok(None);
    };
    let invalid = |what| StoreError::Invalid { what, value: name.to_owned() };
    let key = key.map(|raw| PublicKey::from_raw(&raw)).transpose().map_err(|_| invalid("repository key"))?;
    Ok(Some(RepositoryState {
        name: name.to_owned(),
        repo_name,
        last_refresh_at,
        descriptor: descriptor.map(|digest| TrustedDescriptor { digest, signature, key }),
        active: find_index(connection, name, Kind::Active)?.ok_or_else(|| invalid("repository index"))?,
        archive: find_index(connection, name, Kind::Archive)?,
        keys: keys(connection, name)?,
        revoked: revoked(connection, name)?,
        insecure: connection
            .prepare_cached("SELECT count(*) FROM meta WHERE key = ?")?
            .query_row([insecure_key(name)], |row| row.get::<_, i64>(0))?
            > 0,
    }))
}

/// Writes the whole state of one repository, new or not. Part of the caller's database transaction. Revocations are only added.
pub fn put(connection: &Connection, state: &RepositoryState) -> Result<(), StoreError> {
    let descriptor = state.descriptor.as_ref();
    connection.execute(
        "INSERT INTO repository (name, repo_name, last_refresh_at, descriptor, descriptor_signature, descriptor_key)
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET repo_name = excluded.repo_name,
         last_refresh_at = excluded.last_refresh_at, descriptor = excluded.descriptor,
         descriptor_signature = excluded.descriptor_signature, descriptor_key = excluded.descriptor_key",
        (
            &state.name,
            &state.repo_name,
            state.last_refresh_at,
            descriptor.map(|descriptor| descriptor.digest.0),
            descriptor.and_then(|descriptor| Some(descriptor.signature?.0)),
            descriptor.and_then(|descriptor| Some(*descriptor.key.as_ref()?.as_raw())),
        ),
    )?;
    put_index(connection, &state.name, Kind::Active, Some(&state.active))?;
    put_index(connection, &state.name, Kind::Archive, state.archive.as_ref())?;
    connection.execute("DELETE FROM repository_key WHERE repository = ?", [&state.name])?;
    for record in &state.keys {
        let (status, until) = status_columns(record.status);
        connection.prepare_cached("INSERT INTO repository_key VALUES (?, ?, ?, ?, ?)")?.execute((
            &state.name,
            record.fingerprint.0.0,
            status,
            until,
            record.key.as_ref().map(|key| *key.as_raw()),
        ))?;
    }
    if state.insecure {
        connection
            .execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?, 1)", [insecure_key(&state.name)])?;
    } else {
        connection.execute("DELETE FROM meta WHERE key = ?", [insecure_key(&state.name)])?;
    }
    for fingerprint in &state.revoked {
        connection
            .prepare_cached("INSERT OR IGNORE INTO repository_revocation VALUES (?, ?)")?
            .execute((&state.name, fingerprint.0.0))?;
    }
    Ok(())
}

/// Forgets a repository, its keys and its revocations; `false` when it had no state.
pub fn delete(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    connection.execute("DELETE FROM meta WHERE key IN (?, ?)", [insecure_key(name), floor_key(name)])?;
    Ok(connection.execute("DELETE FROM repository WHERE name = ?", [name])? > 0)
}

/// Remembers what another tool had seen of a repository: no older index is accepted at its first refresh here.
pub fn set_floor(
    connection: &Connection,
    name: &str,
    index_version: u64,
    generated_at: i64,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
        (floor_key(name), format!("{index_version} {generated_at}")),
    )?;
    Ok(())
}

/// Index version and time of generation (seconds since 1970) that another tool had seen.
pub fn floor(connection: &Connection, name: &str) -> Result<Option<(u64, i64)>, StoreError> {
    let text: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = ?", [floor_key(name)], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| {
        let (version, generated) = text.split_once(' ')?;
        Some((version.parse().ok()?, generated.parse().ok()?))
    }))
}

fn floor_key(name: &str) -> String {
    format!("imported-floor:{name}")
}

fn insecure_key(name: &str) -> String {
    format!("insecure-transport:{name}")
}

/// The cached files of the generation before.
pub fn previous_files(connection: &Connection, name: &str) -> Result<BTreeSet<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT file FROM repository_previous WHERE repository = ?")?;
    Ok(statement.query_map([name], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Says which cached files are the generation before from now on.
pub fn set_previous_files<'a>(
    connection: &Connection,
    name: &str,
    files: impl IntoIterator<Item = &'a String>,
) -> Result<(), StoreError> {
    connection.execute("DELETE FROM repository_previous WHERE repository = ?", [name])?;
    for file in files {
        connection.prepare_cached("INSERT INTO repository_previous VALUES (?, ?)")?.execute((name, file))?;
    }
    Ok(())
}

fn find_index(connection: &Connection, name: &str, kind: Kind) -> Result<Option<TrustedIndex>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT digest, signature, url, index_version, generated_at FROM repository_index WHERE repository = ? AND kind = ?",
    )?;
    let row = statement.query_row((name, kind.as_str()), |row| {
        Ok((
            row.get::<_, [u8; 32]>(0)?,
            digest_at(row, 1)?,
            row.get(2)?,
            row.get::<_, i64>(3)?,
            row.get::<_, i64>(4)?,
        ))
    });
    let Some((digest, signature, url, version, generated_at)) = row.optional()? else { return Ok(None) };
    Ok(Some(TrustedIndex {
        digest: Digest(digest),
        signature,
        url,
        index_version: version.cast_unsigned(),
        generated_at: timestamp(generated_at)?,
    }))
}

fn put_index(
    connection: &Connection,
    name: &str,
    kind: Kind,
    index: Option<&TrustedIndex>,
) -> Result<(), StoreError> {
    connection
        .execute("DELETE FROM repository_index WHERE repository = ? AND kind = ?", (name, kind.as_str()))?;
    let Some(index) = index else { return Ok(()) };
    connection.execute(
        "INSERT INTO repository_index (repository, kind, index_version, generated_at, digest, signature, url)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            name,
            kind.as_str(),
            index.index_version.cast_signed(),
            index.generated_at.seconds(),
            index.digest.0,
            index.signature.map(|digest| digest.0),
            &index.url,
        ),
    )?;
    Ok(())
}

fn keys(connection: &Connection, name: &str) -> Result<Vec<KeyRecord>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT fingerprint, status, valid_until, key FROM repository_key WHERE repository = ? ORDER BY fingerprint",
    )?;
    let rows = statement.query_map([name], |row| {
        Ok((
            row.get::<_, [u8; 32]>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, Option<i64>>(2)?,
            bytes_at(row, 3)?,
        ))
    })?;
    let mut keys = Vec::new();
    for row in rows {
        let (fingerprint, status, until, raw) = row?;
        let key = raw.map(|raw| PublicKey::from_raw(&raw)).transpose();
        keys.push(KeyRecord {
            fingerprint: Fingerprint(Digest(fingerprint)),
            status: match (&*status, until) {
                ("active", _) => KeyStatus::Active,
                ("transitioning", Some(until)) => KeyStatus::Transitioning { until: timestamp(until)? },
                // Whatever else stands there grants nothing.
                _ => KeyStatus::Revoked,
            },
            key: key.map_err(|_| StoreError::Invalid { what: "repository key", value: name.to_owned() })?,
        });
    }
    Ok(keys)
}

fn revoked(connection: &Connection, name: &str) -> Result<BTreeSet<Fingerprint>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT fingerprint FROM repository_revocation WHERE repository = ?")?;
    let rows = statement.query_map([name], |row| row.get(0).map(|bytes| Fingerprint(Digest(bytes))))?;
    let mut revoked = BTreeSet::new();
    for fingerprint in rows {
        revoked.insert(fingerprint?);
    }
    Ok(revoked)
}

fn status_columns(status: KeyStatus) -> (&'static str, Option<i64>) {
    match status {
        KeyStatus::Active => ("active", None),
        KeyStatus::Transitioning { until } => ("transitioning", Some(until.seconds())),
        KeyStatus::Revoked => ("revoked", None),
    }
}

fn timestamp(seconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_seconds(seconds)
        .ok_or_else(|| StoreError::Invalid { what: "repository timestamp", value: seconds.to_string() })
}

fn bytes_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<[u8; 32]>> {
    row.get(column)
}

fn digest_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Digest>> {
    Ok(bytes_at(row, column)?.map(Digest))
}
