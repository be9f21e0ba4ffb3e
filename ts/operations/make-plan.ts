/** From a request to a plan, or to the error that says why there is none. Read-only; takes no lock. */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { PeiError } from '../native/errors.ts'
import { matchesConstraint } from '../native/identity.ts'
import type { CandidateSource, Universe, UniverseView } from '../native/system.ts'
import { type Plan, type Rejection, shortExplanation } from '../resolver/plan.ts'
import type { Job } from '../resolver/request.ts'
import { resolve } from '../resolver/resolve.ts'
import { foreignText } from '../resolver/text.ts'
import type { ElevatedAction } from './authorise.ts'
import { reportUnusable, requestRepositories } from './open-repositories.ts'
import type { Session } from './session.ts'
import { type ShownPlan, showPlan } from './shown-plan.ts'

/** What the operator asked for, before anything is known about it. */
export type Target =
  | { readonly kind: 'install'; readonly name: string; readonly version: string | null }
  /** `file`: an absolute path. */
  | { readonly kind: 'install-file'; readonly file: string }
  | { readonly kind: 'upgrade'; readonly name: string }
  | { readonly kind: 'upgrade-all' }
  | { readonly kind: 'remove'; readonly name: string }

export interface PlanRequest {
  readonly targets: readonly Target[]
  readonly cascade: boolean
  /** The whole derivation of a rejection, however long. */
  readonly explain: boolean
  readonly stepLimit: number
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

/** Throws PEI_RESOLVE_… with the derivation when there is no plan. */
export async function makePlan(
  request: PlanRequest,
  repositories: readonly RepositoryConfiguration[],
  session: Session,
): Promise<Planned> {
  const universe = await session.system.universe({
    names: request.targets.flatMap((target) => ('name' in target ? [target.name] : [])),
    locals: request.targets.flatMap((target) => (target.kind === 'install-file' ? [target.file] : [])),
    everything: request.targets.some(({ kind }) => kind === 'upgrade-all'),
    archives: [...request.archives],
    repositories: requestRepositories(repositories, session.now()),
  })
  const view = universe.view()
  const resolution = resolve(view, {
    jobs: request.targets.map((target) => jobOf(target, universe, view)),
    cascade: request.cascade,
    unusable: reportUnusable(universe, repositories, session),
    stepLimit: request.stepLimit,
  })
  if (resolution.kind === 'rejection') throw rejected(resolution, request.explain)
  const isCached = (candidate: number): boolean => {
    const source = sourceOf(universe, candidate)
    return source.file !== undefined || session.system.cachedPackage(source.sha256, source.size) !== null
  }
  const modified = await modifiedFiles(resolution, session)
  const surroundings = { isCached, modified, elevated: request.elevated }
  return { plan: resolution, shown: showPlan(resolution, view, surroundings), universe, view }
}

/** Of packages that the plan removes: what differs from what was installed, outside /etc. */
async function modifiedFiles(plan: Plan, session: Session): Promise<readonly string[]> {
  const names = plan.steps.flatMap((step) => (step.kind === 'remove' ? [step.name] : []))
  if (names.length === 0) return []
  return (await session.system.modifiedFiles(names)).map(({ path }) => path)
}

/** The candidates (installed ones included) that `NAME=VERSION` means. */
export function matchingVersions(view: UniverseView, name: string, version: string): readonly number[] {
  return view.candidates.flatMap((candidate, id) =>
    candidate.name === name && matchesConstraint(candidate.version, `= ${version}`) ? [id] : [],
  )
}

function jobOf(target: Target, universe: Universe, view: UniverseView): Job {
  switch (target.kind) {
    case 'install-file':
      return { kind: 'install-file', candidate: localCandidate(target.file, universe, view) }
    case 'install': {
      const { name, version } = target
      if (version === null) return { kind: 'install', name }
      return {
        kind: 'install',
        name,
        version: { text: version, candidates: matchingVersions(view, name, version) },
      }
    }
    default:
      return target
  }
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

function rejected(rejection: Rejection, explain: boolean): PeiError {
  const derivation = explain ? rejection.explanation : shortExplanation(rejection)
  return new PeiError(
    rejection.code,
    [rejection.summary, ...derivation.map((line) => `  ${line}`)].join('\n'),
  )
}
