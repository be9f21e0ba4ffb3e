// The resolver: a universe and a request to an ordered plan, or to a rejection that explains (PSD-009 §4.2). Pure.

import { changesOf, type Result } from './changes.ts'
import { elevatedActions } from './elevated.ts'
import { buildModel, isNew, type Model } from './model.ts'
import { orderSteps } from './order.ts'
import type { Plan, Rejection, Resolution } from './plan.ts'
import { buildProblem, type Problem } from './problem.ts'
import { rejectDependents, rejectEffort, rejectImpossible, rejectJob } from './reject.ts'
import { keptBackOf, notesOf, suggestionsOf, warningsOf } from './remarks.ts'
import { isRemovalOnly, removeWithDependents } from './removal.ts'
import { DEFAULT_STEP_LIMIT, type Request } from './request.ts'
import { createEffort, type Effort } from './search/effort.ts'
import { type Outcome, run } from './search/search.ts'
import { createSearch, type Search } from './search/state.ts'
import { type Target, targetsOf } from './target.ts'
import type { UniverseView } from './universe.ts'
import { Walk } from './walk.ts'

/** Resolves a request. Equal input gives equal output, whatever the machine: the search is bounded in steps, not in time. */
export function resolve(universe: UniverseView, request: Request): Resolution {
  const model = buildModel(universe, request)
  const effort = createEffort(request.stepLimit ?? DEFAULT_STEP_LIMIT)
  for (const job of request.jobs) {
    const rejection = rejectJob(model, job)
    if (rejection !== null) return rejection
  }
  if (isRemovalOnly(model)) {
    const { result, dependents } = removeWithDependents(model)
    if (dependents.length > 0 && !request.cascade) return rejectDependents(model, dependents)
    return planOf(model, [], result, effort)
  }
  const targets = targetsOf(model)
  if (isSatisfied(model, targets)) return planOf(model, targets, model.installed, effort)
  const solution = solve(model, targets, effort)
  return 'kind' in solution ? solution : planOf(model, targets, solution.result, effort)
}

/** Whether what is installed is the preferred result as it is: every first choice of its walk. */
function isSatisfied(model: Model, targets: readonly Target[]): boolean {
  const isInstalled = (id: number | undefined) => id !== undefined && !isNew(model, id)
  return model.removed.size === 0 && targets.every(({ options }) => isInstalled(options[0]))
}

interface Solution {
  readonly result: Result
}

/** First without removals that nobody asked for; if there is no such result, with as few of them as possible. */
function solve(model: Model, targets: readonly Target[], effort: Effort): Solution | Rejection {
  const strict = attempt(buildProblem(model, targets, 'forbidden'), Number.POSITIVE_INFINITY, effort)
  if (strict.outcome.kind === 'exhausted') return rejectEffort(effort)
  if (strict.outcome.kind === 'found') return { result: resultOf(strict) }
  if (strict.problem.unasked.length === 0) return explained([strict], effort)
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

function planOf(model: Model, targets: readonly Target[], result: Result, effort: Effort): Plan {
  const steps = orderSteps(model, changesOf(model, targets, result), result)
  return {
    kind: 'plan',
    steps,
    suggestions: suggestionsOf(model, steps, result),
    keptBack: keptBackOf(model),
    elevated: elevatedActions(model, steps, result),
    warnings: warningsOf(model, steps),
    notes: notesOf(model, targets, result),
    effort: effort.steps,
  }
}
