// Both directions of the dependency graph, over what is installed and what repositories offer. Reads; chooses nothing but
// which package stands for a name.

import { buildModel, candidateAt, compareBytes, isNew, type Model, requirementAt } from './model.ts'
import { NO_REPOSITORY, orderSatisfiers } from './preference.ts'
import { offered } from './target.ts'
import type { UniverseView } from './universe.ts'

/** One dependency of a package. */
interface Need {
  readonly requirement: number
  readonly optional: boolean
  /** The packages that stand for it: all installed ones that satisfy it, else the one that an install would take. */
  readonly packages: readonly number[]
}

/** A package that needs another. */
export interface Dependent {
  readonly candidate: number
  readonly requirement: number
  readonly optional: boolean
}

export interface Graph {
  readonly model: Model
  /** The package that stands for a name: the installed one, else what `install` would take; -1 where there is none. */
  standing(name: string): number
  /** Dependencies first, then optional ones, each by name. */
  needsOf(candidate: number): readonly Need[]
  /** By name; of each name the package that stands for it. */
  dependentsOf(candidates: readonly number[]): readonly Dependent[]
  /** The same of these alone: for one question that is quicker, and takes far less memory, than an index of all. */
  dependentsOnce(candidates: readonly number[]): readonly Dependent[]
}

export function dependencyGraph(universe: UniverseView): Graph {
  const model = buildModel(universe, { jobs: [], cascade: false, unusable: [] })
  const standing = (name: string): number => {
    const options = offered(model, name)
    return options.find((id) => !isNew(model, id)) ?? orderSatisfiers(model, NO_REPOSITORY, options)[0] ?? -1
  }
  let index: ReadonlyMap<number, readonly Dependent[]> | undefined
  const sorted = (found: ReadonlyMap<number, readonly Dependent[]>, candidates: readonly number[]) =>
    candidates
      .flatMap((id) => found.get(id) ?? [])
      .sort((left, right) => compareDependents(universe, left, right))
  return {
    model,
    standing,
    needsOf: (candidate) => needsOf(model, candidate),
    dependentsOf(candidates) {
      index ??= reverseIndex(model, standing, () => true)
      return sorted(index, candidates)
    },
    dependentsOnce(candidates) {
      const wanted = new Set(candidates)
      return sorted(
        reverseIndex(model, standing, (id) => wanted.has(id)),
        candidates,
      )
    },
  }
}

/** Candidates of that name, or where there is none those that provide it: what `rdepends NAME` is about. */
export function named(model: Model, name: string): readonly number[] {
  const own = offered(model, name)
  const installed = own.filter((id) => !isNew(model, id))
  if (installed.length > 0) return installed
  if (own.length > 0) return own
  return model.universe.candidates.flatMap(({ provides }, id) =>
    provides.some((provide) => provide.name === name) ? [id] : [],
  )
}

function needsOf(model: Model, candidate: number): readonly Need[] {
  const { dependencies, optional, repository } = candidateAt(model.universe, candidate)
  const need =
    (isOptional: boolean) =>
    (requirement: number): Need => {
      const { satisfiers } = requirementAt(model.universe, requirement)
      const installed = satisfiers.filter((id) => !isNew(model, id))
      const best = orderSatisfiers(model, repository, satisfiers).slice(0, 1)
      return { requirement, optional: isOptional, packages: installed.length > 0 ? installed : best }
    }
  return [...dependencies.map(need(false)), ...optional.map(need(true))]
}

function reverseIndex(
  model: Model,
  standing: (name: string) => number,
  isWanted: (candidate: number) => boolean,
): ReadonlyMap<number, readonly Dependent[]> {
  const found = new Map<number, Dependent[]>()
  for (const name of model.names) {
    const candidate = standing(name)
    const { dependencies, optional } = candidateAt(model.universe, candidate)
    const add = (isOptional: boolean) => (requirement: number) => {
      for (const satisfier of requirementAt(model.universe, requirement).satisfiers) {
        if (satisfier === candidate || !isWanted(satisfier)) continue
        const known = found.get(satisfier)
        const dependent = { candidate, requirement, optional: isOptional }
        if (known === undefined) found.set(satisfier, [dependent])
        else known.push(dependent)
      }
    }
    dependencies.forEach(add(false))
    optional.forEach(add(true))
  }
  return found
}

function compareDependents(universe: UniverseView, left: Dependent, right: Dependent): number {
  const nameOf = ({ candidate }: Dependent) => candidateAt(universe, candidate).name
  return (
    compareBytes(nameOf(left), nameOf(right)) ||
    Number(left.optional) - Number(right.optional) ||
    left.requirement - right.requirement
  )
}
