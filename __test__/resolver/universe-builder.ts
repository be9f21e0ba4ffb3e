// Builds universes from short descriptions, computing satisfaction as the core does (PSD-009 §4.1).

import type { Candidate, Provide, Requirement, UniverseView } from '../../ts/resolver/universe.ts'

export interface RepositoryDescription {
  readonly name: string
  readonly priority: number
  readonly official?: boolean
}

/** Relations are written `name`, or `name >= 2-1`; provides `name`, or `name = 2-1`. Versions are `NUMBER-NUMBER`. */
export interface PackageDescription {
  readonly name: string
  readonly version?: string
  readonly arch?: string
  /** A repository's name, `installed`, or `local`. */
  readonly from?: string
  /** Installed only: the origin; default the first repository, null for a local file. */
  readonly origin?: string | null
  readonly originPriority?: number
  readonly reason?: 'explicit' | 'dependency'
  readonly held?: boolean
  readonly archived?: boolean
  readonly needs?: readonly string[]
  readonly suggests?: readonly string[]
  readonly conflicts?: readonly string[]
  readonly replaces?: readonly string[]
  readonly provides?: readonly string[]
}

export function buildUniverse(
  repositories: readonly RepositoryDescription[],
  packages: readonly PackageDescription[],
): UniverseView {
  const versions = [...new Set(packages.flatMap(versionsIn))].sort(compareVersions)
  const rank = (version: string) => versions.indexOf(version)
  const described = packages
    .map((described) => ({ described, base: candidateBase(described, repositories, rank) }))
    .sort((left, right) => compareCandidates(left.base, right.base))
  const bases = described.map(({ base }) => base)
  const requirements: Requirement[] = []
  const interned = new Map<string, number>()
  const intern = (relation: string, architecture: string): number => {
    const key = `${relation} for ${architecture}`
    const known = interned.get(key)
    if (known !== undefined) return known
    interned.set(key, requirements.length)
    requirements.push(requirement(relation, architecture, bases))
    return requirements.length - 1
  }
  const candidates = described.map(({ described, base }): Candidate => {
    const ids = (relations: readonly string[] | undefined) =>
      (relations ?? []).map((relation) => intern(relation, base.architecture))
    return {
      ...base,
      dependencies: ids(described.needs),
      optional: ids(described.suggests),
      conflicts: ids(described.conflicts),
      replaces: ids(described.replaces),
    }
  })
  return {
    generation: 1,
    architecture: 'x86_64',
    repositories: repositories.map(({ name, priority, official }) => ({
      name,
      priority,
      official: official ?? false,
    })),
    candidates,
    requirements,
    mismatched: [],
  }
}

/** The id of a candidate: `official:nginx 1-1`, `installed:nginx`. */
export function idOf(universe: UniverseView, text: string): number {
  const id = universe.candidates.findIndex((_, at) => labelOf(universe, at).startsWith(text))
  if (id < 0) throw new Error(`no candidate ${text}`)
  return id
}

export function labelOf(universe: UniverseView, id: number): string {
  const candidate = universe.candidates[id]
  if (candidate === undefined) return 'nothing'
  const source =
    candidate.source === 'repository' ? universe.repositories[candidate.repository]?.name : candidate.source
  return `${source}:${candidate.name} ${candidate.version}${candidate.architecture === 'noarch' ? ' noarch' : ''}`
}

type Base = Omit<Candidate, 'dependencies' | 'optional' | 'conflicts' | 'replaces'>

function candidateBase(
  described: PackageDescription,
  repositories: readonly RepositoryDescription[],
  rank: (version: string) => number,
): Base {
  const from = described.from ?? repositories[0]?.name ?? 'local'
  const installed = from === 'installed'
  const origin = described.origin === undefined ? (repositories[0]?.name ?? null) : described.origin
  const repository = repositories.findIndex(({ name }) => name === (installed ? origin : from))
  const version = described.version ?? '1-1'
  return {
    name: described.name,
    version,
    architecture: described.arch ?? 'x86_64',
    versionRank: rank(version),
    source: installed ? 'installed' : from === 'local' ? 'local' : 'repository',
    repository,
    originPriority: installed
      ? (described.originPriority ?? repositories[repository]?.priority ?? null)
      : null,
    origin: installed ? origin : null,
    archived: described.archived ?? false,
    reason: installed ? (described.reason ?? 'explicit') : null,
    held: described.held ?? false,
    provides: (described.provides ?? []).map((text): Provide => {
      const [name = '', , provided = null] = text.split(' ')
      return { name, version: provided, rank: provided === null ? null : rank(provided) }
    }),
    description: '',
    sizeCompressed: 1,
    sizeInstalled: 1,
    sideEffects: [],
    overrides: false,
  }
}

function requirement(relation: string, architecture: string, candidates: readonly Base[]): Requirement {
  const [name = '', operator, operand] = relation.split(' ')
  const satisfiers: number[] = []
  const wrongArchitecture: number[] = []
  candidates.forEach((candidate, id) => {
    const versions: (string | null)[] = candidate.name === name ? [candidate.version] : []
    versions.push(
      ...candidate.provides.filter((provide) => provide.name === name).map(({ version }) => version),
    )
    const fits = versions.some(
      (version) => version === null || operator === undefined || meets(version, operator, operand ?? ''),
    )
    if (!fits) return
    const suits = candidate.architecture === architecture || candidate.architecture === 'noarch'
    if (suits) satisfiers.push(id)
    else wrongArchitecture.push(id)
  })
  return {
    name,
    constraint: operator === undefined ? null : `${operator} ${operand}`,
    satisfiers,
    wrongArchitecture,
  }
}

function meets(version: string, operator: string, operand: string): boolean {
  const order = compareVersions(version, operand)
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    default:
      throw new Error(`no operator ${operator}`)
  }
}

function versionsIn(described: PackageDescription): string[] {
  const provided = (described.provides ?? []).flatMap((text) => text.split(' ')[2] ?? [])
  return [described.version ?? '1-1', ...provided]
}

function compareVersions(left: string, right: string): number {
  const [a = 0, b = 0] = left.split('-').map(Number)
  const [c = 0, d = 0] = right.split('-').map(Number)
  return a - c || b - d
}

function compareCandidates(left: Base, right: Base): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1
  return (
    right.versionRank - left.versionRank ||
    left.source.localeCompare(right.source) ||
    left.repository - right.repository
  )
}
