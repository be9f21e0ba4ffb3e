// What a plan tells beside its steps: suggestions, warnings, what was kept back.

import type { Result } from './changes.ts'
import { candidateAt, isNew, type Model, requirementAt, trustAt } from './model.ts'
import type { KeptBack, PackageStep, Step, Suggestion } from './plan.ts'
import { offered, type Target } from './target.ts'
import { originOf, packageText } from './text.ts'
import { foreignReplacements } from './upgrade.ts'

/** Optional dependencies of what the plan puts in place that nothing in the result satisfies. They are never added. */
export function suggestionsOf(model: Model, steps: readonly Step[], result: Result): Suggestion[] {
  return placedBy(steps).flatMap((step) =>
    candidateAt(model.universe, step.candidate).optional.flatMap((id): Suggestion[] => {
      const { name, constraint, satisfiers } = requirementAt(model.universe, id)
      if (satisfiers.some((other) => result[model.nameOf[other] as number] === other)) return []
      return [{ by: step.name, name, constraint }]
    }),
  )
}

export function warningsOf(model: Model, steps: readonly Step[]): string[] {
  return placedBy(steps).flatMap((step) => [
    ...inflatedProvides(model, step.candidate),
    ...shadowingProvides(model, step.candidate),
  ])
}

/** Which provider a request for a virtual name picked, and replacements that `upgrade` did not follow. */
export function notesOf(model: Model, targets: readonly Target[], result: Result): string[] {
  const { universe } = model
  const picked = targets.flatMap((target) => {
    const chosen = target.options.find((id) => result[model.nameOf[id] as number] === id)
    if (target.kind !== 'install' || chosen === undefined) return []
    if (candidateAt(universe, chosen).name === target.name) return []
    return [`${target.name} is provided by ${packageText(universe, chosen)}`]
  })
  if (!model.request.jobs.some((job) => job.kind === 'upgrade-all')) return picked
  const ignored = foreignReplacements(model).map(({ candidate, replaced }) => {
    const replacing = candidateAt(universe, candidate)
    return `${replacing.name} from ${originOf(universe, replacing)} replaces ${packageText(universe, replaced)}; it was not followed, because that came from a stronger repository`
  })
  return [...picked, ...new Set(ignored)]
}

/** Held packages that an upgrade of everything would have moved. */
export function heldBack(model: Model): KeptBack[] {
  if (!model.request.jobs.some((job) => job.kind === 'upgrade-all')) return []
  const { universe } = model
  return model.names.flatMap((name, id): KeptBack[] => {
    const installed = model.installed[id] as number
    if (installed < 0 || model.named.has(name)) return []
    const { held, versionRank } = candidateAt(universe, installed)
    if (!held) return []
    const newer = offered(model, name).some((other) => candidateAt(universe, other).versionRank > versionRank)
    return newer ? [{ name, candidate: installed, why: 'held', explanation: [] }] : []
  })
}

/** A provided version above the package's own outranks every honest one (PSD-009 §4.1). */
function inflatedProvides(model: Model, id: number): string[] {
  const { provides, versionRank } = candidateAt(model.universe, id)
  return provides.flatMap(({ name, version, rank }) =>
    rank !== null && rank > versionRank
      ? [`${packageText(model.universe, id)} provides ${name} ${version}, a version greater than its own`]
      : [],
  )
}

function shadowingProvides(model: Model, id: number): string[] {
  const { universe } = model
  const candidate = candidateAt(universe, id)
  return candidate.provides.flatMap(({ name }) => {
    const shadowed = offered(model, name).find((other) => {
      const real = candidateAt(universe, other)
      const official = universe.repositories[real.repository]?.official === true
      return official && isNew(model, other) && trustAt(model, id) > trustAt(model, other)
    })
    if (shadowed === undefined || name === candidate.name) return []
    const origin = originOf(universe, candidateAt(universe, shadowed))
    return [
      `${packageText(universe, id)} from ${originOf(universe, candidate)} provides ${name}, the name of a package of ${origin}`,
    ]
  })
}

function placedBy(steps: readonly Step[]): PackageStep[] {
  return steps.filter((step): step is PackageStep => step.kind !== 'remove')
}
