// How strong the source of a candidate is: for choosing, and in the elevated checks.

import type { UnusableRepository } from './request.ts'
import type { Candidate, UniverseView } from './universe.ts'

/** Stronger than every repository: a local file that the operator named. */
const LOCAL = -1
const NONE = Number.POSITIVE_INFINITY

/**
 * For choosing; lower is stronger. An installed package counts as its origin, even while that cannot be used; one from
 * a local file, or whose origin is not configured any more, gives way to every repository.
 */
export function strengthOf(
  universe: UniverseView,
  unusable: readonly UnusableRepository[],
  candidate: Candidate,
): number {
  if (candidate.source === 'local') return LOCAL
  return originPriority(universe, unusable, candidate) ?? NONE
}

/** In the elevated checks: a local file is the weakest of all, an orphan as strong as its origin was (PSD-009 §6.5). */
export function trustOf(
  universe: UniverseView,
  unusable: readonly UnusableRepository[],
  candidate: Candidate,
): number {
  if (candidate.source === 'local') return NONE
  return originPriority(universe, unusable, candidate) ?? candidate.originPriority ?? NONE
}

/** The priority of the configured repository that a candidate comes from or came from. */
function originPriority(
  universe: UniverseView,
  unusable: readonly UnusableRepository[],
  candidate: Candidate,
): number | undefined {
  const usable = universe.repositories[candidate.repository]?.priority
  return usable ?? unusable.find(({ name }) => name === candidate.origin)?.priority
}
