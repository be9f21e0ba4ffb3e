//! repo.json: who a repository is, which keys sign for it, where its indexes are (PSD-009 §6.1).

use super::{DESCRIPTOR_LIMIT, RepositoryError};
use crate::json::{self, JsonError, Problem, Reader, Writer};
use crate::signature::{Fingerprint, KeyStatus};
use crate::text::{has_unsafe, quote};
use crate::timestamp::Timestamp;

/// A descriptor that keeps all of its rules. It says nothing of whether anybody trusts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The name that the repository gives itself.
    pub name: String,
    /// One line on what it is for; may be empty.
    pub description: String,
    /// By fingerprint, at least one active.
    pub keys: Vec<DescribedKey>,
    /// Where the index of current packages is.
    pub active: Pointer,
    /// Where the index of every package ever published is.
    pub archive: Pointer,
}

/// A key as the descriptor lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedKey {
    /// SHA-256 of the raw key.
    pub fingerprint: Fingerprint,
    /// Where its file is: a reference, see [`super::url::resolve`].
    pub url: String,
    /// Whether it is accepted.
    pub status: KeyStatus,
}

/// Where an index and its signature are: references, see [`super::url::resolve`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// The document.
    pub url: String,
    /// Its signature.
    pub signature_url: String,
}

impl Descriptor {
    /// Reads a descriptor and checks every rule of §6.1.
    pub fn parse(document: &[u8]) -> Result<Self, RepositoryError> {
        json::read(document, DESCRIPTOR_LIMIT, read).map_err(RepositoryError::Descriptor)
    }

    /// The canonical bytes, with the newline at the end.
    pub fn to_json(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.object(|writer| {
            writer.key("schema_version").u64(1);
            writer.key("repo").object(|writer| self.write_repo(writer));
            writer.key("indexes").object(|writer| {
                for (kind, pointer) in [("active", &self.active), ("archive", &self.archive)] {
                    writer.key(kind).object(|writer| {
                        writer.key("url").string(&pointer.url);
                        writer.key("signature_url").string(&pointer.signature_url);
                    });
                }
            });
        });
        writer.finish_line()
    }

    fn write_repo(&self, writer: &mut Writer) {
        writer.key("name").string(&self.name);
        if !self.description.is_empty() {
            writer.key("description").string(&self.description);
        }
        writer.key("signing").object(|writer| {
            writer.key("algorithm").string("ed25519");
            writer.key("keys").array(|writer| self.keys.iter().for_each(|key| key.write(writer)));
        });
    }

    /// The listed key of that fingerprint.
    pub fn key(&self, fingerprint: &Fingerprint) -> Option<&DescribedKey> {
        self.keys.iter().find(|key| key.fingerprint == *fingerprint)
    }
}

impl DescribedKey {
    fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.key("fingerprint").string(&self.fingerprint.to_string());
            writer.key("url").string(&self.url);
            writer.key("status").string(status_word(self.status));
            if let KeyStatus::Transitioning { until } = self.status {
                writer.key("valid_until").string(&until.to_string());
            }
        });
    }
}

/// The word that a descriptor uses for a status.
pub fn status_word(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "active",
        KeyStatus::Transitioning { .. } => "transitioning",
        KeyStatus::Revoked => "revoked",
    }
}

fn read(reader: &mut Reader<'_>) -> Result<Descriptor, JsonError> {
    let (mut version, mut repo, mut indexes) = (None, None, None);
    reader.object(|reader, key| {
        match key {
            "schema_version" => version = Some(read_schema_version(reader)?),
            "repo" => repo = Some(read_repo(reader)?),
            "indexes" => indexes = Some(read_indexes(reader)?),
            _ => reader.skip()?,
        }
        Ok::<_, JsonError>(())
    })?;
    reader.require(version, "schema_version")?;
    let (name, description, keys) = reader.require(repo, "repo")?;
    let (active, archive) = reader.require(indexes, "indexes")?;
    Ok(Descriptor { name, description, keys, active, archive })
}

/// Reads `schema_version`, which must be 1 in every document of a repository.
pub(super) fn read_schema_version(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    match reader.u64()? {
        1 => Ok(()),
        other => Err(rule(
            reader,
            format!("schema_version {other} is not known (only 1 is; a newer peipkg may be needed)"),
        )),
    }
}

fn read_repo(reader: &mut Reader<'_>) -> Result<(String, String, Vec<DescribedKey>), JsonError> {
    let (mut name, mut description, mut keys) = (None, String::new(), None);
    reader.object(|reader, key| {
        match key {
            "name" => name = Some(read_name(reader)?),
            "description" => description = reader.string()?.into_owned(),
            "signing" => keys = Some(read_signing(reader)?),
            _ => reader.skip()?,
        }
        Ok::<_, JsonError>(())
    })?;
    Ok((reader.require(name, "name")?, description, reader.require(keys, "signing")?))
}

/// The name a repository gives itself: readers take any short text without control characters.
fn read_name(reader: &mut Reader<'_>) -> Result<String, JsonError> {
    let name = reader.string()?;
    if name.is_empty() || name.len() > 256 || has_unsafe(&name) {
        return Err(rule(
            reader,
            format!("the repository name {} is not 1 to 256 bytes of printable text", quote(&name)),
        ));
    }
    Ok(name.into_owned())
}

fn read_signing(reader: &mut Reader<'_>) -> Result<Vec<DescribedKey>, JsonError> {
    let (mut algorithm, mut keys) = (None, None);
    reader.object(|reader, key| {
        match key {
            "algorithm" => {
                let name = reader.string()?;
                if name != "ed25519" {
                    return Err(rule(
                        reader,
                        format!("the signing algorithm is {}; only ed25519 is known", quote(&name)),
                    ));
                }
                algorithm = Some(());
            }
            "keys" => keys = Some(read_keys(reader)?),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    reader.require(algorithm, "algorithm")?;
    reader.require(keys, "keys")
}

fn read_keys(reader: &mut Reader<'_>) -> Result<Vec<DescribedKey>, JsonError> {
    let mut keys: Vec<DescribedKey> = Vec::new();
    reader.array(|reader| {
        let key = read_key(reader)?;
        if keys.last().is_some_and(|last| last.fingerprint >= key.fingerprint) {
            return Err(rule(
                reader,
                format!(
                    "key {} is listed twice or out of order (keys are sorted by fingerprint)",
                    key.fingerprint
                ),
            ));
        }
        keys.push(key);
        Ok(())
    })?;
    if !keys.iter().any(|key| key.status == KeyStatus::Active) {
        return Err(rule(reader, "no key is active; at least one must be".to_owned()));
    }
    Ok(keys)
}

fn read_key(reader: &mut Reader<'_>) -> Result<DescribedKey, JsonError> {
    let (mut fingerprint, mut url, mut word, mut until) = (None, None, None, None);
    reader.object(|reader, key| {
        match key {
            "fingerprint" => fingerprint = Some(parsed(reader, str::parse::<Fingerprint>)?),
            "url" => url = Some(read_reference(reader)?),
            "status" => word = Some(reader.string()?.into_owned()),
            "valid_until" => until = Some(parsed(reader, Timestamp::parse)?),
            _ => reader.skip()?,
        }
        Ok::<_, JsonError>(())
    })?;
    let status = match (&*reader.require(word, "status")?, until) {
        ("active", _) => KeyStatus::Active,
        ("revoked", _) => KeyStatus::Revoked,
        ("transitioning", Some(until)) => KeyStatus::Transitioning { until },
        ("transitioning", None) => return Err(reader.error(Problem::Missing("valid_until"))),
        (other, _) => {
            return Err(rule(
                reader,
                format!("key status {} is not active, transitioning or revoked", quote(other)),
            ));
        }
    };
    Ok(DescribedKey {
        fingerprint: reader.require(fingerprint, "fingerprint")?,
        url: reader.require(url, "url")?,
        status,
    })
}

fn read_indexes(reader: &mut Reader<'_>) -> Result<(Pointer, Pointer), JsonError> {
    let (mut active, mut archive) = (None, None);
    reader.object(|reader, key| {
        match key {
            "active" => active = Some(read_pointer(reader)?),
            "archive" => archive = Some(read_pointer(reader)?),
            _ => reader.skip()?,
        }
        Ok::<_, JsonError>(())
    })?;
    Ok((reader.require(active, "active")?, reader.require(archive, "archive")?))
}

fn read_pointer(reader: &mut Reader<'_>) -> Result<Pointer, JsonError> {
    let (mut url, mut signature_url) = (None, None);
    reader.object(|reader, key| {
        match key {
            "url" => url = Some(read_reference(reader)?),
            "signature_url" => signature_url = Some(read_reference(reader)?),
            _ => reader.skip()?,
        }
        Ok::<_, JsonError>(())
    })?;
    Ok(Pointer {
        url: reader.require(url, "url")?,
        signature_url: reader.require(signature_url, "signature_url")?,
    })
}

/// A URL or relative reference: not empty, nothing in it that RFC 3986 keeps out of every URL and that could split a request.
pub(super) fn read_reference(reader: &mut Reader<'_>) -> Result<String, JsonError> {
    let reference = reader.string()?;
    if reference.is_empty() || reference.contains(' ') || has_unsafe(&reference) {
        return Err(rule(
            reader,
            format!(
                "{} is not a URL: it is empty, or has white space or control characters",
                quote(&reference)
            ),
        ));
    }
    Ok(reference.into_owned())
}

/// Reads a string and parses it; the parser's message becomes the rule.
pub(super) fn parsed<T, E: std::fmt::Display>(
    reader: &mut Reader<'_>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, JsonError> {
    let text = reader.string()?;
    parse(&text).map_err(|error| rule(reader, error.to_string()))
}

pub(super) fn rule(reader: &Reader<'_>, text: String) -> JsonError {
    reader.error(Problem::Rule(text))
}

#[cfg(test)]
mod tests;
