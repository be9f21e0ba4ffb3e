// From the chosen candidates to what has to be done: one change per name, with its cause and the reason to record.

import { candidateAt, type Model } from './model.ts'
import type { PackageStep, RemoveStep, Step } from './plan.ts'
import { inConflict } from './problem.ts'
import type { Target } from './target.ts'
import { replacementsBy } from './upgrade.ts'

/** The result: chosen candidate by name id, -1 where there will be none. */
export type Result = Int32Array

/** The changes that lead from what is installed to a result, by name. */
export function changesOf(
  model: Model,
  targets: readonly Target[],
  result: Result,
  unneeded: ReadonlySet<number>,
): Step[] {
  const changed = [...result].filter(
    (id) => id >= 0 && candidateAt(model.universe, id).source !== 'installed',
  )
  const replacedBy = new Map<number, number>()
  for (const id of changed) {
    for (const { replaced } of replacementsBy(model, id))
      if (!replacedBy.has(replaced)) replacedBy.set(replaced, id)
  }
  const explicit = explicitlyWanted(model, targets, result, replacedBy)
  const reasons = reasonsOf(model, targets, result)
  return [...result].flatMap((id, name): Step[] => {
    const installed = model.installed[name] as number
    if (id === installed) return []
    if (unneeded.has(installed)) return [removeUnneeded(model, installed)]
    if (id < 0) return [removeStep(model, installed, replacedBy.get(installed), changed)]
    const reason = reasons.get(id)
    const step = packageStep(model, id, installed, explicit.has(id))
    return [reason === undefined ? step : { ...step, reason }]
  })
}

function removeUnneeded(model: Model, candidate: number): RemoveStep {
  return { kind: 'remove', name: candidateAt(model.universe, candidate).name, candidate, cause: 'unneeded' }
}

function packageStep(model: Model, id: number, installed: number, explicit: boolean): PackageStep {
  const { name, source, versionRank } = candidateAt(model.universe, id)
  const local = source === 'local'
  const wanted = explicit ? 'explicit' : 'dependency'
  if (installed < 0) return { kind: 'install', name, candidate: id, from: null, reason: wanted, local }
  const present = candidateAt(model.universe, installed)
  const kind =
    versionRank > present.versionRank
      ? 'upgrade'
      : versionRank < present.versionRank
        ? 'downgrade'
        : 'reinstall'
  const reason = explicit ? 'explicit' : (demoted(model, name) ?? present.reason ?? wanted)
  return { kind, name, candidate: id, from: installed, reason, local }
}

/** `apply` makes a dependency of everything that its file does not name. */
function demoted(model: Model, name: string): 'dependency' | undefined {
  const demotes = model.request.jobs.some((job) => job.kind === 'only-explicit' && !job.names.includes(name))
  return demotes ? 'dependency' : undefined
}

function removeStep(
  model: Model,
  installed: number,
  replacing: number | undefined,
  changed: readonly number[],
): RemoveStep {
  const { name } = candidateAt(model.universe, installed)
  const step = { kind: 'remove', name, candidate: installed } as const
  if (model.removed.has(name)) return { ...step, cause: 'requested' }
  if (replacing !== undefined) {
    return { ...step, cause: 'replaced', replacedBy: candidateAt(model.universe, replacing).name }
  }
  const driver = changed.find((id) => inConflict(model, id, installed))
  if (driver === undefined) return { ...step, cause: 'dependent' }
  return { ...step, cause: 'conflict', conflictsWith: candidateAt(model.universe, driver).name }
}

/** The reasons that the request itself gives for the candidates it chose. */
function reasonsOf(
  model: Model,
  targets: readonly Target[],
  result: Result,
): ReadonlyMap<number, PackageStep['reason']> {
  const reasons = new Map<number, PackageStep['reason']>()
  for (const { reason, options } of targets) {
    const chosen = options.find((id) => result[model.nameOf[id] as number] === id)
    if (reason !== null && chosen !== undefined) reasons.set(chosen, reason)
  }
  return reasons
}

/** Candidates that an install job chose, and those that replace a package that was wanted for itself. */
function explicitlyWanted(
  model: Model,
  targets: readonly Target[],
  result: Result,
  replacedBy: ReadonlyMap<number, number>,
): ReadonlySet<number> {
  const wanted = new Set<number>()
  for (const { explicit, options } of targets) {
    const chosen = options.find((id) => result[model.nameOf[id] as number] === id)
    if (explicit && chosen !== undefined) wanted.add(chosen)
  }
  for (const [replaced, replacing] of replacedBy) {
    if (candidateAt(model.universe, replaced).reason === 'explicit') wanted.add(replacing)
  }
  return wanted
}
