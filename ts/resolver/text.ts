// How packages, origins and requirements are named in the resolver's sentences.

import { candidateAt, requirementAt } from './model.ts'
import type { Candidate, Mismatch, UniverseView } from './universe.ts'

/** `nginx 1.27.5-1` */
export function packageText(universe: UniverseView, id: number): string {
  const { name, version } = candidateAt(universe, id)
  return `${name} ${version}`
}

/** `libssl >= 4.0` */
export function requirementText(universe: UniverseView, id: number): string {
  const { name, constraint } = requirementAt(universe, id)
  return constraint === null ? name : `${name} ${constraint}`
}

/** Where a candidate comes from or came from: a repository's name, or that it was a local file. */
export function originOf(universe: UniverseView, candidate: Candidate): string {
  if (candidate.source === 'local') return 'a local file'
  if (candidate.source === 'installed' || candidate.source === 'retained') {
    return candidate.origin ?? 'a local file'
  }
  return universe.repositories[candidate.repository]?.name ?? 'a repository'
}

/** Why packages of another architecture cannot be installed, all of one name (PSD-009 §4.2, condition 3). */
export function foreignText(
  foreign: readonly [Mismatch, ...Mismatch[]],
  wanted: string,
  architecture: string,
): string {
  const architectures = [...new Set(foreign.map((one) => one.architecture))].sort()
  return `cannot install ${wanted}: it is built for ${enumerate(architectures)}, this system is ${architecture} (only ${architecture} and noarch packages can be installed)`
}

/** `a, b and c` */
export function enumerate(items: readonly string[]): string {
  const last = items.at(-1)
  return items.length < 2 || last === undefined
    ? items.join('')
    : `${items.slice(0, -1).join(', ')} and ${last}`
}
