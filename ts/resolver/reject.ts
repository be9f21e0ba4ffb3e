// Rejections: what is refused, under which condition, and why.

import { CODES, conditionOf, PHRASES } from './explain/condition.ts'
import { derive } from './explain/derive.ts'
import { factsOf } from './explain/fact.ts'
import { excludedText, sentencesOf } from './explain/sentences.ts'
import { candidateAt, compareBytes, type Model } from './model.ts'
import type { Rejection, RejectionCode } from './plan.ts'
import type { Problem } from './problem.ts'
import type { Dependent } from './removal.ts'
import type { Job, PlaceJob } from './request.ts'
import type { Conflict } from './search/analyze.ts'
import type { Effort } from './search/effort.ts'
import type { Search } from './search/state.ts'
import { installOptions, offered, type Target } from './target.ts'
import { enumerate, foreignText, originOf, packageText, requirementText } from './text.ts'

/** What is wrong with a job whatever the others are; null where nothing is. */
export function rejectJob(model: Model, job: Job): Rejection | null {
  if (!('name' in job) && job.kind !== 'install-file') return null
  if (job.kind === 'install-file') {
    return rejectSameName(model, job.candidate) ?? rejectExcluded(model, job.candidate)
  }
  if (job.kind === 'install') return rejectInstall(model, job)
  if ('candidates' in job) return rejectPlace(model, job)
  const installed = model.installed[model.nameIds.get(job.name) ?? -1] ?? -1
  return installed >= 0
    ? null
    : rejection(1, 'PEI_RESOLVE_NOT_INSTALLED', `"${job.name}" is not installed`, [])
}

/** The dependents of what is to be removed, when they may not go with it. */
export function rejectDependents(model: Model, dependents: readonly Dependent[]): Rejection {
  const { universe } = model
  const names = dependents.map(({ candidate }) => candidateAt(universe, candidate).name).sort(compareBytes)
  const explanation = dependents.map(
    ({ candidate, requirement }) =>
      `${packageText(universe, candidate)} needs ${requirementText(universe, requirement)}`,
  )
  const summary = `cannot remove ${removedText(model)}: needed by ${enumerate(names)} (--cascade removes dependents too)`
  return rejection(1, 'PEI_RESOLVE_DEPENDENTS', summary, explanation)
}

/** The work bound was reached (PSD-009 §4.2.8). */
export function rejectEffort(effort: Effort): Rejection {
  const summary = `resolution gave up after ${effort.limit} steps`
  return { ...rejection(6, CODES[6], summary, []), effort: effort.steps }
}

/** No result exists. Null where the search's proof rests on more than facts; a stricter search's is to be told then. */
export function rejectImpossible(problem: Problem, search: Search, conflict: Conflict): Rejection | null {
  const facts = factsOf(problem, search, conflict)
  if (facts === null) return null
  const { model } = problem
  const condition = conditionOf(model, facts)
  const targets = facts.flatMap(({ meaning }) => (meaning.kind === 'target' ? [meaning.target] : []))
  const subject = refusedText(model, targets)
  const derivation = derive(facts)
  const explanation =
    derivation === null
      ? [
          'every combination of the versions on offer contradicts itself; the derivation is too long to be printed',
        ]
      : [...sentencesOf(model, derivation), conclusionText(model, targets)]
  const rejected = rejection(condition, CODES[condition], `${subject}: ${PHRASES[condition]}`, explanation)
  return { ...rejected, culprits: targets.map(({ name }) => name) }
}

function rejectInstall(model: Model, job: Job & { readonly kind: 'install' }): Rejection | null {
  const { universe } = model
  if (installOptions(model, job).length > 0) return null
  const wanted = job.version === undefined ? job.name : `${job.name} ${job.version.text}`
  const excluded = (job.version?.candidates ?? offered(model, job.name))[0]
  if (excluded !== undefined) return rejectExcluded(model, excluded)
  const present = offered(model, job.name)
  const mismatched = universe.mismatched.filter(({ name }) => name === job.name)
  const [first, ...others] = mismatched
  if (present.length === 0 && first !== undefined) {
    const foreign = `${first.name} ${job.version?.text ?? first.version}`
    return rejection(3, CODES[3], foreignText([first, ...others], foreign, universe.architecture), [])
  }
  const offers = present.map((id) => {
    const candidate = candidateAt(universe, id)
    const offers =
      candidate.source === 'installed' ? 'installed is' : `${originOf(universe, candidate)} offers`
    return `${offers} ${packageText(universe, id)}`
  })
  return rejection(
    1,
    'PEI_RESOLVE_NOT_FOUND',
    `cannot install ${wanted}: no configured repository offers it`,
    offers.length > 0 ? offers : ['peipkg refresh fetches what is new, peipkg search finds names'],
  )
}

/** Nothing offers what a downgrade, a reinstall or an undo is to put in place. */
function rejectPlace(model: Model, { kind, name, version, candidates }: PlaceJob): Rejection | null {
  const installed = model.installed[model.nameIds.get(name) ?? -1] ?? -1
  if (installed < 0 && kind !== 'restore') {
    return rejection(1, 'PEI_RESOLVE_NOT_INSTALLED', `"${name}" is not installed`, [])
  }
  if (candidates.length > 0) return null
  const offers = offered(model, name)
    .filter((id) => id !== installed)
    .map((id) => {
      const origin = originOf(model.universe, candidateAt(model.universe, id))
      return `${origin} offers ${packageText(model.universe, id)}`
    })
  const summary = {
    downgrade: `cannot downgrade ${name} to ${version}: no configured repository offers it`,
    reinstall: `cannot reinstall ${name} ${version}: no configured repository offers it`,
    restore: `cannot restore ${name} ${version}: not all of its files are retained, and no configured repository offers it`,
  }[kind]
  return rejection(1, 'PEI_RESOLVE_NOT_FOUND', summary, offers)
}

/** Two files of one name were asked for. */
function rejectSameName(model: Model, id: number): Rejection | null {
  const { universe, request } = model
  const { name } = candidateAt(universe, id)
  const files = request.jobs.flatMap((job) =>
    job.kind === 'install-file' && candidateAt(universe, job.candidate).name === name ? [job.candidate] : [],
  )
  const candidates = [...new Set(files)]
  if (candidates.length < 2) return null
  const wanted = enumerate(candidates.map((one) => packageText(universe, one)))
  const count = candidates.length === 2 ? 'both' : 'all'
  const summary = `cannot install ${wanted}: ${count} are "${name}", and only one package of a name can be installed`
  return rejection(1, CODES[1], summary, [])
}

/** A candidate that was asked for by version or file and cannot be taken. */
function rejectExcluded(model: Model, id: number): Rejection | null {
  const { universe } = model
  const exclusion = model.exclusions[id]
  if (exclusion === null || exclusion === undefined) return null
  const wanted = packageText(universe, id)
  if (exclusion === 'older') {
    const installed = packageText(universe, model.installed[model.nameOf[id] as number] as number)
    const summary = `cannot install ${wanted}: ${installed} is installed, and going back is a downgrade (peipkg downgrade ${universe.candidates[id]?.name} ${universe.candidates[id]?.version})`
    return rejection(4, CODES[4], summary, [])
  }
  const condition = exclusion === 'architecture' ? 3 : 1
  return rejection(condition, CODES[condition], `cannot install ${wanted}: ${excludedText(model, id)}`, [])
}

function refusedText(model: Model, targets: readonly Target[]): string {
  const parts = verbs.flatMap((verb) => {
    const names = targets.filter(({ kind }) => verbOf(kind) === verb).map(({ name }) => name)
    return names.length > 0 ? [`${verb} ${enumerate(names)}`] : []
  })
  return `cannot ${enumerate(parts.length > 0 ? parts : [`remove ${removedText(model)}`])}`
}

const verbs = ['install', 'upgrade', 'downgrade', 'reinstall', 'restore'] as const

const verbOf = (kind: Target['kind']): (typeof verbs)[number] => (kind === 'install-file' ? 'install' : kind)

function conclusionText(model: Model, targets: readonly Target[]): string {
  if (targets.length === 0) return `so ${removedText(model)} cannot be removed`
  const [verb, ...others] = new Set(targets.map(({ kind }) => verbOf(kind)))
  if (verb === undefined || others.length > 0) return 'so the request cannot be met'
  const names = enumerate(targets.map(({ name }) => name))
  return `so ${names} cannot be ${verb}${verb.endsWith('e') ? 'd' : 'ed'}${targets.length > 1 ? ' together' : ''}`
}

function removedText(model: Model): string {
  return enumerate([...model.removed].sort(compareBytes))
}

function rejection(
  condition: Rejection['condition'],
  code: RejectionCode,
  summary: string,
  explanation: readonly string[],
): Rejection {
  return { kind: 'rejection', condition, code, summary, explanation, culprits: [], effort: 0 }
}
