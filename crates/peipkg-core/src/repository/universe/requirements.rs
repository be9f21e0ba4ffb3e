//! Requirements, interned, with the candidates that satisfy them (PSD-009 §4.2.3).

use std::collections::HashMap;

use super::Candidate;
use crate::identity::{Architecture, Constraint, Name, Version};
use crate::package::Relation;

/// One relation as somebody in the universe states it.
#[derive(Debug)]
pub struct Requirement {
    /// The name asked for, real or virtual.
    pub name: Name,
    /// `None`: any version.
    pub constraint: Option<Constraint>,
    /// Candidate ids, ascending, installed ones included.
    pub satisfiers: Vec<u32>,
    /// Candidates whose name and version fit, but whose architecture the depending package cannot use.
    pub wrong_architecture: Vec<u32>,
}

/// Relations of packages of which nothing else is kept: each once, however many state it.
#[derive(Debug, Default)]
pub(super) struct Pool {
    ids: HashMap<(Name, Option<Box<str>>), u32>,
    relations: Vec<Relation>,
}

impl Pool {
    /// The places of these relations.
    pub(super) fn take(&mut self, relations: Vec<Relation>) -> Vec<u32> {
        relations.into_iter().map(|relation| self.place(relation)).collect()
    }

    fn place(&mut self, relation: Relation) -> u32 {
        let constraint = relation.constraint.as_ref().map(|constraint| constraint.as_str().into());
        *self.ids.entry((relation.name.clone(), constraint)).or_insert_with(|| {
            self.relations.push(relation);
            (self.relations.len() - 1) as u32
        })
    }
}

/// Fills in the requirement ids of every candidate. Ids of candidates are their places, so these must be sorted already.
pub(super) fn link(candidates: &mut [Candidate], pool: &Pool) -> Vec<Requirement> {
    let (requirements, linked) = intern(candidates, &pool.relations);
    for (candidate, [dependencies, optional, conflicts, replaces]) in candidates.iter_mut().zip(linked) {
        candidate.dependencies = dependencies;
        candidate.optional = optional;
        candidate.conflicts = conflicts;
        candidate.replaces = replaces;
    }
    requirements
}

/// The requirements, and for every candidate its ids: dependencies, optional ones, conflicts, replaces.
fn intern(candidates: &[Candidate], pool: &[Relation]) -> (Vec<Requirement>, Vec<[Vec<u32>; 4]>) {
    let mut linked = Vec::with_capacity(candidates.len());
    let offers = Offers::new(candidates);
    let mut table = Table { candidates, offers, interned: HashMap::new(), requirements: Vec::new() };
    let pooled = |ids: &[u32]| ids.iter().map(|&id| &pool[id as usize]).collect::<Vec<_>>();
    for candidate in candidates {
        let package = &candidate.package;
        let depends = How::Depends(&package.architecture);
        let dependencies = package.dependencies.iter().chain(pooled(&candidate.dependencies));
        let optional = package.optional_dependencies.iter().chain(pooled(&candidate.optional));
        let conflicts = package.conflicts.iter().chain(pooled(&candidate.conflicts));
        let replaces = package.replaces.iter().chain(pooled(&candidate.replaces));
        linked.push([
            table.intern_all(dependencies, depends),
            table.intern_all(optional, depends),
            table.intern_conflicts(conflicts, &package.architecture, &package.name),
            table.intern_all(replaces, How::Replaces(&package.name)),
        ]);
    }
    (table.requirements, linked)
}

/// What makes a candidate fit a relation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum How<'a> {
    /// Its name or a provide, its version, and the architecture of the depending package or `noarch`.
    Depends(&'a Architecture),
    /// The same, but never a package of this name: none conflicts with itself, in whatever version.
    Conflicts(&'a Architecture, &'a Name),
    /// Its real name, and its version; never a package of this name.
    Replaces(&'a Name),
}

type Key<'a> = (&'a Name, Option<&'a str>, How<'a>);

struct Table<'a> {
    candidates: &'a [Candidate],
    offers: Offers<'a>,
    interned: HashMap<Key<'a>, u32>,
    requirements: Vec<Requirement>,
}

impl<'a> Table<'a> {
    fn intern_all(&mut self, relations: impl Iterator<Item = &'a Relation>, how: How<'a>) -> Vec<u32> {
        relations.map(|relation| self.intern(relation, how)).collect()
    }

    /// A conflict that no package of the declaring one's name satisfies is the plain requirement, shared with all others.
    fn intern_conflicts(
        &mut self,
        relations: impl Iterator<Item = &'a Relation>,
        architecture: &'a Architecture,
        own: &'a Name,
    ) -> Vec<u32> {
        let mut ids = Vec::with_capacity(relations.size_hint().0);
        for relation in relations {
            let plain = self.intern(relation, How::Depends(architecture));
            let satisfiers = &self.requirements[plain as usize].satisfiers;
            let with_itself = satisfiers.iter().any(|&id| self.candidates[id as usize].package.name == *own);
            ids.push(if with_itself {
                self.intern(relation, How::Conflicts(architecture, own))
            } else {
                plain
            });
        }
        ids
    }

    fn intern(&mut self, relation: &'a Relation, how: How<'a>) -> u32 {
        let key = (&relation.name, relation.constraint.as_ref().map(Constraint::as_str), how);
        if let Some(&id) = self.interned.get(&key) {
            return id;
        }
        let id = self.requirements.len() as u32;
        let requirement = self.satisfy(relation, how);
        self.requirements.push(requirement);
        self.interned.insert(key, id);
        id
    }

    fn satisfy(&self, relation: &Relation, how: How<'_>) -> Requirement {
        let (mut satisfiers, mut wrong_architecture) = (Vec::new(), Vec::new());
        for &(id, offered) in self.offers.of(&relation.name) {
            let candidate = &self.candidates[id as usize].package;
            let real_name_only = matches!(how, How::Replaces(_)) && candidate.name != relation.name;
            let itself = matches!(how, How::Conflicts(_, own) | How::Replaces(own) if candidate.name == *own);
            if real_name_only || itself || !meets(offered, relation.constraint.as_ref()) {
                continue;
            }
            match how {
                How::Depends(architecture) | How::Conflicts(architecture, _)
                    if !candidate.architecture.is_noarch() && candidate.architecture != *architecture =>
                {
                    wrong_architecture.push(id);
                }
                _ => satisfiers.push(id),
            }
        }
        // A package may offer a name twice: as its own and as a provide.
        satisfiers.dedup();
        wrong_architecture.dedup();
        Requirement {
            name: relation.name.clone(),
            constraint: relation.constraint.clone(),
            satisfiers,
            wrong_architecture,
        }
    }
}

/// A version that is not named meets every constraint (spec file 3, `provides`).
fn meets(offered: Option<&Version>, constraint: Option<&Constraint>) -> bool {
    match (offered, constraint) {
        (Some(version), Some(constraint)) => constraint.matches(version),
        _ => true,
    }
}

/// Who offers which name, in which version, by candidate id.
struct Offers<'a>(HashMap<&'a Name, Vec<(u32, Option<&'a Version>)>>);

impl<'a> Offers<'a> {
    fn new(candidates: &'a [Candidate]) -> Self {
        let mut offers: HashMap<_, Vec<_>> = HashMap::new();
        for (id, candidate) in candidates.iter().enumerate() {
            let package = &candidate.package;
            offers.entry(&package.name).or_default().push((id as u32, Some(&package.version)));
            for provide in &package.provides {
                offers.entry(&provide.name).or_default().push((id as u32, provide.version.as_ref()));
            }
        }
        Self(offers)
    }

    fn of(&self, name: &Name) -> &[(u32, Option<&'a Version>)] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}
