// The order in which candidates are tried (PSD-009 §4.2.4): within one name, and between names.

import { candidateAt, compareBytes, type Model, strengthAt } from './model.ts'
import type { Candidate, UniverseView } from './universe.ts'

/**
 * Candidates of one name: the strongest repository, there what the active index offers before what only the archive
 * has, the exact architecture before `noarch`, the higher version.
 */
export function compareWithinName(model: Model, left: number, right: number): number {
  const { universe } = model
  const a = candidateAt(universe, left)
  const b = candidateAt(universe, right)
  return (
    compareNumbers(strengthAt(model, left), strengthAt(model, right)) ||
    Number(a.archived) - Number(b.archived) ||
    Number(a.architecture !== universe.architecture) - Number(b.architecture !== universe.architecture) ||
    b.versionRank - a.versionRank ||
    compareBytes(repositoryName(universe, a), repositoryName(universe, b)) ||
    compareBytes(a.version, b.version) ||
    left - right
  )
}

/**
 * Candidates of one name that a job names: those of the repository `home`, then the strongest repository's, the higher
 * version whichever index has it.
 */
export function compareForPlace(model: Model, home: number, left: number, right: number): number {
  const a = candidateAt(model.universe, left)
  const b = candidateAt(model.universe, right)
  return (
    Number(a.repository !== home) - Number(b.repository !== home) ||
    compareNumbers(strengthAt(model, left), strengthAt(model, right)) ||
    b.versionRank - a.versionRank ||
    compareWithinName(model, left, right)
  )
}

/**
 * Candidates of different names: the depending package's repository where it is at least as strong, which among
 * equals in strength means first; the stronger repository; the higher version; then name, repository, version.
 */
export function compareBetweenNames(model: Model, dependent: number, left: number, right: number): number {
  const { universe } = model
  const a = candidateAt(universe, left)
  const b = candidateAt(universe, right)
  return (
    compareNumbers(strengthAt(model, left), strengthAt(model, right)) ||
    Number(a.repository !== dependent) - Number(b.repository !== dependent) ||
    b.versionRank - a.versionRank ||
    compareBytes(a.name, b.name) ||
    compareBytes(repositoryName(universe, a), repositoryName(universe, b)) ||
    compareBytes(a.version, b.version) ||
    left - right
  )
}

/**
 * The order in which satisfiers are tried: what is installed, then the rest by the two levels. Names compete with the
 * best candidate they have left, so that a weaker repository's version of one name comes after a stronger one's of another.
 *
 * @param dependent repository of the depending package; `NO_REPOSITORY` for the request itself
 */
export function orderSatisfiers(model: Model, dependent: number, satisfiers: readonly number[]): number[] {
  if (satisfiers.length < 2) return [...satisfiers]
  const { universe } = model
  const between = (left: number, right: number) => compareBetweenNames(model, dependent, left, right)
  const installed = satisfiers.filter((id) => candidateAt(universe, id).source === 'installed').sort(between)
  const rest = satisfiers
    .filter((id) => candidateAt(universe, id).source !== 'installed')
    .sort((left, right) => compareWithinName(model, left, right))
  // Merging the names' lists head by head is sorting by the worst candidate met so far within each name.
  const place = new Map<number, number>()
  const worst = new Map<number, number>()
  for (const id of rest) {
    const name = model.nameOf[id] as number
    const before = worst.get(name)
    const now = before === undefined || between(before, id) < 0 ? id : before
    worst.set(name, now)
    place.set(id, now)
  }
  rest.sort((left, right) => between(place.get(left) as number, place.get(right) as number))
  return [...installed, ...rest]
}

/** No candidate's repository: for options that no package depends on. */
export const NO_REPOSITORY = -2

function repositoryName(universe: UniverseView, candidate: Candidate): string {
  return universe.repositories[candidate.repository]?.name ?? ''
}

function compareNumbers(left: number, right: number): number {
  return left < right ? -1 : left > right ? 1 : 0
}
