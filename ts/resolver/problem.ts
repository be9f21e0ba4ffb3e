// The request as constraints over variables: which candidates may stand together (PSD-009 §4.1, §4.2).
//
// A result holds at most one candidate of each name, and
//   - every target of the request has one of its options in it (`target.ts`; an upgrade's options are all newer);
//   - no candidate in it is excluded (`model.ts`: backward, held, to be removed);
//   - what its candidates depend on is in it, but for what an installed one lacks already;
//   - no two of its candidates are in conflict, whichever declares it, unless both are installed already;
//   - nothing that a new candidate replaces is in it, where the installed version is replaced;
//   - what is installed is in it in some version, unless it is to be removed, or a new candidate replaces it or is in
//     conflict with it, or the request allows dependents to go (`cascade`).
// A request that only removes has no new candidates (`removal.ts`). `walk.ts` adds that everything new is needed, and says
// which of the results is preferred.
//
// A variable per candidate ("in the result"), per requirement ("needed"), and per installed name that may go ("removed").
// A requirement is one clause however many packages have it. Versions of one name, conflicts and replaces exclude each
// other pair by pair; these pairs are computed from the relations when they matter, never stored.

import { candidateAt, enforcedDependencies, isNew, type Model, requirementAt } from './model.ts'
import { type RelationTable, relationTable, rowOf, visitRow } from './relation-table.ts'
import { negative, positive } from './search/literal.ts'
import type { Constraints } from './search/state.ts'
import type { Target } from './target.ts'
import { replacementsBy } from './upgrade.ts'

export interface Problem extends Constraints {
  readonly model: Model
  readonly targets: readonly Target[]
  /** What each clause says, by its place in `clauses`. */
  readonly meanings: readonly Meaning[]
  /** Variable of a name's removal, by name id; -1 where an installed package cannot go. */
  readonly removals: Int32Array
  /** For a name that may go: the new candidates of which one must drive it out; null where it needs none. */
  readonly drivers: ReadonlyMap<number, readonly number[] | null>
  /** Removal variables that the request did not ask for: as few as possible become true. */
  readonly unasked: readonly number[]
  readonly relations: Relations
}

export type Meaning =
  | { readonly kind: 'requirement'; readonly requirement: number }
  | { readonly kind: 'target'; readonly target: Target }
  /** An installed package stays, in some version. */
  | { readonly kind: 'keep'; readonly name: number }
  /** One that goes is replaced by, or in conflict with, something new. */
  | { readonly kind: 'justify'; readonly name: number }
  /** No removal in this run. */
  | { readonly kind: 'no-removal'; readonly name: number }

interface Relations {
  /** Requirements that a candidate needs satisfied, and the candidates that need a requirement. */
  readonly needs: RelationTable
  readonly neededBy: RelationTable
  /** Conflict requirements that a candidate satisfies, and the candidates that declare a conflict requirement. */
  readonly conflictsMet: RelationTable
  readonly declaredBy: RelationTable
  /** Candidates of other names that cannot be there when this one replaces them, both ways. */
  readonly replaced: RelationTable
}

export function buildProblem(
  model: Model,
  targets: readonly Target[],
  removals: 'forbidden' | 'allowed',
): Problem {
  const { universe } = model
  const relations = buildRelations(model)
  const removalBase = universe.candidates.length + universe.requirements.length
  const drivers = removableNames(model, relations)
  const removalVariables = new Int32Array(model.names.length).fill(-1)
  let variables = removalBase
  for (const name of drivers.keys()) removalVariables[name] = variables++
  const clauses: number[][] = []
  const meanings: Meaning[] = []
  const add = (meaning: Meaning, literals: number[]): void => {
    meanings.push(meaning)
    clauses.push(literals)
  }
  for (const target of targets) add({ kind: 'target', target }, target.options.map(positive))
  addRequirements(model, relations, add)
  addKept(model, removalVariables, drivers, add)
  const asked = new Set(targets.filter((target) => target.mayBeReplaced).map((target) => target.name))
  const unasked: number[] = []
  for (const name of drivers.keys()) {
    if (asked.has(model.names[name] as string)) continue
    const variable = removalVariables[name] as number
    unasked.push(variable)
    if (removals === 'forbidden') add({ kind: 'no-removal', name }, [negative(variable)])
  }
  const nameOfRemoval = Int32Array.from(drivers.keys())
  return {
    model,
    targets,
    variables,
    clauses,
    meanings,
    removals: removalVariables,
    drivers,
    unasked,
    relations,
    implied: implications(model, relations, removalVariables, nameOfRemoval),
  }
}

/** The variable that says that a requirement is needed. */
function neededVariable(model: Model, requirement: number): number {
  return model.universe.candidates.length + requirement
}

/** Satisfiers of a requirement that may be in the result. */
export function eligibleSatisfiers(model: Model, requirement: number): number[] {
  return requirementAt(model.universe, requirement).satisfiers.filter((id) => model.exclusions[id] === null)
}

/** Whether two candidates of different names exclude each other by a conflict that either declares. */
export function inConflict(model: Model, left: number, right: number): boolean {
  if (!isNew(model, left) && !isNew(model, right)) return false
  return declaresConflict(model, left, right) || declaresConflict(model, right, left)
}

export function declaresConflict(model: Model, declaring: number, other: number): boolean {
  return candidateAt(model.universe, declaring).conflicts.some((requirement) =>
    requirementAt(model.universe, requirement).satisfiers.includes(other),
  )
}

function buildRelations(model: Model): Relations {
  const { candidates, requirements } = model.universe
  const isConflict = new Uint8Array(requirements.length)
  for (const { conflicts } of candidates) for (const requirement of conflicts) isConflict[requirement] = 1
  const needs = relationTable(candidates.length, (add) => {
    candidates.forEach((_, id) => {
      for (const requirement of enforcedDependencies(model, id)) add(id, requirement)
    })
  })
  const replaced = replacedPairs(model)
  return {
    needs,
    neededBy: relationTable(requirements.length, (add) => {
      candidates.forEach((_, id) => {
        visitRow(needs, id, (requirement) => add(requirement, id))
      })
    }),
    conflictsMet: relationTable(candidates.length, (add) => {
      requirements.forEach(({ satisfiers }, requirement) => {
        if (isConflict[requirement] === 1) for (const id of satisfiers) add(id, requirement)
      })
    }),
    declaredBy: relationTable(requirements.length, (add) => {
      candidates.forEach(({ conflicts }, id) => {
        for (const requirement of conflicts) add(requirement, id)
      })
    }),
    replaced: relationTable(candidates.length, (add) => {
      for (const [left, right] of replaced) {
        add(left, right)
        add(right, left)
      }
    }),
  }
}

/** Putting a replacement in place excludes every version of the installed package that it replaces. */
function replacedPairs(model: Model): [number, number][] {
  return model.universe.candidates.flatMap((_, id) =>
    replacementsBy(model, id).flatMap(({ requirement, replaced }) => {
      const { name, satisfiers } = requirementAt(model.universe, requirement)
      const versions = satisfiers.filter((other) => candidateAt(model.universe, other).name === name)
      return versions.includes(replaced) ? versions.map((other): [number, number] => [id, other]) : []
    }),
  )
}

/**
 * Installed names that may leave without having been named, each with the new candidates that would drive it out;
 * null where dependents of what leaves may leave too.
 */
function removableNames(model: Model, relations: Relations): Map<number, readonly number[] | null> {
  const removable = new Map<number, readonly number[] | null>()
  model.installed.forEach((installed, name) => {
    if (installed < 0 || model.removed.has(model.names[name] as string)) return
    if (model.request.cascade) removable.set(name, null)
    const { held } = candidateAt(model.universe, installed)
    if (model.request.cascade || (held && !model.named.has(model.names[name] as string))) return
    const drivers = new Set<number>(rowOf(relations.replaced, installed))
    visitConflicts(model, relations, installed, (other) => {
      drivers.add(other)
    })
    const able = [...drivers].filter((id) => isNew(model, id) && model.exclusions[id] === null)
    if (able.length > 0) removable.set(name, able)
  })
  return removable
}

type Add = (meaning: Meaning, literals: number[]) => void

function addRequirements(model: Model, relations: Relations, add: Add): void {
  model.universe.requirements.forEach((_, requirement) => {
    if (relations.neededBy.starts[requirement] === relations.neededBy.starts[requirement + 1]) return
    const satisfiers = eligibleSatisfiers(model, requirement).map(positive)
    add({ kind: 'requirement', requirement }, [negative(neededVariable(model, requirement)), ...satisfiers])
  })
}

function addKept(model: Model, removals: Int32Array, drivers: Problem['drivers'], add: Add): void {
  model.installed.forEach((installed, name) => {
    if (installed < 0 || model.removed.has(model.names[name] as string)) return
    const members = Array.from(rowOf(model.members, name)).filter((id) => model.exclusions[id] === null)
    const removal = removals[name] as number
    add({ kind: 'keep', name }, removal < 0 ? members.map(positive) : [...members, removal].map(positive))
    const driving = drivers.get(name)
    if (driving != null) add({ kind: 'justify', name }, [negative(removal), ...driving.map(positive)])
  })
}

/** The consequences of single literals, as `Constraints.implied` wants them. */
function implications(
  model: Model,
  relations: Relations,
  removals: Int32Array,
  nameOfRemoval: Int32Array,
): Constraints['implied'] {
  const candidates = model.universe.candidates.length
  const removalBase = candidates + model.universe.requirements.length
  return (literal, imply) => {
    const variable = literal >> 1
    const exclude = (id: number): void => {
      if (id !== variable) imply(negative(id))
    }
    if ((literal & 1) === 1) {
      const isNeed = variable >= candidates && variable < removalBase
      return isNeed ? visitRow(relations.neededBy, variable - candidates, exclude) : 0
    }
    if (variable >= removalBase) {
      return visitRow(model.members, nameOfRemoval[variable - removalBase] as number, exclude)
    }
    if (variable >= candidates) return 0
    const name = model.nameOf[variable] as number
    const removal = removals[name] as number
    if (removal >= 0) imply(negative(removal))
    return (
      visitRow(relations.needs, variable, (requirement) => imply(positive(candidates + requirement))) +
      visitRow(model.members, name, exclude) +
      visitRow(relations.replaced, variable, exclude) +
      visitConflicts(model, relations, variable, exclude)
    )
  }
}

/** Visits the candidates of other names that cannot stand beside one. What is installed already stands together. */
function visitConflicts(
  model: Model,
  relations: Relations,
  id: number,
  visit: (other: number) => void,
): number {
  const { conflicts } = candidateAt(model.universe, id)
  const { starts, values } = relations.conflictsMet
  const end = starts[id + 1] as number
  if (conflicts.length === 0 && starts[id] === end) return 0
  const changed = isNew(model, id)
  const name = model.nameOf[id]
  let looks = 0
  const consider = (other: number): void => {
    looks++
    if (model.nameOf[other] !== name && (changed || isNew(model, other))) visit(other)
  }
  for (const requirement of conflicts) {
    for (const other of requirementAt(model.universe, requirement).satisfiers) consider(other)
  }
  for (let at = starts[id] as number; at < end; at++) {
    visitRow(relations.declaredBy, values[at] as number, consider)
  }
  return looks
}
