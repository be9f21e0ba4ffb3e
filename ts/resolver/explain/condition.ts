// Which of the conditions of PSD-009 §4.2 a rejection falls under.

import { candidateAt, type Model, requirementAt } from '../model.ts'
import type { Condition, RejectionCode } from '../plan.ts'
import { variableOf } from '../search/literal.ts'
import type { Fact } from './fact.ts'

export const CODES: Readonly<Record<Condition, RejectionCode>> = {
  1: 'PEI_RESOLVE_UNSATISFIABLE',
  2: 'PEI_RESOLVE_CONFLICT',
  3: 'PEI_RESOLVE_ARCHITECTURE',
  4: 'PEI_RESOLVE_REGRESSION',
  5: 'PEI_RESOLVE_CYCLE',
  6: 'PEI_RESOLVE_WORK_BOUND',
}

export const PHRASES: Readonly<Record<Condition, string>> = {
  1: 'a dependency cannot be satisfied',
  2: 'packages are in conflict',
  3: 'a package has the wrong architecture',
  4: 'a package would have to move backward',
  5: 'packages depend on each other in a cycle that no choice of versions satisfies',
  6: 'the search was too long',
}

/** A conflict where one takes part; else what leaves a requirement without satisfier; else a cycle that closes on another version. */
export function conditionOf(model: Model, facts: readonly Fact[]): Condition {
  const kinds = new Set(facts.map(({ meaning }) => meaning.kind))
  if (kinds.has('conflict') || kinds.has('replaces')) return 2
  const unmet = facts.flatMap(({ literals, meaning }) =>
    meaning.kind === 'requirement' && literals.length === 1
      ? [requirementAt(model.universe, meaning.requirement)]
      : [],
  )
  if (unmet.some(({ satisfiers }) => satisfiers.some((id) => model.exclusions[id] === 'older'))) return 4
  if (
    unmet.some(({ satisfiers, wrongArchitecture }) => satisfiers.length === 0 && wrongArchitecture.length > 0)
  )
    return 3
  return unmet.length === 0 && closesOnAnotherVersion(model, facts) ? 5 : 1
}

/** Whether some package needs, through others, a version of itself that it is not. */
function closesOnAnotherVersion(model: Model, facts: readonly Fact[]): boolean {
  const satisfiers = new Map(
    facts.flatMap(({ literals, meaning }) =>
      meaning.kind === 'requirement'
        ? [[meaning.requirement, literals.slice(1).map(variableOf)] as const]
        : [],
    ),
  )
  const leads = new Map<number, number[]>()
  for (const { meaning } of facts) {
    if (meaning.kind !== 'needs') continue
    const next = satisfiers.get(meaning.requirement) ?? []
    leads.set(meaning.candidate, [...(leads.get(meaning.candidate) ?? []), ...next])
  }
  return [...leads.keys()].some((start) => {
    const seen = new Set([start])
    for (const at of seen) for (const next of leads.get(at) ?? []) seen.add(next)
    const { name } = candidateAt(model.universe, start)
    return [...seen].some((id) => id !== start && candidateAt(model.universe, id).name === name)
  })
}
