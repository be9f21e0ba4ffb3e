//! `files.json`: every regular file of the payload with its size and digest (PSD-009 §3.5).

use super::read::{bounded_array, broken, parsed, schema_version};
use super::{Limits, PackageError, payload};
use crate::digest::Digest;
use crate::json::{self, JsonError, Reader, Writer};
use crate::text::quote;

/// A regular file of the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its path, without leading slash.
    pub path: Box<str>,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its content.
    pub digest: Digest,
}

/// The entries, sorted by the bytes of their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileList {
    /// One entry per regular file.
    pub entries: Vec<FileEntry>,
}

impl FileList {
    /// Reads a document and checks all that can be checked without the payload.
    pub fn parse(document: &[u8], limits: &Limits) -> Result<Self, PackageError> {
        json::read(document, limits.files_bytes, |reader| read(reader, limits)).map_err(PackageError::Files)
    }

    /// The canonical bytes.
    pub fn to_json(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.object(|writer| {
            writer.key("schema_version").u64(1);
            writer.key("algorithm").string("sha256");
            writer.key("entries").array(|writer| {
                for FileEntry { path, size, digest } in &self.entries {
                    writer.object(|writer| {
                        writer.key("path").string(path);
                        writer.key("size").u64(*size);
                        writer.key("hash").string(&digest.to_string());
                    });
                }
            });
        });
        writer.finish_line()
    }

    /// The sum of all sizes: what the manifest's `size_installed` must be. (A parsed list's sum fits u64.)
    pub fn total_size(&self) -> u64 {
        self.entries.iter().fold(0, |sum, entry| sum.saturating_add(entry.size))
    }
}

fn read(reader: &mut Reader<'_>, limits: &Limits) -> Result<FileList, JsonError> {
    let (mut version, mut algorithm, mut entries) = (None, None, None);
    reader.object(|reader, key| {
        match key {
            "schema_version" => version = Some(schema_version(reader)?),
            "algorithm" => algorithm = Some(parsed(reader, check_algorithm)?),
            "entries" => entries = Some(read_entries(reader, limits)?),
            _ => reader.skip()?,
        }
        Ok::<_, JsonError>(())
    })?;
    reader.require(version, "schema_version")?;
    reader.require(algorithm, "algorithm")?;
    Ok(FileList { entries: reader.require(entries, "entries")? })
}

fn check_algorithm(algorithm: &str) -> Result<(), String> {
    if algorithm == "sha256" {
        Ok(())
    } else {
        Err(format!("algorithm {} is not accepted; only sha256 is", quote(algorithm)))
    }
}

fn read_entries(reader: &mut Reader<'_>, limits: &Limits) -> Result<Vec<FileEntry>, JsonError> {
    let mut entries: Vec<FileEntry> = Vec::new();
    let mut total = 0_u64;
    bounded_array(reader, limits.payload_entries, |reader| {
        let entry = read_entry(reader)?;
        if let Some(previous) = entries.last().filter(|previous| previous.path >= entry.path) {
            let rule = if previous.path == entry.path {
                "two entries for"
            } else {
                "entries must be sorted by path: out of order is"
            };
            return Err(broken(reader, format_args!("{rule} {}", quote(&entry.path))));
        }
        total = total
            .checked_add(entry.size)
            .ok_or_else(|| broken(reader, "the sizes add up to more than 64 bits hold"))?;
        entries.push(entry);
        Ok(())
    })?;
    Ok(entries)
}

fn read_entry(reader: &mut Reader<'_>) -> Result<FileEntry, JsonError> {
    let (mut path, mut size, mut digest) = (None, None, None);
    reader.object(|reader, key| {
        match key {
            "path" => {
                path = Some(parsed(reader, |path| payload::check_path(path).map(|()| Box::from(path)))?);
            }
            "size" => size = Some(reader.u64()?),
            "hash" => digest = Some(parsed(reader, str::parse)?),
            _ => reader.skip()?,
        }
        Ok::<_, JsonError>(())
    })?;
    Ok(FileEntry {
        path: reader.require(path, "path")?,
        size: reader.require(size, "size")?,
        digest: reader.require(digest, "hash")?,
    })
}
