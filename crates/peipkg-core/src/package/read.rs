//! What the readers of manifest and files list share.

use crate::json::{JsonError, Problem, Reader};

/// A rule of the document's own, reported at the reader's place.
pub(crate) fn broken(reader: &Reader<'_>, rule: impl std::fmt::Display) -> JsonError {
    reader.error(Problem::Rule(rule.to_string()))
}

/// Reads a string and checks it with `parse`.
pub(crate) fn parsed<T, E: std::fmt::Display>(
    reader: &mut Reader<'_>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, JsonError> {
    let text = reader.string()?;
    parse(&text).map_err(|error| broken(reader, error))
}

/// Reads `schema_version`, which must be 1.
pub(crate) fn schema_version(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    match reader.u64()? {
        1 => Ok(()),
        other => Err(broken(reader, format_args!("schema_version {other} is not known; only 1 is"))),
    }
}

/// Reads an array of at most `limit` elements.
pub(crate) fn bounded_array<'a>(
    reader: &mut Reader<'a>,
    limit: u64,
    mut element: impl FnMut(&mut Reader<'a>) -> Result<(), JsonError>,
) -> Result<(), JsonError> {
    let mut count = 0;
    reader.array(|reader| {
        count += 1;
        if count > limit {
            return Err(broken(reader, format_args!("more than {limit} entries")));
        }
        element(reader)
    })
}
