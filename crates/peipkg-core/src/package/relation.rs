//! Relations to other packages, as manifests and indexes write them (PSD-009 §4.1).

use super::read::{bounded_array, broken, parsed};
use crate::identity::{Constraint, Name, Version};
use crate::json::{JsonError, Reader, Writer};
use crate::text::quote;

/// An entry of `dependencies`, `optional_dependencies`, `conflicts` or `replaces`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// A real or virtual name.
    pub name: Name,
    /// `None`: any version.
    pub constraint: Option<Constraint>,
}

/// An entry of `provides`.
#[derive(Debug, Clone)]
pub struct Provide {
    /// The virtual name.
    pub name: Name,
    /// `None`: any version.
    pub version: Option<Version>,
}

/// Two provides are equal when they are written alike.
impl PartialEq for Provide {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.version.as_ref().map(Version::as_str) == other.version.as_ref().map(Version::as_str)
    }
}

impl Eq for Provide {}

/// Whether entries may have the field `arch`, which only accepts `any`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arch {
    /// In `dependencies`, `optional_dependencies`, `conflicts`.
    Checked,
    /// In `replaces`: a field like any other unknown one.
    Ignored,
}

/// Reads an array of relations: at most `limit`, sorted by name, no name twice.
pub fn read_relations(reader: &mut Reader<'_>, limit: u64, arch: Arch) -> Result<Vec<Relation>, JsonError> {
    let mut relations: Vec<Relation> = Vec::new();
    bounded_array(reader, limit, |reader| {
        let mut name = None;
        let mut constraint = None;
        reader.object(|reader, key| {
            match key {
                "name" => name = Some(parsed(reader, Name::parse)?),
                "constraint" => constraint = Some(parsed(reader, Constraint::parse)?),
                "arch" if arch == Arch::Checked => parsed(reader, check_arch)?,
                _ => reader.skip()?,
            }
            Ok::<_, JsonError>(())
        })?;
        let name = reader.require(name, "name")?;
        check_order(reader, relations.last().map(|relation| &relation.name), &name)?;
        relations.push(Relation { name, constraint });
        Ok(())
    })?;
    Ok(relations)
}

/// Reads an array of provides: at most `limit`, sorted by name, no name twice.
pub fn read_provides(reader: &mut Reader<'_>, limit: u64) -> Result<Vec<Provide>, JsonError> {
    let mut provides: Vec<Provide> = Vec::new();
    bounded_array(reader, limit, |reader| {
        let mut name = None;
        let mut version = None;
        reader.object(|reader, key| {
            match key {
                "name" => name = Some(parsed(reader, Name::parse)?),
                "version" => version = Some(parsed(reader, Version::parse)?),
                _ => reader.skip()?,
            }
            Ok::<_, JsonError>(())
        })?;
        let name = reader.require(name, "name")?;
        check_order(reader, provides.last().map(|provide| &provide.name), &name)?;
        provides.push(Provide { name, version });
        Ok(())
    })?;
    Ok(provides)
}

/// Writes what [`read_relations`] reads, canonically.
pub fn write_relations(writer: &mut Writer, relations: &[Relation]) {
    writer.array(|writer| {
        for Relation { name, constraint } in relations {
            writer.object(|writer| {
                writer.key("name").string(name.as_str());
                if let Some(constraint) = constraint {
                    writer.key("constraint").string(constraint.as_str());
                }
            });
        }
    });
}

/// Writes what [`read_provides`] reads, canonically.
pub fn write_provides(writer: &mut Writer, provides: &[Provide]) {
    writer.array(|writer| {
        for Provide { name, version } in provides {
            writer.object(|writer| {
                writer.key("name").string(name.as_str());
                if let Some(version) = version {
                    writer.key("version").string(version.as_str());
                }
            });
        }
    });
}

fn check_arch(arch: &str) -> Result<(), String> {
    if arch == "any" { Ok(()) } else { Err(format!("arch {} is not accepted; only \"any\" is", quote(arch))) }
}

fn check_order(reader: &Reader<'_>, previous: Option<&Name>, name: &Name) -> Result<(), JsonError> {
    match previous {
        Some(previous) if previous == name => {
            Err(broken(reader, format_args!("two entries for the name \"{name}\"")))
        }
        Some(previous) if previous > name => Err(broken(
            reader,
            format_args!("entries must be sorted by name: \"{name}\" follows \"{previous}\""),
        )),
        _ => Ok(()),
    }
}
