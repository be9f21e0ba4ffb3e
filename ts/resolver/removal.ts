// Removal alone: what has to leave with the named packages. Nothing is installed or upgraded to make up for them.

import type { Result } from './changes.ts'
import { candidateAt, enforcedDependencies, type Model, requirementAt } from './model.ts'

/** An installed package that needs what a removal takes away. */
export interface Dependent {
  readonly candidate: number
  readonly requirement: number
  /** The installed package whose removal left the requirement without satisfier. */
  readonly lost: number
}

export interface Removal {
  readonly result: Result
  /** In the order in which they were found: first those of the named packages, then theirs. */
  readonly dependents: readonly Dependent[]
}

/** The largest part of what is installed that can stay without the named packages (PSD-009 §7.3), through provides. */
export function removeWithDependents(model: Model): Removal {
  const { universe } = model
  const result = model.installed.slice()
  const left = new Int32Array(universe.requirements.length)
  const dependentsOf = new Map<number, number[]>()
  for (const id of installedIds(model)) {
    for (const requirement of enforcedDependencies(model, id)) {
      const known = dependentsOf.get(requirement)
      if (known === undefined) dependentsOf.set(requirement, [id])
      else known.push(id)
    }
  }
  const satisfies = requirementsMet(model, dependentsOf, left)
  const leaving = installedIds(model).filter((id) => model.removed.has(candidateAt(universe, id).name))
  for (const id of leaving) result[model.nameOf[id] as number] = -1
  const dependents: Dependent[] = []
  for (let at = 0; at < leaving.length; at++) {
    const lost = leaving[at] as number
    for (const requirement of satisfies.get(lost) ?? []) {
      left[requirement] = (left[requirement] as number) - 1
      if ((left[requirement] as number) > 0) continue
      for (const candidate of dependentsOf.get(requirement) ?? []) {
        if (result[model.nameOf[candidate] as number] !== candidate) continue
        result[model.nameOf[candidate] as number] = -1
        leaving.push(candidate)
        dependents.push({ candidate, requirement, lost })
      }
    }
  }
  return { result, dependents }
}

/** The needed requirements that each installed package satisfies; counts in `left` how many satisfy each. */
function requirementsMet(
  model: Model,
  dependentsOf: ReadonlyMap<number, readonly number[]>,
  left: Int32Array,
): Map<number, number[]> {
  const satisfies = new Map<number, number[]>()
  for (const requirement of dependentsOf.keys()) {
    for (const id of requirementAt(model.universe, requirement).satisfiers) {
      if (candidateAt(model.universe, id).source !== 'installed') continue
      left[requirement] = (left[requirement] as number) + 1
      const known = satisfies.get(id)
      if (known === undefined) satisfies.set(id, [requirement])
      else known.push(requirement)
    }
  }
  return satisfies
}

function installedIds(model: Model): number[] {
  return [...model.installed].filter((id) => id >= 0)
}
