// Where an upgrade leads: newer candidates of the name, and with `upgrade` of everything the packages that replace it.

import { candidateAt, isNew, type Model, requirementAt, strengthAt, trustAt } from './model.ts'
import { compareBetweenNames, compareWithinName } from './preference.ts'
import { rowOf } from './relation-table.ts'

/**
 * Newer candidates of an installed name in order of preference; none where the installed one stays. A repository weaker
 * than the one it came from never moves it: there the installed version is the strongest candidate that satisfies.
 */
export function upgradeOptions(model: Model, name: string): number[] {
  const { universe } = model
  const id = model.nameIds.get(name)
  const installed = id === undefined ? -1 : (model.installed[id] as number)
  if (id === undefined || installed < 0) return []
  const present = candidateAt(universe, installed)
  return Array.from(rowOf(model.members, id))
    .filter((option) => {
      const candidate = candidateAt(universe, option)
      return (
        model.exclusions[option] === null &&
        !candidate.archived &&
        candidate.versionRank > present.versionRank &&
        strengthAt(model, option) <= strengthAt(model, installed)
      )
    })
    .sort((left, right) => compareWithinName(model, left, right))
}

/** A candidate that replaces an installed package. */
export interface Replacement {
  readonly candidate: number
  /** The requirement of its `replaces`. */
  readonly requirement: number
  /** The installed candidate. */
  readonly replaced: number
}

/**
 * Every replacement that a candidate brings, should it be put in place. Only a package's own name is replaced, never a provide.
 * A reinstall brings none: what it would replace is there beside it.
 */
export function replacementsBy(model: Model, id: number): Replacement[] {
  const candidate = candidateAt(model.universe, id)
  if (!isNew(model, id) || candidate.replaces.length === 0) return []
  const own = model.installed[model.nameOf[id] as number] as number
  if (own >= 0 && candidateAt(model.universe, own).versionRank === candidate.versionRank) return []
  return candidate.replaces.flatMap((requirement): Replacement[] => {
    const { name, satisfiers } = requirementAt(model.universe, requirement)
    const replaced = model.installed[model.nameIds.get(name) ?? -1] ?? -1
    if (replaced < 0 || name === candidate.name || !satisfiers.includes(replaced)) return []
    return [{ candidate: id, requirement, replaced }]
  })
}

/** Replacements that `upgrade` follows, by the name replaced: offered now, and by no weaker repository than the replaced one's. */
export function followers(model: Model): ReadonlyMap<string, readonly Replacement[]> {
  const found = new Map<string, Replacement[]>()
  for (const replacement of availableReplacements(model)) {
    if (!isFollowed(model, replacement)) continue
    const { name } = candidateAt(model.universe, replacement.replaced)
    found.set(name, [...(found.get(name) ?? []), replacement])
  }
  return found
}

/** Replacements of installed packages that are offered but not followed: their repository is weaker. */
export function foreignReplacements(model: Model): Replacement[] {
  return availableReplacements(model).filter((replacement) => !isFollowed(model, replacement))
}

/**
 * The options of an upgrade with those that replace the package: each goes before the first option that it replaces too
 * and that is no stronger, or to the end.
 */
export function withFollowers(
  model: Model,
  own: readonly number[],
  replacing: readonly Replacement[],
): readonly number[] {
  const { universe } = model
  const options = [...own]
  const sorted = replacing.toSorted((left, right) => {
    const { repository } = candidateAt(universe, left.replaced)
    return compareBetweenNames(model, repository, left.candidate, right.candidate)
  })
  const kept = new Set(own)
  for (const { candidate, requirement } of sorted) {
    const { satisfiers } = requirementAt(universe, requirement)
    const strength = strengthAt(model, candidate)
    const before = options.findIndex(
      (option) => kept.has(option) && satisfiers.includes(option) && strengthAt(model, option) >= strength,
    )
    options.splice(before < 0 ? options.length : before, 0, candidate)
  }
  return options
}

function availableReplacements(model: Model): Replacement[] {
  const { universe } = model
  return universe.candidates.flatMap((candidate, id) => {
    if (candidate.source !== 'repository' || candidate.archived || model.exclusions[id] !== null) return []
    return replacementsBy(model, id).filter(({ replaced }) => !isUntouchable(model, replaced))
  })
}

/** As strong as the origin of what it replaces, of an orphan as that was, and, where its own name is installed, an upgrade of that. */
function isFollowed(model: Model, { candidate, replaced }: Replacement): boolean {
  const { universe } = model
  const replacing = candidateAt(universe, candidate)
  const origin = Math.min(strengthAt(model, replaced), trustAt(model, replaced))
  if (strengthAt(model, candidate) > origin) return false
  const installed = model.installed[model.nameOf[candidate] as number] as number
  return installed < 0 || upgradeOptions(model, replacing.name).includes(candidate)
}

/** Held, or removed by the request anyway. */
function isUntouchable(model: Model, installed: number): boolean {
  const { held, name } = candidateAt(model.universe, installed)
  return (held && !model.named.has(name)) || model.removed.has(name)
}
