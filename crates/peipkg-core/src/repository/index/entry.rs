//! One package of an index.

use crate::digest::Digest;
use crate::identity::{Architecture, Name, PackageFileName, Version};
use crate::json::{JsonError, Reader, Writer};
use crate::package::relation::{Arch, read_provides, read_relations, write_provides, write_relations};
use crate::package::{Limits, Manifest, Provide, Relation, SideEffect};
use crate::repository::descriptor::{parsed, read_reference, rule};
use crate::text::quote;
use crate::timestamp::Timestamp;

/// An entry that keeps every rule of §6.2. Where it and the package's manifest may differ, the manifest wins.
#[derive(Debug, Clone)]
pub struct IndexEntry {
    /// The package's name.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// Its architecture.
    pub architecture: Architecture,
    /// One line for people; may be empty.
    pub description: String,
    /// SPDX by habit; may be empty.
    pub license: String,
    /// A URL; may be empty.
    pub homepage: String,
    /// What it needs.
    pub dependencies: Vec<Relation>,
    /// What it gains from.
    pub optional_dependencies: Vec<Relation>,
    /// What it cannot be installed beside.
    pub conflicts: Vec<Relation>,
    /// The virtual names that it satisfies.
    pub provides: Vec<Provide>,
    /// The packages that it supersedes.
    pub replaces: Vec<Relation>,
    /// What runs after it is installed.
    pub side_effects: Vec<SideEffect>,
    /// The size of the package file in bytes.
    pub size_compressed: u64,
    /// The size of its regular files in bytes.
    pub size_installed: u64,
    /// SHA-256 of the package file.
    pub digest: Digest,
    /// Where it is: a reference, see [`crate::repository::url::resolve`].
    pub url: String,
    /// Where it was built.
    pub build: EntryBuild,
}

/// Provenance as the index repeats it; the manifest has more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryBuild {
    /// The manifest's build timestamp.
    pub timestamp: Option<Timestamp>,
    /// The manifest's farm; may be empty.
    pub farm_id: String,
}

impl IndexEntry {
    /// Drops all that is neither an identity nor a relation.
    pub fn forget_texts(&mut self) {
        self.description = String::new();
        self.license = String::new();
        self.homepage = String::new();
        self.url = String::new();
        self.side_effects = Vec::new();
        self.build = EntryBuild::default();
    }

    /// The entry of a package file with that manifest.
    pub fn of(manifest: &Manifest, digest: Digest, size_compressed: u64, url: String) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            architecture: manifest.architecture.clone(),
            description: manifest.description.clone(),
            license: manifest.license.clone(),
            homepage: manifest.homepage.clone(),
            dependencies: manifest.dependencies.clone(),
            optional_dependencies: manifest.optional_dependencies.clone(),
            conflicts: manifest.conflicts.clone(),
            provides: manifest.provides.clone(),
            replaces: manifest.replaces.clone(),
            side_effects: manifest.side_effects.clone(),
            size_compressed,
            size_installed: manifest.size_installed,
            digest,
            url,
            build: EntryBuild {
                timestamp: Some(manifest.build.timestamp),
                farm_id: manifest.build.farm_id.clone(),
            },
        }
    }

    /// The package's conventional file name.
    pub fn file_name(&self) -> String {
        PackageFileName::format(&self.name, &self.version, &self.architecture)
    }

    /// Whether both are the same artifact: name, version as written, architecture.
    pub fn same_artifact(&self, other: &Self) -> bool {
        self.name == other.name
            && self.version.same_text(&other.version)
            && self.architecture == other.architecture
    }

    /// Reads one entry.
    pub(in crate::repository) fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let limits = Limits::default();
        let mut draft = Draft::default();
        reader.object(|reader, key| draft.field(reader, key, &limits))?;
        draft.finish(reader)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
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
                self.side_effects.iter().for_each(|effect| writer.string(effect.as_str()));
            });
            writer.key("size_compressed").u64(self.size_compressed);
            writer.key("size_installed").u64(self.size_installed);
            writer.key("hash").object(|writer| {
                writer.key("algorithm").string("sha256");
                writer.key("value").string(&self.digest.to_string());
            });
            writer.key("url").string(&self.url);
            writer.key("build").object(|writer| {
                if let Some(timestamp) = self.build.timestamp {
                    writer.key("timestamp").string(&timestamp.to_string());
                }
                writer.key("farm_id").string(&self.build.farm_id);
            });
        });
    }
}

/// The fields read so far.
#[derive(Default)]
struct Draft {
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
    size_compressed: Option<u64>,
    size_installed: Option<u64>,
    digest: Option<Digest>,
    url: Option<String>,
    build: EntryBuild,
}

impl Draft {
    fn field(&mut self, reader: &mut Reader<'_>, key: &str, limits: &Limits) -> Result<(), JsonError> {
        match key {
            "name" => self.name = Some(parsed(reader, Name::parse)?),
            "version" => self.version = Some(parsed(reader, Version::parse)?),
            "architecture" => self.architecture = Some(parsed(reader, Architecture::parse)?),
            "description" => self.description = reader.string()?.into_owned(),
            "license" => self.license = reader.string()?.into_owned(),
            "homepage" => self.homepage = reader.string()?.into_owned(),
            "dependencies" => {
                self.dependencies = Some(read_relations(reader, limits.dependencies, Arch::Checked)?);
            }
            "optional_dependencies" => {
                self.optional_dependencies =
                    read_relations(reader, limits.optional_dependencies, Arch::Checked)?;
            }
            "conflicts" => self.conflicts = Some(read_relations(reader, limits.conflicts, Arch::Checked)?),
            "provides" => self.provides = read_provides(reader, limits.provides)?,
            "replaces" => self.replaces = read_relations(reader, limits.replaces, Arch::Ignored)?,
            "side_effects" => self.side_effects = read_side_effects(reader)?,
            "size_compressed" => self.size_compressed = Some(reader.u64()?),
            "size_installed" => self.size_installed = Some(reader.u64()?),
            "hash" => self.digest = Some(read_hash(reader)?),
            "url" => self.url = Some(read_reference(reader)?),
            "build" => self.build = read_build(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }

    fn finish(self, reader: &Reader<'_>) -> Result<IndexEntry, JsonError> {
        Ok(IndexEntry {
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
            size_compressed: reader.require(self.size_compressed, "size_compressed")?,
            size_installed: reader.require(self.size_installed, "size_installed")?,
            digest: reader.require(self.digest, "hash")?,
            url: reader.require(self.url, "url")?,
            build: self.build,
        })
    }
}

fn read_hash(reader: &mut Reader<'_>) -> Result<Digest, JsonError> {
    let (mut algorithm, mut value) = (None, None);
    reader.object(|reader, key| {
        match key {
            "algorithm" => {
                let name = reader.string()?;
                if name != "sha256" {
                    return Err(rule(
                        reader,
                        format!("the hash algorithm is {}; only sha256 is known", quote(&name)),
                    ));
                }
                algorithm = Some(());
            }
            "value" => value = Some(parsed(reader, str::parse::<Digest>)?),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    reader.require(algorithm, "algorithm")?;
    reader.require(value, "value")
}

fn read_side_effects(reader: &mut Reader<'_>) -> Result<Vec<SideEffect>, JsonError> {
    let mut effects = Vec::new();
    reader.array(|reader| {
        let effect = parsed(reader, SideEffect::parse)?;
        if effects.contains(&effect) {
            return Err(rule(reader, format!("side effect {} is listed twice", effect.as_str())));
        }
        effects.push(effect);
        Ok(())
    })?;
    Ok(effects)
}

fn read_build(reader: &mut Reader<'_>) -> Result<EntryBuild, JsonError> {
    let mut build = EntryBuild::default();
    reader.object(|reader, key| {
        match key {
            "timestamp" => build.timestamp = Some(parsed(reader, Timestamp::parse)?),
            "farm_id" => build.farm_id = reader.string()?.into_owned(),
            _ => reader.skip()?,
        }
        Ok::<_, JsonError>(())
    })?;
    Ok(build)
}
