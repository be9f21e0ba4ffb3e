// What a request changes about packages that stay as they are: holds, and why they are installed.

import type { Result } from './changes.ts'
import { candidateAt, isNew, type Model } from './model.ts'
import type { Mark } from './plan.ts'
import type { Target } from './target.ts'

/** Marks that change something; a package that the plan moves gets its reason with its step. */
export function marksOf(model: Model, targets: readonly Target[], result: Result): Mark[] {
  const found = new Map<string, Mark>()
  const add = (mark: Mark): void => {
    found.set(`${mark.kind} ${mark.name}`, mark)
  }
  for (const candidate of askedFor(model, targets, result)) {
    const { name, reason } = candidateAt(model.universe, candidate)
    if (reason === 'dependency') add({ kind: 'mark-explicit', name, candidate })
  }
  for (const job of model.request.jobs) {
    if (job.kind === 'only-explicit') for (const mark of demotions(model, job.names, result)) add(mark)
    if (job.kind !== 'hold' && job.kind !== 'unhold' && job.kind !== 'mark') continue
    const id = model.nameIds.get(job.name) ?? -1
    const candidate = model.installed[id] ?? -1
    // What leaves needs no mark.
    if (candidate < 0 || (result[id] as number) < 0) continue
    const { name, held, reason } = candidateAt(model.universe, candidate)
    if (job.kind === 'mark') {
      if (reason !== job.reason) add({ kind: `mark-${job.reason}`, name, candidate })
    } else if (held !== (job.kind === 'hold')) add({ kind: job.kind, name, candidate })
  }
  return [...found.values()]
}

/** Installed packages that `install` was asked for by name and that stay as they are. */
function askedFor(model: Model, targets: readonly Target[], result: Result): readonly number[] {
  return targets.flatMap(({ explicit, options }) => {
    const chosen = options.find((id) => result[model.nameOf[id] as number] === id)
    return explicit && chosen !== undefined && !isNew(model, chosen) ? [chosen] : []
  })
}

/** Explicit packages that stay for others although the list does not name them. */
function demotions(model: Model, names: readonly string[], result: Result): readonly Mark[] {
  const wanted = new Set(names)
  return [...result].flatMap((candidate): Mark[] => {
    if (candidate < 0 || isNew(model, candidate)) return []
    const { name, reason } = candidateAt(model.universe, candidate)
    if (reason !== 'explicit' || wanted.has(name)) return []
    return [{ kind: 'mark-dependency', name, candidate }]
  })
}
