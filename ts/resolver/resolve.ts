// The resolver: a universe and a request to an ordered plan, or to a rejection that explains (PSD-009 §4.2). Pure.

import { changesOf, type Result } from './changes.ts'
import { elevatedActions } from './elevated.ts'
import { marksOf } from './marks.ts'
import { buildModel, candidateAt, isNew, type Model } from './model.ts'
import { orderSteps } from './order.ts'
import type { KeptBack, Plan, Resolution } from './plan.ts'
import { rejectDependents, rejectJob } from './reject.ts'
import { heldBack, notesOf, suggestionsOf, warningsOf } from './remarks.ts'
import { removeWithDependents } from './removal.ts'
import { choosesNothing, DEFAULT_STEP_LIMIT, type Request } from './request.ts'
import { createEffort, type Effort } from './search/effort.ts'
import { solveRest } from './skip-broken.ts'
import { solve } from './solve.ts'
import { type Target, targetsOf } from './target.ts'
import type { Candidate, UniverseView } from './universe.ts'
import { unneededIn } from './unneeded.ts'

/** Resolves a request. Equal input gives equal output, whatever the machine: the search is bounded in steps, not in time. */
export function resolve(universe: UniverseView, request: Request): Resolution {
  const model = buildModel(universe, request)
  const effort = createEffort(request.stepLimit ?? DEFAULT_STEP_LIMIT)
  for (const job of request.jobs) {
    const rejection = rejectJob(model, job)
    if (rejection !== null) return rejection
  }
  if (request.jobs.every(choosesNothing)) {
    const { result, dependents } = removeWithDependents(model)
    if (dependents.length > 0 && !request.cascade) return rejectDependents(model, dependents)
    return planOf(model, { targets: [], result, broken: [] }, effort)
  }
  const targets = targetsOf(model)
  if (isSatisfied(model, targets)) {
    return planOf(model, { targets, result: model.installed, broken: [] }, effort)
  }
  if (request.skipBroken === true) {
    const rest = solveRest(model, targets, effort)
    return 'kind' in rest ? rest : planOf(model, rest, effort)
  }
  const solution = solve(model, targets, effort)
  if ('kind' in solution) return solution
  const plan = planOf(model, { targets, broken: [], ...solution }, effort)
  return { ...plan, keptBack: [...plan.keptBack, ...heldAside(model, effort)] }
}

/** Held packages that the same request would have moved or removed, were they not held; an upgrade of everything knows its own. */
function heldAside(model: Model, effort: Effort): readonly KeptBack[] {
  const { universe, request, named } = model
  if (request.jobs.some(({ kind }) => kind === 'upgrade-all')) return []
  const isAside = ({ held, name }: Candidate) => held && !named.has(name)
  if (!universe.candidates.some(isAside)) return []
  const candidates = universe.candidates.map((one) => (isAside(one) ? { ...one, held: false } : one))
  const stepLimit = Math.max(1, effort.limit - effort.steps)
  const free = resolve({ ...universe, candidates }, { ...request, stepLimit })
  if (free.kind === 'rejection') return []
  return free.steps.flatMap(({ name }): KeptBack[] => {
    const candidate = model.installed[model.nameIds.get(name) ?? -1] ?? -1
    if (candidate < 0 || !isAside(candidateAt(universe, candidate))) return []
    return [{ name, candidate, why: 'held', explanation: [] }]
  })
}

/** Whether what is installed is the preferred result as it is: every first choice of its walk. */
function isSatisfied(model: Model, targets: readonly Target[]): boolean {
  const isInstalled = (id: number | undefined) => id !== undefined && !isNew(model, id)
  return model.removed.size === 0 && targets.every(({ options }) => isInstalled(options[0]))
}

interface Solved {
  readonly targets: readonly Target[]
  readonly result: Result
  /** Upgrades that were given up. */
  readonly broken: readonly KeptBack[]
}

function planOf(model: Model, { targets, result: chosen, broken }: Solved, effort: Effort): Plan {
  const unneeded = unneededIn(model, targets, chosen)
  const result = chosen.map((id) => (unneeded.has(id) ? -1 : id))
  const steps = orderSteps(model, changesOf(model, targets, result, unneeded), result)
  return {
    kind: 'plan',
    steps,
    marks: marksOf(model, targets, result),
    suggestions: suggestionsOf(model, steps, result),
    keptBack: [...heldBack(model), ...broken],
    elevated: elevatedActions(model, steps, result),
    warnings: warningsOf(model, steps),
    notes: notesOf(model, targets, result),
    effort: effort.steps,
  }
}
