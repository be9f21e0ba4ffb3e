// One search, or several: the preferred valid result for a list of targets, or the rejection that says why there is none.

import type { Result } from './changes.ts'
import type { Model } from './model.ts'
import type { Rejection } from './plan.ts'
import { buildProblem, type Problem } from './problem.ts'
import { rejectEffort, rejectImpossible } from './reject.ts'
import type { Effort } from './search/effort.ts'
import { type Outcome, run } from './search/search.ts'
import { createSearch, type Search } from './search/state.ts'
import type { Target } from './target.ts'
import { Walk } from './walk.ts'

export interface Solution {
  readonly result: Result
}

/** First without removals that nobody asked for; if there is no such result, with as few of them as possible. */
export function solve(model: Model, targets: readonly Target[], effort: Effort): Solution | Rejection {
  const strict = attempt(buildProblem(model, targets, 'forbidden'), Number.POSITIVE_INFINITY, effort)
  if (strict.outcome.kind === 'exhausted') return rejectEffort(effort)
  if (strict.outcome.kind === 'found') return { result: resultOf(strict) }
  // Keeping an upgrade back is milder than taking a package away.
  const mayRemove = strict.problem.unasked.length > 0 && model.request.skipBroken !== true
  if (!mayRemove) return explained([strict], effort)
  const problem = buildProblem(model, targets, 'allowed')
  let best = attempt(problem, Number.POSITIVE_INFINITY, effort)
  if (best.outcome.kind === 'exhausted') return rejectEffort(effort)
  if (best.outcome.kind === 'impossible') return explained([best, strict], effort)
  for (let removals = removalsIn(best); removals > 1; removals = removalsIn(best)) {
    const fewer = attempt(problem, removals - 1, effort)
    if (fewer.outcome.kind === 'exhausted') return rejectEffort(effort)
    if (fewer.outcome.kind === 'impossible') break
    best = fewer
  }
  return { result: resultOf(best) }
}

/** The rejection that tells the first of the failed attempts whose proof can be told. */
function explained(attempts: readonly Attempt[], effort: Effort): Rejection {
  for (const { problem, search, outcome } of attempts) {
    if (outcome.kind !== 'impossible') continue
    const rejection = rejectImpossible(problem, search, outcome.conflict)
    if (rejection !== null) return { ...rejection, effort: effort.steps }
  }
  throw new Error('the strictest search rests on given facts only')
}

interface Attempt {
  readonly problem: Problem
  readonly search: Search
  readonly outcome: Outcome
}

function attempt(problem: Problem, maximumRemovals: number, effort: Effort): Attempt {
  const search = createSearch(problem, effort)
  return { problem, search, outcome: run(search, new Walk(problem, maximumRemovals, effort)) }
}

function removalsIn({ problem, search }: Attempt): number {
  return problem.unasked.filter((variable) => search.trail.values[variable] === 1).length
}

function resultOf({ problem, search }: Attempt): Result {
  const result: Result = new Int32Array(problem.model.names.length).fill(-1)
  problem.model.nameOf.forEach((name, id) => {
    if (search.trail.values[id] === 1) result[name] = id
  })
  return result
}
