// Actions of a plan that need an authorisation of their own (PSD-009 §7.6.6), in the sentence the operator answers to.

import type { Result } from './changes.ts'
import {
  candidateAt,
  compareBytes,
  enforcedDependencies,
  isNew,
  type Model,
  requirementAt,
  trustAt,
} from './model.ts'
import type { ElevatedAction, PackageStep, RemoveStep, Step } from './plan.ts'
import { inConflict } from './problem.ts'
import { offered } from './target.ts'
import { originOf } from './text.ts'
import { replacementsBy } from './upgrade.ts'

export function elevatedActions(model: Model, steps: readonly Step[], result: Result): ElevatedAction[] {
  const placed = steps.filter((step): step is PackageStep => step.kind !== 'remove')
  const removed = steps.filter((step): step is RemoveStep => step.kind === 'remove')
  return [
    ...placed.flatMap((step) => downgrade(model, step)),
    ...removed.flatMap((step) => foreignRemoval(model, step, placed)),
    ...lowTrustProvides(model, placed, result),
    ...besideUnusable(model, placed),
  ]
}

function downgrade(model: Model, step: PackageStep): ElevatedAction[] {
  if (step.kind !== 'downgrade' || step.from === null) return []
  const from = candidateAt(model.universe, step.from).version
  const to = candidateAt(model.universe, step.candidate).version
  const text = `${step.name} would move backward from ${from} to ${to}`
  return [{ kind: 'downgrade', packages: [step.name], text }]
}

/** Packages of a weaker repository that drive out one installed from a stronger one, unless the request removes it. */
function foreignRemoval(model: Model, step: RemoveStep, placed: readonly PackageStep[]): ElevatedAction[] {
  const { universe } = model
  if (step.cause === 'requested' || step.cause === 'unneeded') return []
  const leaving = candidateAt(universe, step.candidate)
  return placed.flatMap((other): ElevatedAction[] => {
    const driving = candidateAt(universe, other.candidate)
    if (trustAt(model, other.candidate) <= trustAt(model, step.candidate)) return []
    const replaces = replacementsBy(model, other.candidate).some(
      ({ replaced }) => replaced === step.candidate,
    )
    if (!replaces && !inConflict(model, other.candidate, step.candidate)) return []
    const does = replaces ? 'replace' : 'drive out'
    const text = `${driving.name} from ${originOf(universe, driving)} would ${does} ${leaving.name} ${leaving.version}, which came from ${originOf(universe, leaving)}`
    const packages = [driving.name, leaving.name]
    return [{ kind: replaces ? 'foreign-replaces' : 'foreign-conflict', packages, text }]
  })
}

/** A dependency that only a new, weaker provider serves although a stronger repository has a package of that very name. */
function lowTrustProvides(model: Model, placed: readonly PackageStep[], result: Result): ElevatedAction[] {
  const { universe } = model
  const found = new Map<string, ElevatedAction>()
  for (const requirement of neededIn(model, result)) {
    const { name, constraint, satisfiers } = requirementAt(universe, requirement)
    const chosen = satisfiers.filter((id) => result[model.nameOf[id] as number] === id)
    if (chosen.some((id) => !isNew(model, id) || candidateAt(universe, id).name === name)) continue
    for (const id of chosen) {
      const provider = candidateAt(universe, id)
      const stronger = offered(model, name).filter(
        (other) => isNew(model, other) && trustAt(model, other) < trustAt(model, id),
      )
      const strongest = stronger.sort((left, right) => trustDifference(model, left, right))[0]
      if (strongest === undefined || !placed.some((step) => step.candidate === id)) continue
      const origin = originOf(universe, candidateAt(universe, strongest))
      const wanted = constraint === null ? name : `${name} ${constraint}`
      const text = `${provider.name} from ${originOf(universe, provider)} would provide ${wanted}, although ${origin} has a package of that name`
      found.set(text, { kind: 'low-trust-provides', packages: [provider.name], text })
    }
  }
  return [...found.values()].sort((left, right) => compareBytes(left.text, right.text))
}

function trustDifference(model: Model, left: number, right: number): number {
  return trustAt(model, left) - trustAt(model, right) || left - right
}

/** Requirements of everything that will be there. */
function neededIn(model: Model, result: Result): ReadonlySet<number> {
  const needed = new Set<number>()
  for (const id of result) {
    if (id >= 0) for (const requirement of enforcedDependencies(model, id)) needed.add(requirement)
  }
  return needed
}

/** Packages of a weaker repository than one that cannot be used now, one action for each weaker repository. */
function besideUnusable(model: Model, placed: readonly PackageStep[]): ElevatedAction[] {
  const { universe, request } = model
  return universe.repositories.flatMap((repository, at): ElevatedAction[] => {
    const stronger = request.unusable.filter(({ priority }) => priority < repository.priority)
    const packages = placed
      .filter((step) => candidateAt(universe, step.candidate).repository === at && !step.local)
      .map((step) => step.name)
      .sort(compareBytes)
    if (stronger.length === 0 || packages.length === 0) return []
    const names = stronger.map(({ name }) => `"${name}"`).join(', ')
    const text = `${packages.join(', ')} would come from ${repository.name} while the stronger ${names} cannot be used`
    return [{ kind: 'unusable-repository', packages, text }]
  })
}
