// `upgrade --skip-broken`: what cannot move stays, with its reason, and the rest moves.
//
// A rejection names the targets that its proof rests on. The last of them in request order is given up and the rest is tried
// again. One that was given up beside others may fit after all once those were given up too, so that each of these gets
// a second chance; one whose own proof needs nobody else cannot (constraints only ever exclude).

import type { Result } from './changes.ts'
import type { Model } from './model.ts'
import type { KeptBack, Rejection } from './plan.ts'
import type { Effort } from './search/effort.ts'
import { solve } from './solve.ts'
import type { Target } from './target.ts'

export interface Rest {
  readonly targets: readonly Target[]
  readonly result: Result
  /** Upgrades that were given up, in request order. */
  readonly broken: readonly KeptBack[]
}

/** A rejection only where giving up upgrades does not help, or the work bound is hit. */
export function solveRest(model: Model, targets: readonly Target[], effort: Effort): Rest | Rejection {
  const broken = new Map<Target, Rejection>()
  const remaining = () => targets.filter((target) => !broken.has(target))
  let solution = solve(model, remaining(), effort)
  while ('kind' in solution) {
    const { culprits } = solution
    const culprit = remaining().findLast(({ name }) => culprits.includes(name))
    if (solution.condition === 6 || culprit === undefined) return solution
    broken.set(culprit, solution)
    solution = solve(model, remaining(), effort)
  }
  for (const [target, rejection] of [...broken].reverse()) {
    if (rejection.culprits.length < 2) continue
    broken.delete(target)
    const retried = solve(model, remaining(), effort)
    if ('kind' in retried) broken.set(target, rejection)
    else solution = retried
  }
  return { targets: remaining(), result: solution.result, broken: keptBack(model, targets, broken) }
}

function keptBack(
  model: Model,
  targets: readonly Target[],
  broken: ReadonlyMap<Target, Rejection>,
): readonly KeptBack[] {
  return targets.flatMap((target): KeptBack[] => {
    const rejection = broken.get(target)
    const candidate = model.installed[model.nameIds.get(target.name) ?? -1] ?? -1
    if (rejection === undefined || candidate < 0) return []
    return [{ name: target.name, candidate, why: whyOf(rejection), explanation: rejection.explanation }]
  })
}

/** The derivation in one line: the fact that it ends with, before what follows from it. */
function whyOf({ summary, explanation }: Rejection): string {
  return explanation.findLast((line) => !line.startsWith('so ')) ?? summary
}
