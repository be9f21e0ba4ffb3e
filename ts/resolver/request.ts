// What the operator asks of the resolver: ordered jobs and the options that bound the search.

/** A request: what to change, in the order in which its choices are made (PSD-009 §4.2). */
export interface Request {
  readonly jobs: readonly Job[]
  /** Dependents of what is removed may be removed too. */
  readonly cascade: boolean
  /** Upgrades that have no result are kept back, with the reason, instead of being refused. */
  readonly skipBroken?: boolean
  /** Configured repositories that cannot be used now; taking a package from a weaker one is an elevated action. */
  readonly unusable: readonly UnusableRepository[]
  /** Steps of search after which the resolver gives up (§4.2.8). Default {@link DEFAULT_STEP_LIMIT}. */
  readonly stepLimit?: number
}

export type Job =
  | InstallJob
  | InstallFileJob
  | UpgradeJob
  | UpgradeAllJob
  | RemoveJob
  | AutoremoveJob
  | OnlyExplicitJob
  | HoldJob
  | MarkJob
  | PlaceJob

/** `install NAME` or `install NAME=VERSION`. */
export interface InstallJob {
  readonly kind: 'install'
  /** A package's name, or a name that only provides satisfy. */
  readonly name: string
  /** With `=VERSION`: as it was written, and the candidates of that name (installed ones included) that it matches. */
  readonly version?: { readonly text: string; readonly candidates: readonly number[] }
  /** What it newly installs is recorded as a dependency, and what is installed keeps its reason. */
  readonly asDependency?: boolean
}

/** `install FILE.peipkg`: exactly this candidate, whose source is `local`. */
interface InstallFileJob {
  readonly kind: 'install-file'
  readonly candidate: number
  /** As for `install`. */
  readonly asDependency?: boolean
}

/** `upgrade NAME` of an installed package. */
interface UpgradeJob {
  readonly kind: 'upgrade'
  readonly name: string
}

/** `upgrade`: every installed package, and what replaces it. */
interface UpgradeAllJob {
  readonly kind: 'upgrade-all'
}

/** `remove NAME` of an installed package. */
interface RemoveJob {
  readonly kind: 'remove'
  readonly name: string
}

/**
 * Exactly one of these candidates, whatever is installed: the only job whose candidates may be older than what is
 * installed (a downgrade, an undo) or the same (a reinstall, an undo).
 */
export interface PlaceJob {
  readonly kind: 'downgrade' | 'reinstall' | 'restore'
  readonly name: string
  /** As it was asked for, for the texts. */
  readonly version: string
  readonly candidates: readonly number[]
  /** What an undo restores; else an installed package keeps its own. */
  readonly reason?: 'explicit' | 'dependency'
}

/** `autoremove`: what was installed for others and serves nobody goes (`unneeded.ts`). */
interface AutoremoveJob {
  readonly kind: 'autoremove'
  /** Names that stay whether they are needed or not. */
  readonly keep: readonly string[]
}

/** `apply`: of what is installed, these names alone are wanted for themselves; what serves none of them goes. */
interface OnlyExplicitJob {
  readonly kind: 'only-explicit'
  readonly names: readonly string[]
  /** Names that stay whether they are needed or not. */
  readonly keep: readonly string[]
}

/** `hold NAME`, `unhold NAME` of an installed package. */
interface HoldJob {
  readonly kind: 'hold' | 'unhold'
  readonly name: string
}

/** `mark explicit NAME`, `mark dependency NAME` of an installed package. */
interface MarkJob {
  readonly kind: 'mark'
  readonly name: string
  readonly reason: 'explicit' | 'dependency'
}

/** Jobs that choose no candidate: they take away, or change what is recorded. */
const CHOOSING_NOTHING: readonly Job['kind'][] = [
  'remove',
  'autoremove',
  'only-explicit',
  'hold',
  'unhold',
  'mark',
]

export function choosesNothing({ kind }: Job): boolean {
  return CHOOSING_NOTHING.includes(kind)
}

export interface UnusableRepository {
  readonly name: string
  readonly priority: number
}

export const DEFAULT_STEP_LIMIT = 1_000_000
