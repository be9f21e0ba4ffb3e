//! What a server said of a document's version, kept beside the cached document for the next conditional request. It decides
//! nothing: an answer "not modified" only means that the cached bytes are verified again, by what is fetched now.

use super::index::Kind;
use super::{INDEX_LIMIT, RepositoryError, check_name, documents};
use crate::digest::Digest;
use crate::fsx::Root;
use crate::store::{Store, repositories};

/// The most bytes that are kept of one document's validators.
const LIMIT: u64 = 8 << 10;

/// `ETag` and `Last-Modified` of a document, as headers spell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validators {
    /// Where it was fetched from: they mean nothing elsewhere.
    pub address: String,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// A cached document that the server may be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Of its bytes.
    pub digest: Digest,
    /// What the server said of it.
    pub validators: Validators,
}

impl Validators {
    /// The text of the file; `None` when there is nothing worth keeping, or something that no header may hold.
    pub(super) fn to_text(&self) -> Option<String> {
        let etag = self.etag.as_deref().unwrap_or_default();
        let last_modified = self.last_modified.as_deref().unwrap_or_default();
        let plain = [&*self.address, etag, last_modified]
            .iter()
            .all(|text| text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        let text = format!("{}\n{etag}\n{last_modified}\n", self.address);
        let worth = plain && !(etag.is_empty() && last_modified.is_empty()) && text.len() as u64 <= LIMIT;
        worth.then_some(text)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.split('\n').collect();
        let [address, etag, last_modified, ""] = *lines else { return None };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let found =
            Self { address: address.to_owned(), etag: some(etag), last_modified: some(last_modified) };
        found.to_text().map(|_| found)
    }
}

/// What the server said of the index of that kind which is trusted now; `None` when that is not known.
pub fn known(root: &Root, name: &str, kind: Kind) -> Result<Option<Known>, RepositoryError> {
    check_name(name)?;
    let Some(store) = Store::read(root)? else { return Ok(None) };
    let Some(state) = repositories::find(store.connection(), name)? else { return Ok(None) };
    let Some(digest) = state.index(kind).map(|index| index.digest) else { return Ok(None) };
    let path = format!("{}/{}", documents::directory(name), documents::validators_file(digest));
    // A hint that cannot be read is none.
    let text = root.read(&path, LIMIT).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.and_then(|text| Validators::parse(&text)).map(|validators| Known { digest, validators }))
}

/// The bytes of a cached index, which are still those of that digest; nobody has verified them anew.
pub fn cached(root: &Root, name: &str, kind: Kind, digest: Digest) -> Result<Vec<u8>, RepositoryError> {
    check_name(name)?;
    documents::read(root, name, kind.document(), digest, INDEX_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::Validators;

    fn validators(etag: &str, last_modified: &str) -> Validators {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Validators {
            address: "https://example.org/index/active.json".to_owned(),
            etag: some(etag),
            last_modified: some(last_modified),
        }
    }

    #[test]
    fn what_a_header_may_hold_is_kept() {
        for kept in [validators("\"abc\"", ""), validators("", "Fri, 01 May 2026 12:00:00 GMT")] {
            assert_eq!(Validators::parse(&kept.to_text().expect("kept")), Some(kept));
        }
        for refused in [validators("", ""), validators("a\r\nb", ""), validators(&"x".repeat(9000), "")] {
            assert_eq!(refused.to_text(), None);
        }
        for text in ["", "a\nb", "a\nb\nc\nd\n", "a\n\n\n", "a\nb\u{1b}\n\n"] {
            assert_eq!(Validators::parse(text), None, "{text:?}");
        }
    }
}
