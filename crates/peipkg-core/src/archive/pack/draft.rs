//! Manifest drafts: what a producer writes, completed to the canonical document and checked field by field.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::json::{self, JsonError, Reader};
use crate::package::{Limits, Manifest, PackageError};
use crate::sorting;
use crate::text::escape;

/// Arrays of relations: sorted by name for the producer, duplicates left for the reader to refuse.
const RELATIONS: &[&str] = &["dependencies", "optional_dependencies", "conflicts", "provides", "replaces"];

/// Every field, and what stands in for one that is absent, or whose own error has been reported already.
const FIELDS: &[(&str, &str, &str)] = &[
    ("schema_version", "1", "1"),
    ("name", "", "\"unnamed\""),
    ("version", "", "\"0-1\""),
    ("architecture", "", "\"noarch\""),
    ("description", "\"\"", "\"\""),
    ("license", "\"\"", "\"\""),
    ("homepage", "\"\"", "\"\""),
    ("dependencies", "[]", "[]"),
    ("optional_dependencies", "[]", "[]"),
    ("conflicts", "[]", "[]"),
    ("provides", "[]", "[]"),
    ("replaces", "[]", "[]"),
    ("side_effects", "[]", "[]"),
    ("size_installed", "0", "0"),
    ("sd_overrides", "[]", "[]"),
    ("build", "", r#"{"timestamp":"1970-01-01T00:00:00Z","farm_id":"","source_ref":""}"#),
];

/// A draft, read as far as it can be.
pub(super) struct Draft {
    /// Complete but for `size_installed`; `None` when the draft is not JSON.
    pub manifest: Option<Manifest>,
    /// One for each field that is not as it must be.
    pub errors: Vec<String>,
}

/// Reads a draft: fields in any order, absent ones empty, `schema_version` and `size_installed` optional.
pub(super) fn read(document: &[u8], limits: &Limits) -> Draft {
    let mut fields = match json::read(document, limits.manifest_bytes, |reader| collect(reader, document)) {
        Ok(fields) => fields,
        Err(error) => return Draft { manifest: None, errors: vec![message(&error)] },
    };
    let mut errors = Vec::new();
    for _ in FIELDS {
        match Manifest::parse(completed(&fields).as_bytes(), limits) {
            Ok(manifest) => return Draft { manifest: Some(manifest), errors },
            Err(PackageError::Manifest(error)) => {
                errors.push(message(&error));
                let Some((name, _, stand_in)) = FIELDS.iter().find(|(name, ..)| is_about(&error, name))
                else {
                    break;
                };
                if fields.insert(name, (*stand_in).to_owned()).is_some_and(|previous| previous == *stand_in) {
                    break;
                }
            }
            Err(error) => {
                errors.push(error.to_string());
                break;
            }
        }
    }
    Draft { manifest: None, errors }
}

type Collected = BTreeMap<&'static str, String>;

/// The text of every field, arrays brought into order.
fn collect(reader: &mut Reader<'_>, document: &[u8]) -> Result<Collected, JsonError> {
    let mut fields = Collected::new();
    reader.object(|reader, key| {
        let Some((name, ..)) = FIELDS.iter().find(|(name, ..)| *name == key) else {
            return Err(reader.unknown(key));
        };
        let text = match *name {
            "sd_overrides" => sorted_array(reader, document, "path")?,
            _ if RELATIONS.contains(name) => sorted_array(reader, document, "name")?,
            _ => span(reader, document)?,
        };
        // What the payload adds up to is computed, whatever the draft says.
        if *name != "size_installed" {
            fields.insert(name, text);
        }
        Ok(())
    })?;
    Ok(fields)
}

/// An array of objects, sorted by the string under `by`; optional strings that are empty are left out.
fn sorted_array(reader: &mut Reader<'_>, document: &[u8], by: &str) -> Result<String, JsonError> {
    let mut elements: Vec<(String, String)> = Vec::new();
    reader.array(|reader| {
        let mut order = String::new();
        let mut members = Vec::new();
        reader.object(|reader, key| {
            let text = span(reader, document)?;
            if key == by {
                order.clone_from(&text);
            }
            let optional = matches!(key, "constraint" | "version" | "arch");
            if !(optional && text == "\"\"") {
                members.push(format!("{}:{text}", quoted(key)));
            }
            Ok::<_, JsonError>(())
        })?;
        elements.push((order, format!("{{{}}}", members.join(","))));
        Ok::<_, JsonError>(())
    })?;
    // Names and paths of valid drafts have no escapes, so that their text sorts as they do: the closing quote
    // is below every character of a longer name.
    sorting::sort_by(&mut elements, |left, right| {
        left.0.trim_end_matches('"').cmp(right.0.trim_end_matches('"'))
    });
    let elements: Vec<_> = elements.into_iter().map(|(_, text)| text).collect();
    Ok(format!("[{}]", elements.join(",")))
}

/// The bytes of the next value.
fn span(reader: &mut Reader<'_>, document: &[u8]) -> Result<String, JsonError> {
    let start = reader.position();
    reader.skip()?;
    Ok(String::from_utf8_lossy(&document[start..reader.position()]).into_owned())
}

fn completed(fields: &Collected) -> String {
    let members: Vec<_> = FIELDS
        .iter()
        .filter_map(|(name, absent, _)| {
            let text = fields.get(name).map_or(*absent, String::as_str);
            (!text.is_empty()).then(|| format!("{}:{text}", quoted(name)))
        })
        .collect();
    format!("{{{}}}\n", members.join(","))
}

fn quoted(key: &str) -> Cow<'_, str> {
    let mut writer = json::Writer::new();
    writer.string(key);
    Cow::Owned(writer.finish())
}

/// Whether the error is in that field, or that it is missing.
fn is_about(error: &JsonError, name: &str) -> bool {
    let path = error.path();
    let below = path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    below || matches!(error.problem(), json::Problem::Missing(field) if *field == name && path == "$")
}

/// Offsets are those of the completed document, which nobody sees.
fn message(error: &JsonError) -> String {
    format!("manifest: {}: {}", escape(error.path()), error.problem())
}
