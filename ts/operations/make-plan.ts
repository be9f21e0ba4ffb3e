/** From a request to a plan, or to the error that says why there is none. Read-only; takes no lock. */
import type { LockedPackage } from '../config/package-list.ts'
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import type { Settings } from '../config/settings.ts'
import { optimiseLate } from '../native/engine.ts'
import { PeiError } from '../native/errors.ts'
import { matchesConstraint } from '../native/identity.ts'
import type { CandidateSource, OverrideReview, Universe, UniverseView } from '../native/system.ts'
import { type Plan, type Rejection, type Resolution, shortExplanation } from '../resolver/plan.ts'
import type { Job } from '../resolver/request.ts'
import { resolve } from '../resolver/resolve.ts'
import { foreignText } from '../resolver/text.ts'
import type { ElevatedAction } from './elevated-action.ts'
import { reportUnusable, requestRepositories, withoutRepositories } from './open-repositories.ts'
import { reviewOverrides } from './overrides.ts'
import type { Session } from './session.ts'
import { type ShownPlan, showPlan } from './shown-plan.ts'

/** What the operator asked for, before anything is known about it. */
export type Target =
  | {
      readonly kind: 'install'
      readonly name: string
      readonly version: string | null
      readonly asDependency?: boolean
      /** Exactly this package, by architecture and hash. */
      readonly locked?: LockedPackage
    }
  /** `file`: an absolute path. */
  | { readonly kind: 'install-file'; readonly file: string; readonly asDependency?: boolean }
  | { readonly kind: 'upgrade'; readonly name: string }
  | { readonly kind: 'upgrade-all' }
  | { readonly kind: 'remove'; readonly name: string }
  /** What serves nobody goes, but for the names of `keep`. */
  | { readonly kind: 'autoremove'; readonly keep: readonly string[] }
  /** These names alone are wanted for themselves, of all that is installed. */
  | { readonly kind: 'only-explicit'; readonly names: readonly string[]; readonly keep: readonly string[] }
  | { readonly kind: 'hold' | 'unhold'; readonly name: string }
  | { readonly kind: 'mark'; readonly name: string; readonly reason: 'explicit' | 'dependency' }
  | {
      readonly kind: 'downgrade'
      readonly name: string
      readonly version: string
      readonly locked?: LockedPackage
    }
  /** The installed version again. */
  | {
      readonly kind: 'reinstall'
      readonly name: string
      readonly version: string
      readonly architecture: string
    }
  | RestoreTarget

/** A state that an earlier transaction ended. */
interface RestoreTarget {
  readonly kind: 'restore'
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly reason: 'explicit' | 'dependency'
  /** The transaction that ended it. */
  readonly transaction: number
  /** Everything it needs is retained; else the package is fetched. */
  readonly offline: boolean
}

export interface PlanRequest {
  readonly targets: readonly Target[]
  readonly cascade: boolean
  /** Upgrades that have no result are kept back. */
  readonly skipBroken: boolean
  /** The whole derivation of a rejection, however long. */
  readonly explain: boolean
  readonly stepLimit: number
  /** Bounds on packages that the operator raised. */
  readonly limits: Settings['limits']
  /** Repositories whose archive index is searched too. */
  readonly archives: readonly string[]
  /** What needs an authorisation whatever the plan will be. */
  readonly elevated: readonly ElevatedAction[]
}

/** The first stage: a plan that was made against `universe`, and may be shown, approved and carried out. */
export interface Planned {
  readonly plan: Plan
  readonly shown: ShownPlan
  readonly universe: Universe
  readonly view: UniverseView
}

/** What the resolver answers, and the universe that it was asked in. */
export interface Answer {
  readonly resolution: Resolution
  readonly universe: Universe
  readonly view: UniverseView
}

/** Throws PEI_RESOLVE_… with the derivation when there is no plan. */
export async function makePlan(
  request: PlanRequest,
  repositories: readonly RepositoryConfiguration[],
  session: Session,
): Promise<Planned> {
  const { resolution, universe, view } = await askResolver(request, repositories, session)
  if (resolution.kind === 'rejection') throw rejected(resolution, request.explain, session)
  const areCached = (candidates: readonly number[]) => session.system.areCached(universe, candidates)
  const modified = await modifiedFiles(resolution, session)
  const overrides = await localOverrides(resolution, { universe, view, repositories }, request, session)
  const surroundings = { areCached, modified, elevated: request.elevated, overrides }
  const restores = restoresOf(request.targets)
  const plan = { ...resolution, notes: [...resolution.notes, ...returnNotes(resolution, view, restores)] }
  return { plan, shown: showPlan(plan, view, surroundings), universe, view }
}

const restoresOf = (targets: readonly Target[]): readonly RestoreTarget[] =>
  targets.filter((target) => target.kind === 'restore')

/** Warns about repositories that cannot be used. */
export async function askResolver(
  request: Omit<PlanRequest, 'explain' | 'elevated' | 'limits'>,
  repositories: readonly RepositoryConfiguration[],
  session: Session,
): Promise<Answer> {
  optimiseLate()
  const restores = restoresOf(request.targets)
  const universe = await session.system.universe({
    names: request.targets.flatMap((target) => ('name' in target ? [target.name] : [])),
    locals: request.targets.flatMap((target) => (target.kind === 'install-file' ? [target.file] : [])),
    everything: request.targets.some(({ kind }) => kind === 'upgrade-all'),
    archives: [...request.archives],
    restores: restores
      .filter(({ offline }) => offline)
      .map(({ name, transaction }) => ({ name, transaction })),
    repositories: requestRepositories(repositories, session.now()),
  })
  const view = universe.view()
  const resolution = resolve(view, {
    jobs: request.targets.map((target) => jobOf(target, universe, view)),
    cascade: request.cascade,
    skipBroken: request.skipBroken,
    unusable: reportUnusable(universe, repositories, session),
    stepLimit: request.stepLimit,
  })
  return { resolution, universe, view }
}

/** Of local files the manifest is known already; of a repository's packages the core says it when they are fetched. */
async function localOverrides(
  plan: Plan,
  {
    universe,
    view,
    repositories,
  }: Pick<Planned, 'universe' | 'view'> & { repositories: PlannedRepositories },
  { limits }: PlanRequest,
  session: Session,
): Promise<readonly OverrideReview[]> {
  const operations = plan.steps.flatMap((step) => {
    if (step.kind === 'remove' || view.candidates[step.candidate]?.overrides !== true) return []
    const { file } = sourceOf(universe, step.candidate)
    return file === undefined
      ? []
      : [{ kind: step.kind, candidate: step.candidate, file, reason: step.reason }]
  })
  if (operations.length === 0) return []
  return await reviewOverrides(universe, operations, { repositories, limits }, session)
}

type PlannedRepositories = readonly RepositoryConfiguration[]

/**
 * What differs from what was installed, outside /etc, of the packages that the plan removes: the operator is asked. What a new
 * version replaces is told by the transaction, which knows where it differs and keeps the old one.
 */
async function modifiedFiles(plan: Plan, session: Session): Promise<readonly string[]> {
  const names = plan.steps.flatMap(({ kind, name }) => (kind === 'remove' ? [name] : []))
  const found = names.length === 0 ? [] : await session.system.modifiedFiles(names)
  return found.map(({ path }) => path)
}

/** The candidates (installed ones included) that `NAME=VERSION` means. */
export function matchingVersions(view: UniverseView, name: string, version: string): readonly number[] {
  return view.candidates.flatMap((candidate, id) =>
    candidate.name === name && matchesConstraint(candidate.version, `= ${version}`) ? [id] : [],
  )
}

function jobOf(target: Target, universe: Universe, view: UniverseView): Job {
  switch (target.kind) {
    case 'install-file': {
      const { kind, file, asDependency = false } = target
      return { kind, candidate: localCandidate(file, universe, view), asDependency }
    }
    case 'install': {
      const { kind, name, version, asDependency = false } = target
      if (version === null) return { kind, name, asDependency }
      const candidates =
        target.locked === undefined
          ? matchingVersions(view, name, version)
          : lockedCandidates(target.locked, universe, view)
      return { kind, name, asDependency, version: { text: version, candidates } }
    }
    case 'downgrade': {
      const { kind, name, version, locked } = target
      const candidates =
        locked === undefined ? olderVersions(view, name, version) : lockedCandidates(locked, universe, view)
      return { kind, name, version, candidates }
    }
    case 'reinstall': {
      const { kind, name, version, architecture } = target
      return { kind, name, version, candidates: offeredExactly(view, name, version, architecture) }
    }
    case 'restore': {
      const { kind, name, version, reason } = target
      return { kind, name, version, reason, candidates: restorable(view, target) }
    }
    default:
      return target
  }
}

/** What is installed counts by its version: `verify` says whether it is whole. */
function lockedCandidates(locked: LockedPackage, universe: Universe, view: UniverseView): readonly number[] {
  const { name, version, architecture, sha256 } = locked
  const named = view.candidates.flatMap((candidate, id) => {
    const isIt =
      candidate.name === name && candidate.version === version && candidate.architecture === architecture
    return isIt ? [id] : []
  })
  const exact = named.filter((id) => (universe.source(id)?.sha256 ?? sha256) === sha256)
  if (exact.length > 0 || named.length === 0) return exact
  throw new PeiError(
    'PEI_RESOLVE_NOT_FOUND',
    sha256 === null
      ? `the lock section has no hash of ${name} ${version}, and it is not installed`
      : `${name} ${version} is offered with another SHA-256 than the lock section says`,
  )
}

/** Candidates of `version` that lie behind what is installed. */
export function olderVersions(view: UniverseView, name: string, version: string): readonly number[] {
  const installed = view.candidates.find(
    (candidate) => candidate.name === name && candidate.source === 'installed',
  )
  return matchingVersions(view, name, version).filter((id) => {
    const candidate = view.candidates[id]
    return candidate !== undefined && candidate.versionRank < (installed?.versionRank ?? 0)
  })
}

/** What is retained of an earlier state, else what repositories offer of its version. */
function restorable(view: UniverseView, target: RestoreTarget): readonly number[] {
  const { name, version, architecture, offline } = target
  if (!offline) return offeredExactly(view, name, version, architecture)
  return view.candidates.flatMap((candidate, id) =>
    candidate.name === name && candidate.source === 'retained' ? [id] : [],
  )
}

/** Where each earlier version comes from. */
function returnNotes(plan: Plan, view: UniverseView, restores: readonly RestoreTarget[]): readonly string[] {
  const returning = new Set(restores.map(({ name }) => name))
  return plan.steps.flatMap((step) => {
    const candidate = view.candidates[step.candidate]
    if (step.kind === 'remove' || candidate === undefined || !returning.has(step.name)) return []
    const what = `${candidate.name} ${candidate.version}`
    if (candidate.source === 'retained') return [`${what} is put back offline, from what is retained here`]
    return [`${what} comes from ${view.repositories[candidate.repository]?.name ?? 'a repository'}`]
  })
}

/** What repositories offer of this very version. */
export function offeredExactly(
  view: UniverseView,
  name: string,
  version: string,
  architecture: string,
): readonly number[] {
  return view.candidates.flatMap((candidate, id) => {
    const same =
      candidate.name === name && candidate.version === version && candidate.architecture === architecture
    return same && candidate.source === 'repository' ? [id] : []
  })
}

function localCandidate(file: string, universe: Universe, view: UniverseView): number {
  const found = view.candidates.findIndex((candidate, id) => {
    return candidate.source === 'local' && sourceOf(universe, id).file === file
  })
  if (found >= 0) return found
  // What was read and is no candidate is a file of another architecture; which one it was the core does not say.
  const foreign = view.mismatched.find(({ repository }) => repository < 0)
  if (foreign === undefined) throw new RangeError(`${file} was read, but is no candidate`)
  const wanted = `${foreign.name} ${foreign.version}`
  throw new PeiError('PEI_RESOLVE_ARCHITECTURE', foreignText([foreign], wanted, view.architecture))
}

/** Where the bytes of a candidate that is not installed come from. */
export function sourceOf(universe: Universe, candidate: number): CandidateSource {
  const source = universe.source(candidate)
  if (source === null) throw new RangeError(`candidate ${candidate} is installed: it has no source`)
  return source
}

function rejected(rejection: Rejection, explain: boolean, session: Session): PeiError {
  const hint = rejection.code === 'PEI_RESOLVE_NOT_FOUND' ? withoutRepositories(session) : undefined
  const known = explain ? rejection.explanation : shortExplanation(rejection)
  const derivation = hint === undefined ? known : [hint]
  return new PeiError(
    rejection.code,
    [rejection.summary, ...derivation.map((line) => `  ${line}`)].join('\n'),
  )
}
