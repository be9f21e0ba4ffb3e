// What the resolver answers: an ordered plan, or a rejection that explains itself.

export type Resolution = Plan | Rejection

/** Everything that will be done, in order. Without steps the request is satisfied already. */
export interface Plan {
  readonly kind: 'plan'
  /** Dependencies before what needs them, dependents' removals before what they needed, else by name; one per name. */
  readonly steps: readonly Step[]
  /** What changes about packages that stay as they are, in request order; those that `install` names come first. */
  readonly marks: readonly Mark[]
  /** Optional dependencies of what is installed or upgraded that nothing in the result satisfies. */
  readonly suggestions: readonly Suggestion[]
  /** What was left as it is although the request covers it. */
  readonly keptBack: readonly KeptBack[]
  /** Each needs its own authorisation (PSD-009 §7.6.6). */
  readonly elevated: readonly ElevatedAction[]
  /** Complete texts for the operator, without `warning: `. */
  readonly warnings: readonly string[]
  /** Complete texts: the provider picked for a virtual name, for instance. */
  readonly notes: readonly string[]
  /** Steps of search that were spent. */
  readonly effort: number
}

export type Step = PackageStep | RemoveStep

/** A package that is put in place. */
export interface PackageStep {
  readonly kind: 'install' | 'upgrade' | 'downgrade' | 'reinstall'
  readonly name: string
  readonly candidate: number
  /** The installed candidate that it takes the place of; null for `install`. */
  readonly from: number | null
  /** What is recorded: an upgraded package keeps its own, a replacement takes that of what it replaces. */
  readonly reason: 'explicit' | 'dependency'
  /** From a file given by the operator. */
  readonly local: boolean
}

export interface RemoveStep {
  readonly kind: 'remove'
  readonly name: string
  /** The installed candidate. */
  readonly candidate: number
  readonly cause: 'requested' | 'replaced' | 'conflict' | 'dependent' | 'unneeded'
  /** With `replaced`: the name of the package that replaces it. */
  readonly replacedBy?: string
  /** With `conflict`: the name of the package in the plan that it cannot coexist with. */
  readonly conflictsWith?: string
}

/** A change of what is recorded about an installed package. */
export interface Mark {
  readonly kind: 'hold' | 'unhold' | 'mark-explicit' | 'mark-dependency'
  readonly name: string
  /** The installed candidate. */
  readonly candidate: number
}

export interface Suggestion {
  /** The name of the package that suggests it. */
  readonly by: string
  readonly name: string
  readonly constraint: string | null
}

export interface KeptBack {
  readonly name: string
  readonly candidate: number
  /** `held`, for instance. */
  readonly why: string
  /** Why it cannot move, as a derivation; empty where `why` says it all. */
  readonly explanation: readonly string[]
}

export interface ElevatedAction {
  readonly kind:
    | 'downgrade'
    | 'foreign-replaces'
    | 'foreign-conflict'
    | 'low-trust-provides'
    | 'unusable-repository'
  /** The packages concerned, by name. */
  readonly packages: readonly string[]
  /** The sentence that the operator answers to, without full stop. */
  readonly text: string
}

/** No valid result exists, or none was found within the work bound. */
export interface Rejection {
  readonly kind: 'rejection'
  readonly condition: Condition
  readonly code: RejectionCode
  /** One line: what is refused. */
  readonly summary: string
  /** A derivation that a person can follow, whole; see `shortExplanation`. Empty where the summary says it all. */
  readonly explanation: readonly string[]
  /** Names of the targets that the derivation rests on. */
  readonly culprits: readonly string[]
  /** Steps of search that were spent. */
  readonly effort: number
}

/** PSD-009 §4.2: 1 dependency, 2 conflict, 3 architecture, 4 regression, 5 cycle, 6 work bound. */
export type Condition = 1 | 2 | 3 | 4 | 5 | 6

export type RejectionCode =
  | 'PEI_RESOLVE_UNSATISFIABLE'
  | 'PEI_RESOLVE_NOT_FOUND'
  | 'PEI_RESOLVE_NOT_INSTALLED'
  | 'PEI_RESOLVE_DEPENDENTS'
  | 'PEI_RESOLVE_CONFLICT'
  | 'PEI_RESOLVE_ARCHITECTURE'
  | 'PEI_RESOLVE_REGRESSION'
  | 'PEI_RESOLVE_CYCLE'
  | 'PEI_RESOLVE_WORK_BOUND'

/** Lines of an explanation that are printed without `--explain`. */
const SHORT_EXPLANATION = 20

/** The explanation as printed: at most 20 lines, the last of which says that there is more. */
export function shortExplanation({
  explanation,
}: {
  readonly explanation: readonly string[]
}): readonly string[] {
  if (explanation.length <= SHORT_EXPLANATION) return explanation
  return [...explanation.slice(0, SHORT_EXPLANATION - 1), '… (--explain shows all)']
}
