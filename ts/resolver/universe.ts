// What the resolver reads: every candidate reachable from the request, satisfaction already computed to ids by the core.

/** The answer of the core's universe query. Ids are indexes: candidates, requirements, repositories. */
export interface UniverseView {
  readonly generation: number
  /** The primary architecture. */
  readonly architecture: string
  readonly repositories: readonly RepositoryView[]
  /** Sorted by name, then versionRank descending, then source. */
  readonly candidates: readonly Candidate[]
  readonly requirements: readonly Requirement[]
  /** Names asked for whose architecture cannot be installed here (condition 3). */
  readonly mismatched: readonly Mismatch[]
}

interface RepositoryView {
  readonly name: string
  /** Lower is stronger. */
  readonly priority: number
  readonly official: boolean
}

export interface Mismatch {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly repository: number
}

/** One installable or installed package. */
export interface Candidate {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** Dense rank over all versions of the universe; equal versions (`1.0~a-1`, `1.0~alpha-1`) share one. */
  readonly versionRank: number
  readonly source: 'installed' | 'retained' | 'repository' | 'local'
  /** -1 for a local file, and for an installed package whose origin is not configured. */
  readonly repository: number
  /** Installed only: the priority that its origin had then. */
  readonly originPriority: number | null
  /** Installed only: the recorded origin; null for a local file. */
  readonly origin: string | null
  /** Offered by the archive index only. */
  readonly archived: boolean
  readonly reason: 'explicit' | 'dependency' | null
  readonly held: boolean
  /** Requirement ids, as are the three fields after it. */
  readonly dependencies: readonly number[]
  readonly optional: readonly number[]
  /** Their satisfiers cannot coexist with this candidate (itself left out). */
  readonly conflicts: readonly number[]
  readonly replaces: readonly number[]
  readonly provides: readonly Provide[]
  readonly description: string
  readonly sizeCompressed: number
  readonly sizeInstalled: number
  readonly sideEffects: readonly string[]
  readonly overrides: boolean
}

export interface Provide {
  readonly name: string
  readonly version: string | null
  readonly rank: number | null
}

/** One interned (name, constraint, architecture of the depending package). */
export interface Requirement {
  readonly name: string
  readonly constraint: string | null
  /** Candidate ids, ascending, installed ones included, the architecture rule applied. */
  readonly satisfiers: readonly number[]
  /** Candidates whose name and version fit and whose architecture does not. */
  readonly wrongArchitecture: readonly number[]
}
