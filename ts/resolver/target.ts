// What each job of a request asks for: the candidates of which one must be in the result, in order of preference.

import { candidateAt, type Model } from './model.ts'
import { compareForPlace, NO_REPOSITORY, orderSatisfiers } from './preference.ts'
import { rowOf } from './relation-table.ts'
import type { InstallJob, Job, PlaceJob } from './request.ts'
import { followers, upgradeOptions, withFollowers } from './upgrade.ts'

/** One of `options` must be in the result. */
export interface Target {
  readonly kind: 'install' | 'install-file' | 'upgrade' | PlaceJob['kind']
  /** The name that was asked for. */
  readonly name: string
  /** With `install NAME=VERSION`: the version as written. */
  readonly version: string | null
  readonly options: readonly number[]
  /** Whether what is chosen is wanted for itself. */
  readonly explicit: boolean
  /** The request itself lets another package take the place of this one. */
  readonly mayBeReplaced: boolean
  /** The reason to record, where the request says it. */
  readonly reason: 'explicit' | 'dependency' | null
}

/** The targets of all jobs, in request order; `upgrade-all` in name order. Removals have none: nothing is chosen. */
export function targetsOf(model: Model): Target[] {
  return model.request.jobs.flatMap((job): Target[] => targetsOfJob(model, job))
}

function targetsOfJob(model: Model, job: Job): Target[] {
  switch (job.kind) {
    case 'install': {
      const options = orderSatisfiers(model, NO_REPOSITORY, installOptions(model, job))
      return [
        { ...target(job.kind, job.name, options, job.version?.text ?? null), explicit: !job.asDependency },
      ]
    }
    case 'install-file': {
      const options = model.exclusions[job.candidate] === null ? [job.candidate] : []
      const { name } = candidateAt(model.universe, job.candidate)
      return [{ ...target(job.kind, name, options, null), explicit: !job.asDependency }]
    }
    case 'upgrade': {
      const options = upgradeOptions(model, job.name)
      return options.length === 0 ? [] : [target(job.kind, job.name, options, null)]
    }
    case 'upgrade-all':
      return upgradeAll(model)
    case 'downgrade':
    case 'reinstall':
    case 'restore':
      return [{ ...target(job.kind, job.name, placeOptions(model, job), null), reason: job.reason ?? null }]
    default:
      return []
  }
}

/** Candidates that may serve `install NAME`: packages of that name, and only where there is none its providers. */
export function installOptions(model: Model, job: InstallJob): number[] {
  const real = offered(model, job.name)
  const options = job.version?.candidates ?? (real.length > 0 ? real : providersOf(model, job.name))
  return options.filter((id) => model.exclusions[id] === null)
}

/** Every candidate of a name, installed or not, eligible or not. */
export function offered(model: Model, name: string): number[] {
  const id = model.nameIds.get(name)
  return id === undefined ? [] : Array.from(rowOf(model.members, id))
}

/** A downgrade takes the highest that was meant; anything else what comes from where the installed one came from. */
function placeOptions(model: Model, { kind, name, candidates }: PlaceJob): number[] {
  const installed = model.installed[model.nameIds.get(name) ?? -1] ?? -1
  const home =
    kind === 'downgrade' || installed < 0 ? NO_REPOSITORY : candidateAt(model.universe, installed).repository
  return candidates
    .filter((id) => model.exclusions[id] === null)
    .sort((left, right) => compareForPlace(model, home, left, right))
}

function providersOf(model: Model, name: string): number[] {
  return model.universe.candidates.flatMap((candidate, id) =>
    candidate.provides.some((provide) => provide.name === name) ? [id] : [],
  )
}

function upgradeAll(model: Model): Target[] {
  const replacing = followers(model)
  return model.names.flatMap((name): Target[] => {
    const own = upgradeOptions(model, name)
    const options = withFollowers(model, own, replacing.get(name) ?? [])
    if (options.length === 0) return []
    return [{ ...target('upgrade', name, options, null), mayBeReplaced: options.length > own.length }]
  })
}

function target(
  kind: Target['kind'],
  name: string,
  options: readonly number[],
  version: string | null,
): Target {
  return { kind, name, version, options, explicit: false, mayBeReplaced: false, reason: null }
}
