/** A plan in the words that people and programs read: names and versions instead of candidate ids. */
import type { Candidate, OverrideReview, UniverseView } from '../native/system.ts'
import type { Mark, PackageStep, Plan, Step } from '../resolver/plan.ts'
import { type ElevatedAction, overrideActions, plannedActions } from './elevated-action.ts'

export interface ShownPlan {
  readonly lines: readonly PlanLine[]
  /** What changes about packages that stay as they are. */
  readonly marks: readonly MarkLine[]
  /** Left as they are although the request covers them. */
  readonly keptBack: readonly KeptBackLine[]
  /** Each needs its own authorisation. */
  readonly elevated: readonly ElevatedAction[]
  /** Security-descriptor overrides that are known before anything is fetched: those of local files. */
  readonly overrides: readonly OverrideReview[]
  /** Optional dependencies that nothing in the result satisfies. */
  readonly suggestions: readonly {
    readonly name: string
    readonly constraint: string | null
    readonly by: string
  }[]
  /** Files of removed packages that differ from what was installed, as paths from the root: kept unless someone says. */
  readonly modified: readonly string[]
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
  /** Bytes that will be fetched. */
  readonly download: number
  /** Bytes that the installed files grow by; negative when they shrink. */
  readonly disk: number
  /** Steps of search that the resolver spent. */
  readonly effort: number
}

export interface MarkLine {
  readonly action: Mark['kind']
  readonly name: string
  readonly version: string
}

export interface KeptBackLine {
  readonly name: string
  readonly version: string
  readonly why: string
  /** The derivation behind `why`; may be empty. */
  readonly explanation: readonly string[]
}

export interface PlanLine {
  readonly action: Step['kind']
  readonly name: string
  /** The installed version; null for an install. */
  readonly from: string | null
  /** The version put in place; null for a removal. */
  readonly to: string | null
  readonly architecture: string
  /** The repository that it comes from; null for a local file and for removals. */
  readonly repository: string | null
  readonly local: boolean
  /** From what is retained of an earlier state; nothing is fetched. */
  readonly retained: boolean
  readonly reason: 'explicit' | 'dependency' | null
  /** Why a package is removed that was not asked for. */
  readonly cause: RemovalCause | null
}

interface RemovalCause {
  readonly kind: 'replaced' | 'conflict' | 'dependent' | 'unneeded'
  /** The other package; null for `dependent` and `unneeded`. */
  readonly by: string | null
}

export interface PlanSurroundings {
  readonly modified: readonly string[]
  /** Of each candidate whether its bytes need no fetching. */
  readonly areCached: (candidates: readonly number[]) => readonly boolean[]
  /** Actions that need an authorisation besides those of the plan itself; they are asked for first. */
  readonly elevated: readonly ElevatedAction[]
  readonly overrides: readonly OverrideReview[]
}

export function showPlan(
  plan: Plan,
  view: UniverseView,
  { modified, areCached, elevated, overrides }: PlanSurroundings,
): ShownPlan {
  const remote = plan.steps.filter((step) => step.kind !== 'remove' && !step.local)
  const cached = areCached(remote.map((step) => step.candidate))
  const fetched = remote.filter((_, index) => cached[index] !== true)
  return {
    lines: plan.steps.map((step) => planLine(step, view)),
    marks: plan.marks.map(({ kind, name, candidate }) => ({
      ...{ action: kind, name, version: candidateOf(view, candidate).version },
    })),
    keptBack: plan.keptBack.map(({ name, candidate, why, explanation }) => ({
      ...{ name, version: candidateOf(view, candidate).version, why, explanation },
    })),
    elevated: [...elevated, ...plannedActions(plan.elevated), ...overrideActions(overrides)],
    overrides,
    suggestions: plan.suggestions,
    modified,
    notes: plan.notes,
    warnings: plan.warnings,
    download: sum(fetched.map((step) => candidateOf(view, step.candidate).sizeCompressed)),
    disk: sum(plan.steps.map((step) => growth(step, view))),
    effort: plan.effort,
  }
}

/** Whether two plans do the same; what is merely said about them does not count. */
export function isSamePlan(left: ShownPlan, right: ShownPlan): boolean {
  const essence = ({ lines, marks, elevated, modified }: ShownPlan) =>
    JSON.stringify([lines, marks, elevated, modified])
  return essence(left) === essence(right)
}

function planLine(step: Step, view: UniverseView): PlanLine {
  const candidate = candidateOf(view, step.candidate)
  const { name, architecture } = candidate
  if (step.kind === 'remove') {
    const cause = step.cause === 'requested' ? null : { kind: step.cause, by: causedBy(step) }
    return {
      ...{ action: step.kind, name, from: candidate.version, to: null, architecture },
      ...{ repository: null, local: false, retained: false, reason: null, cause },
    }
  }
  return {
    ...{ action: step.kind, name, from: fromVersion(step, view), to: candidate.version, architecture },
    ...{ repository: repositoryOf(candidate, view), local: step.local },
    ...{ retained: candidate.source === 'retained', reason: step.reason, cause: null },
  }
}

function causedBy(step: Extract<Step, { kind: 'remove' }>): string | null {
  return step.replacedBy ?? step.conflictsWith ?? null
}

function fromVersion(step: PackageStep, view: UniverseView): string | null {
  return step.from === null ? null : candidateOf(view, step.from).version
}

function repositoryOf(candidate: Candidate, view: UniverseView): string | null {
  return candidate.source === 'repository' ? (view.repositories[candidate.repository]?.name ?? null) : null
}

function growth(step: Step, view: UniverseView): number {
  const size = candidateOf(view, step.candidate).sizeInstalled
  if (step.kind === 'remove') return -size
  return step.from === null ? size : size - candidateOf(view, step.from).sizeInstalled
}

function candidateOf(view: UniverseView, id: number): Candidate {
  const candidate = view.candidates[id]
  if (candidate === undefined) throw new RangeError(`candidate ${id} is not in this universe`)
  return candidate
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
