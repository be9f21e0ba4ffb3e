//! A quick pass over an index that was checked when it was adopted: what look-ups by name need, and no more.

use std::borrow::Cow;
use std::ops::Range;

use super::{Header, Kind, read_with};
use crate::json::{JsonError, Reader};
use crate::repository::RepositoryError;

/// What a pass sees of one entry; the rest is read from its bytes when it is wanted.
#[derive(Debug, Default)]
pub struct Scanned<'a> {
    /// Where the entry stands in the document.
    pub bytes: Range<usize>,
    /// The package's name.
    pub name: Cow<'a, str>,
    /// Its version.
    pub version: Cow<'a, str>,
    /// Its architecture.
    pub architecture: Cow<'a, str>,
    /// One line for people.
    pub description: Cow<'a, str>,
    /// The virtual names that it provides.
    pub provides: Vec<Cow<'a, str>>,
    /// The packages that it replaces.
    pub replaces: Vec<Cow<'a, str>>,
}

/// Visits every entry in document order.
pub fn scan<'a>(
    document: &'a [u8],
    kind: Kind,
    mut visit: impl FnMut(Scanned<'a>),
) -> Result<Header, RepositoryError> {
    read_with(document, kind, |reader| {
        let start = reader.position();
        let mut entry = Scanned::default();
        reader.object(|reader, key| {
            match key {
                "name" => entry.name = reader.string()?,
                "version" => entry.version = reader.string()?,
                "architecture" => entry.architecture = reader.string()?,
                "description" => entry.description = reader.string()?,
                "provides" => entry.provides = read_names(reader)?,
                "replaces" => entry.replaces = read_names(reader)?,
                _ => reader.skip()?,
            }
            Ok::<_, JsonError>(())
        })?;
        entry.bytes = start..reader.position();
        visit(entry);
        Ok(())
    })
}

/// The names of an array of relations.
fn read_names<'a>(reader: &mut Reader<'a>) -> Result<Vec<Cow<'a, str>>, JsonError> {
    let mut names = Vec::new();
    reader.array(|reader| {
        reader.object(|reader, key| {
            match key {
                "name" => names.push(reader.string()?),
                _ => reader.skip()?,
            }
            Ok::<_, JsonError>(())
        })
    })?;
    Ok(names)
}
