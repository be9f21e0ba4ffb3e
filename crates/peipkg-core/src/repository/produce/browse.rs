//! What the browse site shows of a publication: the current packages, and each package with its versions, its relations in
//! both directions and its files.

use std::collections::{BTreeSet, HashMap};

use super::publication::Publication;
use crate::package::{Manifest, Relation};
use crate::repository::index::IndexEntry;
use crate::sorting;

/// Files that a page lists at most; the whole list is in files.json.
const SHOWN_FILES: usize = 2000;

/// A package as its page shows it.
#[derive(Debug)]
pub struct PackageView<'a> {
    /// The current version.
    pub current: &'a IndexEntry,
    /// Every version, newest first, with the paths of its documents.
    pub versions: Vec<VersionView<'a>>,
    /// Its relations to others.
    pub relations: Vec<RelationView<'a>>,
    /// The current packages that need it, or what it provides.
    pub dependents: Vec<DependentView<'a>>,
    /// What the manifest says of its source.
    pub source_ref: Option<String>,
    /// Path and bytes of the first files.
    pub files: Vec<(String, u64)>,
    /// How many files there are; `None`: that is not known here.
    pub file_count: Option<usize>,
}

/// One version of a package.
#[derive(Debug)]
pub struct VersionView<'a> {
    /// Its entry.
    pub entry: &'a IndexEntry,
    /// The path of its manifest.json without that name, from the repository's directory; `None` when there is none.
    pub documents: Option<String>,
}

/// Which relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// `dependencies`
    Dependency,
    /// `optional_dependencies`
    Optional,
    /// `conflicts`
    Conflict,
    /// `replaces`
    Replaces,
}

/// A relation and the packages here that its name stands for.
#[derive(Debug)]
pub struct RelationView<'a> {
    /// Which.
    pub kind: RelationKind,
    /// Name and constraint.
    pub relation: &'a Relation,
    /// Names of current packages: the one of that name, else those that provide it.
    pub targets: Vec<&'a str>,
}

/// A package that needs another.
#[derive(Debug)]
pub struct DependentView<'a> {
    /// Its name.
    pub name: &'a str,
    /// As which it needs it: the package's name, or one that the package provides.
    pub relation: &'a Relation,
    /// It gains from it, no more.
    pub optional: bool,
}

/// What other pages show of a package: when this changes, they do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    provided: BTreeSet<String>,
    /// Name, constraint, whether optional.
    needed: BTreeSet<(String, String, bool)>,
}

impl Facts {
    pub(super) fn of(entry: &IndexEntry) -> Self {
        let needed = |relations: &[Relation], optional: bool| {
            let text = |relation: &Relation| {
                let constraint = relation.constraint.as_ref().map_or("", |constraint| constraint.as_str());
                (relation.name.to_string(), constraint.to_owned(), optional)
            };
            relations.iter().map(text).collect::<Vec<_>>()
        };
        Self {
            provided: sorting::set(provided(entry).map(str::to_owned)),
            needed: sorting::set(
                needed(&entry.dependencies, false)
                    .into_iter()
                    .chain(needed(&entry.optional_dependencies, true)),
            ),
        }
    }
}

impl Publication {
    /// The current packages, by name.
    pub fn current(&self) -> impl ExactSizeIterator<Item = &IndexEntry> {
        self.active.iter().map(|place| &self.archive[*place])
    }

    /// The names of the packages whose pages may differ from those before; `None`: of all.
    pub fn touched(&self) -> Option<Vec<&str>> {
        let changed = self.changed.as_ref()?;
        let mut touched: BTreeSet<&str> = BTreeSet::new();
        let (mut offered, mut wanted) = (BTreeSet::new(), BTreeSet::new());
        for (name, before) in changed {
            let Some(entry) = self.current_of(name) else { continue };
            touched.insert(entry.name.as_str());
            let (none, now) = (Facts::default(), Facts::of(entry));
            let before = before.as_ref().unwrap_or(&none);
            offered.extend(before.provided.symmetric_difference(&now.provided).cloned());
            wanted.extend(before.needed.symmetric_difference(&now.needed).map(|need| need.0.clone()));
        }
        if offered.is_empty() && wanted.is_empty() {
            return Some(touched.into_iter().collect());
        }
        for entry in self.current() {
            let links_change =
                || relations(entry).any(|(_, relation)| offered.contains(relation.name.as_str()));
            let dependents_change = || provided(entry).any(|name| wanted.contains(name));
            if links_change() || dependents_change() {
                touched.insert(entry.name.as_str());
            }
        }
        Some(touched.into_iter().collect())
    }

    /// The pages of these packages; names that nothing has are left out.
    pub fn views<'a>(&'a self, names: &[String]) -> Vec<PackageView<'a>> {
        let graph = Graph::of(self);
        names.iter().filter_map(|name| self.view(&graph, name)).collect()
    }

    fn view<'a>(&'a self, graph: &Graph<'a>, name: &str) -> Option<PackageView<'a>> {
        let current = self.current_of(name)?;
        let (mut source_ref, mut files, mut file_count) = (None, Vec::new(), None);
        let mut versions = Vec::new();
        for entry in self.versions_of(name) {
            let found = if std::ptr::eq(entry, current) {
                self.documentation.of(&self.base.root, entry).map(|(Manifest { build, .. }, list, prefix)| {
                    source_ref = Some(build.source_ref);
                    file_count = Some(list.entries.len());
                    let first = list.entries.into_iter().take(SHOWN_FILES);
                    files = first.map(|file| (file.path.into_string(), file.size)).collect();
                    prefix
                })
            } else {
                self.documentation.prefix(&self.base.root, entry)
            };
            versions.push(VersionView { entry, documents: found });
        }
        let relations = relations(current)
            .map(|(kind, relation)| RelationView { kind, relation, targets: graph.targets(relation) })
            .collect();
        Some(PackageView {
            current,
            versions,
            relations,
            dependents: graph.dependents(current),
            source_ref,
            files,
            file_count,
        })
    }

    fn versions_of(&self, name: &str) -> &[IndexEntry] {
        let start = self.archive.partition_point(|entry| entry.name.as_str() < name);
        let end = self.archive.partition_point(|entry| entry.name.as_str() <= name);
        &self.archive[start..end]
    }

    fn current_of(&self, name: &str) -> Option<&IndexEntry> {
        let found =
            self.active.binary_search_by(|place| self.archive[*place].name.as_str().cmp(name)).ok()?;
        Some(&self.archive[self.active[found]])
    }
}

/// Who needs and who provides what, among the current packages.
struct Graph<'a> {
    /// By name: the package with the relation.
    needers: HashMap<&'a str, Vec<DependentView<'a>>>,
    providers: HashMap<&'a str, Vec<&'a str>>,
    names: HashMap<&'a str, &'a str>,
}

impl<'a> Graph<'a> {
    fn of(publication: &'a Publication) -> Self {
        let mut graph = Self { needers: HashMap::new(), providers: HashMap::new(), names: HashMap::new() };
        for entry in publication.current() {
            let name = entry.name.as_str();
            graph.names.insert(name, name);
            for provide in &entry.provides {
                graph.providers.entry(provide.name.as_str()).or_default().push(name);
            }
            for (relations, optional) in [(&entry.dependencies, false), (&entry.optional_dependencies, true)]
            {
                for relation in relations {
                    let needer = DependentView { name, relation, optional };
                    graph.needers.entry(relation.name.as_str()).or_default().push(needer);
                }
            }
        }
        graph
    }

    fn targets(&self, relation: &Relation) -> Vec<&'a str> {
        let name = relation.name.as_str();
        match self.names.get(name) {
            Some(package) => vec![*package],
            None => self.providers.get(name).cloned().unwrap_or_default(),
        }
    }

    fn dependents(&self, entry: &'a IndexEntry) -> Vec<DependentView<'a>> {
        let mut found: Vec<DependentView<'a>> = provided(entry)
            .filter_map(|name| self.needers.get(name))
            .flatten()
            .filter(|needer| needer.name != entry.name.as_str())
            .map(|DependentView { name, relation, optional }| DependentView {
                name,
                relation,
                optional: *optional,
            })
            .collect();
        sorting::sort_by(&mut found, |left, right| {
            let key =
                |needer: &DependentView<'a>| (needer.optional, needer.name, needer.relation.name.as_str());
            key(left).cmp(&key(right))
        });
        found
    }
}

/// Its own name and those that it provides.
fn provided(entry: &IndexEntry) -> impl Iterator<Item = &str> {
    std::iter::once(entry.name.as_str()).chain(entry.provides.iter().map(|provide| provide.name.as_str()))
}

fn relations(entry: &IndexEntry) -> impl Iterator<Item = (RelationKind, &Relation)> {
    [
        (RelationKind::Dependency, &entry.dependencies),
        (RelationKind::Optional, &entry.optional_dependencies),
        (RelationKind::Conflict, &entry.conflicts),
        (RelationKind::Replaces, &entry.replaces),
    ]
    .into_iter()
    .flat_map(|(kind, relations)| relations.iter().map(move |relation| (kind, relation)))
}
