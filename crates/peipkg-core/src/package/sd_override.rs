//! Security descriptors that a package sets on its own files (PSD-009 §3.3.5).

use super::read::{bounded_array, broken, parsed};
use super::security::SecurityDescriptor;
use super::{EntryKind, Limits, PackageError, payload};
use crate::json::{JsonError, Reader, Writer};
use crate::text::quote;

/// An entry of `sd_overrides`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdOverride {
    /// A file or directory of the payload.
    pub path: Box<str>,
    /// What it gets instead of what it would inherit.
    pub sd: SecurityDescriptor,
}

/// Every override must name a file or directory entry of its package; `kind_of` says what a path is.
pub(super) fn check(
    overrides: &[SdOverride],
    kind_of: impl Fn(&str) -> Option<EntryKind>,
) -> Result<(), PackageError> {
    for SdOverride { path, .. } in overrides {
        let rule = match kind_of(path) {
            Some(EntryKind::File | EntryKind::Directory) => continue,
            Some(EntryKind::Symlink) => "a symlink can have no security descriptor of its own",
            None => "the package has no entry of that path",
        };
        return Err(PackageError::Override { path: path.to_string(), rule });
    }
    Ok(())
}

/// Reads the array: sorted by path, no path twice.
pub(super) fn read(reader: &mut Reader<'_>, limits: &Limits) -> Result<Vec<SdOverride>, JsonError> {
    let mut overrides: Vec<SdOverride> = Vec::new();
    bounded_array(reader, limits.sd_overrides, |reader| {
        let (mut path, mut sd) = (None, None);
        reader.object(|reader, key| {
            match key {
                "path" => {
                    path = Some(parsed(reader, |path| payload::check_path(path).map(|()| Box::from(path)))?);
                }
                "sd" => {
                    sd = Some(parsed(reader, |text| SecurityDescriptor::from_base64(text, limits.sd_bytes))?);
                }
                _ => reader.skip()?,
            }
            Ok::<_, JsonError>(())
        })?;
        let path: Box<str> = reader.require(path, "path")?;
        let sd = reader.require(sd, "sd")?;
        if let Some(previous) = overrides.last().filter(|previous| previous.path >= path) {
            let rule = if previous.path == path {
                "two entries for"
            } else {
                "entries must be sorted by path: out of order is"
            };
            return Err(broken(reader, format_args!("{rule} {}", quote(&path))));
        }
        overrides.push(SdOverride { path, sd });
        Ok(())
    })?;
    Ok(overrides)
}

pub(super) fn write(writer: &mut Writer, overrides: &[SdOverride]) {
    writer.array(|writer| {
        for SdOverride { path, sd } in overrides {
            writer.object(|writer| {
                writer.key("path").string(path);
                writer.key("sd").string(&sd.to_base64());
            });
        }
    });
}
