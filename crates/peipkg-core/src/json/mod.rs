//! The strict JSON reader that every trust decision goes through, and the canonical writer (PSD-009 §1.3).
//!
//! Reading is streaming, never a DOM. All rules hold inside values that are skipped too: RFC 8259 grammar, UTF-8, no
//! byte-order mark, nothing but white space after the document, no duplicate key in any object (after unescaping), nesting of
//! at most [`MAX_DEPTH`], numbers that are plain u64 integers, no lone surrogates. A type that is named is demanded: `null` is
//! never taken for an absent value.

mod error;
mod keys;
mod reader;
mod string;
mod writer;

#[cfg(test)]
mod tests;

pub use error::{JsonError, Problem};
pub use reader::Reader;
pub use writer::Writer;

/// The deepest nesting of objects and arrays that is read.
pub const MAX_DEPTH: usize = 64;

/// Reads one whole document of at most `limit` bytes, which also bounds every string in it.
///
/// ```
/// # use peipkg_core::json::{self, JsonError};
/// let name = json::read(br#"{"name":"zlib","other":[1]}"#, 1 << 20, |reader| {
///     let mut name = None;
///     reader.object(|reader, key| {
///         match key {
///             "name" => name = Some(reader.string()?.into_owned()),
///             _ => reader.skip()?,
///         }
///         Ok::<(), JsonError>(())
///     })?;
///     reader.require(name, "name")
/// })?;
/// assert_eq!(name, "zlib");
/// # Ok::<(), JsonError>(())
/// ```
pub fn read<'a, T, E: From<JsonError>>(
    document: &'a [u8],
    limit: u64,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, E>,
) -> Result<T, E> {
    let mut reader = Reader::new(document, limit)?;
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}
