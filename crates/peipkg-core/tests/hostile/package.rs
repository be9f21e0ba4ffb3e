//! A small valid package whose every part can be broken.

use peipkg_core::digest::Digest;
use peipkg_core::signature::{SecretKey, sign_tar_digest};

use super::tar::Item;

/// Makes the signature's text of the bytes before it.
pub type Envelope = fn(&[u8]) -> Vec<u8>;

/// Parts that become one archive.
#[derive(Clone, Debug)]
pub struct Package {
    /// Fields of the manifest as `(name, JSON text)`; the last of a name wins, an empty text leaves it out.
    pub fields: Vec<(String, String)>,
    /// The text of manifest.json, if not made of `fields`.
    pub manifest: Option<String>,
    /// The text of files.json, if not made of the payload.
    pub files: Option<String>,
    /// Metadata entries after files.json.
    pub metadata: Vec<Item>,
    pub payload: Vec<Item>,
    /// The signature's text, made of the bytes before it.
    pub envelope: Option<Envelope>,
    /// Entries after the signature.
    pub after: Vec<Item>,
    /// Bytes at the very end.
    pub end: Vec<u8>,
}

impl Package {
    pub fn new() -> Self {
        let fields = [
            ("schema_version", "1"),
            ("name", "\"hostile\""),
            ("version", "\"1.0-1\""),
            ("architecture", "\"noarch\""),
            ("dependencies", "[]"),
            ("conflicts", "[]"),
            ("build", r#"{"timestamp":"2026-05-01T12:00:00Z","farm_id":"f","source_ref":"s"}"#),
        ];
        Self {
            fields: fields.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec(),
            manifest: None,
            files: None,
            metadata: Vec::new(),
            payload: vec![
                Item::directory("usr/"),
                Item::directory("usr/share/"),
                Item::directory("usr/share/h/"),
                Item::file("usr/share/h/a", b"alpha\n"),
                Item::file("usr/share/h/b", &[b'b'; 700]),
                Item::symlink("usr/share/h/l", "a"),
            ],
            envelope: None,
            after: Vec::new(),
            end: vec![0; 1024],
        }
    }

    /// Changes it in place and hands it on.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Sets a field of the manifest.
    pub fn field(self, name: &str, text: &str) -> Self {
        let field = (name.to_owned(), text.to_owned());
        self.with(|package| package.fields.push(field))
    }

    /// Fixes the documents to what they say now, whatever becomes of the payload.
    pub fn described(self) -> Self {
        self.with(|package| {
            package.manifest = Some(package.manifest_text());
            package.files = Some(package.files_text());
        })
    }

    /// Replaces the payload.
    pub fn payload(self, payload: Vec<Item>) -> Self {
        self.with(|package| package.payload = payload)
    }

    pub fn signed(self) -> Self {
        self.with(|package| package.envelope = Some(|tar| sign_tar_digest(&key(), &Digest::of(tar))))
    }

    pub fn tar(&self) -> Vec<u8> {
        let files = self.files.clone().unwrap_or_else(|| self.files_text());
        let manifest = self.manifest.clone().unwrap_or_else(|| self.manifest_text());
        let metadata = [
            Item::file(".peipkg/manifest.json", manifest.as_bytes()),
            Item::file(".peipkg/files.json", files.as_bytes()),
        ];
        let mut tar: Vec<u8> =
            metadata.iter().chain(&self.metadata).chain(&self.payload).flat_map(Item::bytes).collect();
        if let Some(envelope) = self.envelope {
            let envelope = envelope(&tar);
            tar.extend(Item::file(".peipkg/signature", &envelope).bytes());
        }
        tar.extend(self.after.iter().flat_map(Item::bytes));
        tar.extend(&self.end);
        tar
    }

    pub fn zstd(&self) -> Vec<u8> {
        compress(&self.tar())
    }

    pub fn manifest_text(&self) -> String {
        let total: u64 = self.payload.iter().map(|item| item.body.len() as u64).sum();
        let mut fields: Vec<(String, String)> = vec![("size_installed".to_owned(), total.to_string())];
        for (name, text) in &self.fields {
            fields.retain(|(known, _)| known != name);
            fields.push((name.clone(), text.clone()));
        }
        let members: Vec<_> = fields
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("\"{name}\":{text}"))
            .collect();
        format!("{{{}}}\n", members.join(","))
    }

    /// What files.json must say of the payload.
    pub fn files_text(&self) -> String {
        let files = self.payload.iter().filter(|item| matches!(item.header.flag, b'0' | 0));
        let mut files: Vec<_> =
            files.map(|item| (String::from_utf8_lossy(&item.header.name).into_owned(), item)).collect();
        files.sort_by(|left, right| left.0.cmp(&right.0));
        let entries = files
            .iter()
            .map(|(path, item)| entry(path, item.body.len() as u64, &Digest::of(&item.body).to_string()));
        list(&entries.collect::<Vec<_>>())
    }
}

/// One entry of files.json.
pub fn entry(path: &str, size: u64, hash: &str) -> String {
    format!(r#"{{"path":"{path}","size":{size},"hash":"{hash}"}}"#)
}

/// A files.json of these entries.
pub fn list(entries: &[String]) -> String {
    format!("{{\"schema_version\":1,\"algorithm\":\"sha256\",\"entries\":[{}]}}\n", entries.join(","))
}

/// The key that signs valid packages.
pub fn key() -> SecretKey {
    SecretKey::parse(&[42; 32]).unwrap()
}

pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    zstd_safe::compress(&mut out, bytes, 3).unwrap();
    out
}
