//! `manifest.json`: a package's identity, relations and provenance (PSD-009 §3.3).

use super::read::{bounded_array, broken, parsed, schema_version};
use super::relation::{Arch, read_provides, read_relations, write_provides, write_relations};
use super::{
    Build, EntryKind, Limits, PackageError, Provide, Relation, SdOverride, SideEffect, homepage, sd_override,
};
use crate::identity::{Architecture, Name, Version};
use crate::json::{self, JsonError, Reader, Writer};
use crate::text;

/// What `manifest.json` says; authoritative over file name and index.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the document's, and PSD-009 §3.3 describes them")]
pub struct Manifest {
    pub name: Name,
    pub version: Version,
    pub architecture: Architecture,
    pub description: String,
    pub license: String,
    pub homepage: String,
    pub dependencies: Vec<Relation>,
    pub optional_dependencies: Vec<Relation>,
    pub conflicts: Vec<Relation>,
    pub provides: Vec<Provide>,
    pub replaces: Vec<Relation>,
    pub side_effects: Vec<SideEffect>,
    /// Bytes: the sum of the sizes in `files.json`.
    pub size_installed: u64,
    pub sd_overrides: Vec<SdOverride>,
    pub build: Build,
}

impl Manifest {
    /// Reads a document and checks all that can be checked without the payload.
    pub fn parse(document: &[u8], limits: &Limits) -> Result<Self, PackageError> {
        json::read(document, limits.manifest_bytes, |reader| {
            let mut fields = Fields::default();
            reader.object(|reader, key| fields.read(reader, key, limits))?;
            let manifest = fields.finish(reader)?;
            if !document.ends_with(b"\n") || document.ends_with(b"\n\n") {
                return Err(broken(reader, "the document must end with exactly one newline"));
            }
            Ok(manifest)
        })
        .map_err(PackageError::Manifest)
    }

    /// Checks that every override names a file or directory; `kind_of` says what a path of the payload is.
    pub fn check_overrides(&self, kind_of: impl Fn(&str) -> Option<EntryKind>) -> Result<(), PackageError> {
        sd_override::check(&self.sd_overrides, kind_of)
    }

    /// The canonical bytes, which producers write.
    pub fn to_json(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.object(|writer| self.write(writer));
        writer.finish_line()
    }

    fn write(&self, writer: &mut Writer) {
        writer.key("schema_version").u64(1);
        writer.key("name").string(self.name.as_str());
        writer.key("version").string(self.version.as_str());
        writer.key("architecture").string(self.architecture.as_str());
        writer.key("description").string(&self.description);
        writer.key("license").string(&self.license);
        writer.key("homepage").string(&self.homepage);
        write_relations(writer.key("dependencies"), &self.dependencies);
        write_relations(writer.key("optional_dependencies"), &self.optional_dependencies);
        write_relations(writer.key("conflicts"), &self.conflicts);
        write_provides(writer.key("provides"), &self.provides);
        write_relations(writer.key("replaces"), &self.replaces);
        writer.key("side_effects").array(|writer| {
            for effect in &self.side_effects {
                writer.string(effect.as_str());
            }
        });
        writer.key("size_installed").u64(self.size_installed);
        sd_override::write(writer.key("sd_overrides"), &self.sd_overrides);
        self.build.write(writer.key("build"));
    }
}

/// One line of text without anything that could steer a terminal (PSD-009 §3.3).
pub fn check_description(description: &str) -> Result<(), String> {
    match description.chars().find(|&character| text::is_unsafe(character)) {
        None => Ok(()),
        Some(character) => Err(format!(
            "the description must be one line without control or bidirectional characters, but has U+{:04X}",
            u32::from(character)
        )),
    }
}

/// Reads the array: known effects, none twice.
pub(crate) fn read_side_effects(reader: &mut Reader<'_>) -> Result<Vec<SideEffect>, JsonError> {
    let mut effects = Vec::new();
    bounded_array(reader, SideEffect::ALL.len() as u64, |reader| {
        let effect = parsed(reader, SideEffect::parse)?;
        if effects.contains(&effect) {
            return Err(broken(
                reader,
                format_args!("the side effect \"{}\" appears twice", effect.as_str()),
            ));
        }
        effects.push(effect);
        Ok(())
    })?;
    Ok(effects)
}

#[derive(Default)]
struct Fields {
    schema_version: Option<()>,
    name: Option<Name>,
    version: Option<Version>,
    architecture: Option<Architecture>,
    description: String,
    license: String,
    homepage: String,
    dependencies: Option<Vec<Relation>>,
    optional_dependencies: Vec<Relation>,
    conflicts: Option<Vec<Relation>>,
    provides: Vec<Provide>,
    replaces: Vec<Relation>,
    side_effects: Vec<SideEffect>,
    size_installed: Option<u64>,
    sd_overrides: Vec<SdOverride>,
    build: Option<Build>,
}

impl Fields {
    fn read(&mut self, reader: &mut Reader<'_>, key: &str, limits: &Limits) -> Result<(), JsonError> {
        match key {
            "schema_version" => self.schema_version = Some(schema_version(reader)?),
            "name" => self.name = Some(parsed(reader, Name::parse)?),
            "version" => self.version = Some(parsed(reader, Version::parse)?),
            "architecture" => self.architecture = Some(parsed(reader, Architecture::parse)?),
            "description" => {
                self.description = parsed(reader, |text| check_description(text).map(|()| text.to_owned()))?;
            }
            "license" => self.license = reader.string()?.into_owned(),
            "homepage" => {
                self.homepage = parsed(reader, |url| homepage::check(url).map(|()| url.to_owned()))?;
            }
            "dependencies" => {
                self.dependencies = Some(read_relations(reader, limits.dependencies, Arch::Checked)?);
            }
            "optional_dependencies" => {
                self.optional_dependencies =
                    read_relations(reader, limits.optional_dependencies, Arch::Checked)?;
            }
            "conflicts" => {
                self.conflicts = Some(read_relations(reader, limits.conflicts, Arch::Checked)?);
            }
            "provides" => self.provides = read_provides(reader, limits.provides)?,
            "replaces" => self.replaces = read_relations(reader, limits.replaces, Arch::Ignored)?,
            "side_effects" => self.side_effects = read_side_effects(reader)?,
            "size_installed" => self.size_installed = Some(reader.u64()?),
            "sd_overrides" => self.sd_overrides = sd_override::read(reader, limits)?,
            "build" => self.build = Some(Build::read(reader)?),
            _ => reader.skip()?,
        }
        Ok(())
    }

    fn finish(self, reader: &Reader<'_>) -> Result<Manifest, JsonError> {
        reader.require(self.schema_version, "schema_version")?;
        Ok(Manifest {
            name: reader.require(self.name, "name")?,
            version: reader.require(self.version, "version")?,
            architecture: reader.require(self.architecture, "architecture")?,
            description: self.description,
            license: self.license,
            homepage: self.homepage,
            dependencies: reader.require(self.dependencies, "dependencies")?,
            optional_dependencies: self.optional_dependencies,
            conflicts: reader.require(self.conflicts, "conflicts")?,
            provides: self.provides,
            replaces: self.replaces,
            side_effects: self.side_effects,
            size_installed: reader.require(self.size_installed, "size_installed")?,
            sd_overrides: self.sd_overrides,
            build: reader.require(self.build, "build")?,
        })
    }
}
