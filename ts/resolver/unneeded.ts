// Installed packages that serve nobody any more: what `autoremove` takes away.
//
// Needed is what somebody asked for, what is held, what the request says stays, and everything that a needed package
// depends on: every installed package that satisfies the dependency, so that nothing goes while it might be what its user
// relies on. An optional dependency of a needed package counts like any other: it may be in use, and taking it away
// would take a feature away that nobody asked to lose.

import type { Result } from './changes.ts'
import { candidateAt, isNew, type Model, requirementAt } from './model.ts'
import type { Job } from './request.ts'
import type { Target } from './target.ts'

/** The installed candidates of a result that serve nobody; none unless a job asks. Everything new is needed (`walk.ts`). */
export function unneededIn(model: Model, targets: readonly Target[], result: Result): ReadonlySet<number> {
  const sweeps = model.request.jobs.filter(isSweep)
  if (sweeps.length === 0) return new Set()
  const reached = new Set<number>()
  const waiting: number[] = []
  const reach = (id: number): void => {
    if (result[model.nameOf[id] as number] !== id || reached.has(id)) return
    reached.add(id)
    waiting.push(id)
  }
  const isRoot = rootTest(model, targets, sweeps)
  for (const id of result) if (id >= 0 && isRoot(id)) reach(id)
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const { dependencies, optional } = candidateAt(model.universe, id)
    for (const requirement of [...dependencies, ...optional]) {
      for (const satisfier of requirementAt(model.universe, requirement).satisfiers) reach(satisfier)
    }
  }
  return new Set([...result].filter((id) => id >= 0 && !isNew(model, id) && !reached.has(id)))
}

type Sweep = Extract<Job, { readonly kind: 'autoremove' | 'only-explicit' }>

function isSweep(job: Job): job is Sweep {
  return job.kind === 'autoremove' || job.kind === 'only-explicit'
}

/** Whether a candidate of the result is needed whatever the others need. */
function rootTest(
  model: Model,
  targets: readonly Target[],
  sweeps: readonly Sweep[],
): (id: number) => boolean {
  const keep = new Set(sweeps.flatMap((job) => job.keep))
  const only = sweeps.flatMap((job) => (job.kind === 'only-explicit' ? [new Set(job.names)] : []))
  const wanted = new Set(targets.flatMap(({ options }) => options))
  const marked = new Map(
    model.request.jobs.flatMap((job) => (job.kind === 'mark' ? [[job.name, job.reason] as const] : [])),
  )
  return (id) => {
    const { name, source, reason, held } = candidateAt(model.universe, id)
    if (source !== 'installed' || held || keep.has(name) || wanted.has(id)) return true
    const explicit = (marked.get(name) ?? reason) === 'explicit'
    return explicit && only.every((names) => names.has(name))
  }
}
