//! A package's provenance (PSD-009 §3.3).

use super::read::parsed;
use crate::json::{JsonError, Reader, Writer};
use crate::timestamp::Timestamp;

/// The manifest's `build` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// When: also every entry's mtime.
    pub timestamp: Timestamp,
    /// Which farm.
    pub farm_id: String,
    /// From which source.
    pub source_ref: String,
}

impl Build {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let (mut timestamp, mut farm_id, mut source_ref) = (None, None, None);
        reader.object(|reader, key| {
            match key {
                "timestamp" => timestamp = Some(parsed(reader, Timestamp::parse)?),
                "farm_id" => farm_id = Some(reader.string()?.into_owned()),
                "source_ref" => source_ref = Some(reader.string()?.into_owned()),
                _ => reader.skip()?,
            }
            Ok::<_, JsonError>(())
        })?;
        Ok(Self {
            timestamp: reader.require(timestamp, "timestamp")?,
            farm_id: reader.require(farm_id, "farm_id")?,
            source_ref: reader.require(source_ref, "source_ref")?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.key("timestamp").string(&self.timestamp.to_string());
            writer.key("farm_id").string(&self.farm_id);
            writer.key("source_ref").string(&self.source_ref);
        });
    }
}
