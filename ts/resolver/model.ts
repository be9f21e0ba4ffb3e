// The universe with what every part of the resolver asks of it: candidates by name, what is installed, what may be chosen.

import { type RelationTable, relationTable } from './relation-table.ts'
import { choosesNothing, type Job, type Request } from './request.ts'
import { strengthOf, trustOf } from './strength.ts'
import type { Candidate, Requirement, UniverseView } from './universe.ts'

export interface Model {
  readonly universe: UniverseView
  readonly request: Request
  /** Every package name of the universe, by bytes; the index is the name's id. */
  readonly names: readonly string[]
  readonly nameIds: ReadonlyMap<string, number>
  /** Name id of a candidate. */
  readonly nameOf: Int32Array
  /** Candidates of a name id. */
  readonly members: RelationTable
  /** Installed candidate of a name id, or -1. */
  readonly installed: Int32Array
  /** Why a candidate cannot be part of the result; null where it can. */
  readonly exclusions: readonly (Exclusion | null)[]
  /** How strong the source of a candidate is for choosing, and in the elevated checks; lower is stronger. */
  readonly strengths: Float64Array
  readonly trusts: Float64Array
  /** 1 where some installed package satisfies the requirement now. */
  readonly satisfiedNow: Uint8Array
  /** Names that jobs name, and those of them that remove jobs name. */
  readonly named: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
}

/** `same`: what is installed already, offered by a repository. `removed`: the request removes that name. */
type Exclusion = 'removed' | 'older' | 'same' | 'held' | 'architecture'

export function buildModel(universe: UniverseView, request: Request): Model {
  const { candidates, requirements } = universe
  const names = [...new Set(candidates.map((candidate) => candidate.name))].sort(compareBytes)
  const nameIds = new Map(names.map((name, id) => [name, id]))
  const nameOf = Int32Array.from(candidates, (candidate) => nameIds.get(candidate.name) as number)
  const members = relationTable(names.length, (add) => {
    nameOf.forEach((name, candidate) => {
      add(name, candidate)
    })
  })
  const installed = new Int32Array(names.length).fill(-1)
  candidates.forEach((candidate, id) => {
    if (candidate.source === 'installed') installed[nameOf[id] as number] = id
  })
  const satisfiedNow = Uint8Array.from(requirements, (requirement) =>
    requirement.satisfiers.some((id) => candidates[id]?.source === 'installed') ? 1 : 0,
  )
  const named = namesOfJobs(universe, request)
  const removed = new Set(request.jobs.flatMap((job) => (job.kind === 'remove' ? [job.name] : [])))
  const asked = askedFor(request)
  const exclusions = candidates.map((candidate, id) => {
    if (removed.has(candidate.name)) return 'removed'
    const present = candidates[installed[nameOf[id] as number] as number]
    return exclusionOf(candidate, present, universe.architecture, asked.get(id), named)
  })
  return {
    universe,
    request,
    names,
    nameIds,
    nameOf,
    members,
    installed,
    exclusions,
    strengths: Float64Array.from(candidates, (candidate) =>
      strengthOf(universe, request.unusable, candidate),
    ),
    trusts: Float64Array.from(candidates, (candidate) => trustOf(universe, request.unusable, candidate)),
    satisfiedNow,
    named,
    removed,
  }
}

export function candidateAt(universe: UniverseView, id: number): Candidate {
  return universe.candidates[id] as Candidate
}

export function requirementAt(universe: UniverseView, id: number): Requirement {
  return universe.requirements[id] as Requirement
}

/** How strong the source of a candidate is for choosing. */
export function strengthAt(model: Model, id: number): number {
  return model.strengths[id] as number
}

/** How strong it counts in the elevated checks. */
export function trustAt(model: Model, id: number): number {
  return model.trusts[id] as number
}

/** Whether a candidate is a change: anything but what is installed. */
export function isNew(model: Model, id: number): boolean {
  return candidateAt(model.universe, id).source !== 'installed'
}

/**
 * The dependencies that count for a candidate. What an installed package lacks already (a root repaired by hand,
 * an imported database) is not held against the request.
 */
export function enforcedDependencies(model: Model, id: number): readonly number[] {
  const { dependencies } = candidateAt(model.universe, id)
  if (isNew(model, id)) return dependencies
  return dependencies.filter((requirement) => model.satisfiedNow[requirement] === 1)
}

/** Names and versions are ASCII, so code units order as bytes do. */
export function compareBytes(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function namesOfJobs(universe: UniverseView, request: Request): ReadonlySet<string> {
  const named = new Set<string>()
  for (const job of request.jobs) {
    if (job.kind === 'install-file') named.add(candidateAt(universe, job.candidate).name)
    else if (movesNamed(job)) named.add(job.name)
  }
  return named
}

/** Jobs whose name may move although it is held. */
function movesNamed(job: Job): job is Extract<Job, { readonly name: string }> {
  return 'name' in job && (job.kind === 'remove' || !choosesNothing(job))
}

/** Candidates that a job names, and whether it may move backward to them. */
function askedFor(request: Request): ReadonlyMap<number, 'forward' | 'backward'> {
  const asked = new Map<number, 'forward' | 'backward'>()
  for (const job of request.jobs) {
    if (job.kind === 'install-file') asked.set(job.candidate, 'forward')
    if ('candidates' in job) for (const id of job.candidates) asked.set(id, 'backward')
  }
  return asked
}

/** A package never moves backward unasked (PSD-009 §4.2, §7.2); a held one moves only where a job names it. */
function exclusionOf(
  candidate: Candidate,
  present: Candidate | undefined,
  architecture: string,
  asked: 'forward' | 'backward' | undefined,
  named: ReadonlySet<string>,
): Exclusion | null {
  if (candidate.source === 'installed') return null
  if (candidate.architecture !== architecture && candidate.architecture !== 'noarch') return 'architecture'
  if (present === undefined) return null
  if (present.held && !named.has(candidate.name)) return 'held'
  if (candidate.versionRank < present.versionRank) return asked === 'backward' ? null : 'older'
  const same =
    candidate.versionRank === present.versionRank && candidate.architecture === present.architecture
  return same && asked === undefined ? 'same' : null
}
