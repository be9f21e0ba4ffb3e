// The resolver's definition of validity and preference, told a second time and without any search: every combination
// of at most one candidate per name is tried. Shares nothing with ts/resolver but the types.

import type { Job, Request } from '../../ts/resolver/request.ts'
import type { Candidate, UniverseView } from '../../ts/resolver/universe.ts'

/** The chosen candidate ids of every name, ascending; installed ones that stay included. */
type Combination = readonly number[]

interface Judgement {
  readonly valid: number
  readonly preferred: Combination | null
}

/** Number of combinations that `judge` would try. */
export function combinations(universe: UniverseView): number {
  const sizes = new Map<string, number>()
  for (const { name } of universe.candidates) sizes.set(name, (sizes.get(name) ?? 1) + 1)
  return [...sizes.values()].reduce((product, size) => product * size, 1)
}

export function judge(universe: UniverseView, request: Request): Judgement {
  const names = [...new Set(universe.candidates.map(({ name }) => name))].sort()
  const choices = names.map((name) => [
    -1,
    ...universe.candidates.flatMap((candidate, id) =>
      candidate.name === name && isAllowed(universe, request, candidate, id) ? [id] : [],
    ),
  ])
  let valid = 0
  let best: { readonly chosen: Combination; readonly rank: readonly number[] } | null = null
  const chosen: number[] = []
  const visit = (at: number): void => {
    const options = choices[at]
    if (options !== undefined) {
      for (const id of options) {
        chosen.push(id)
        visit(at + 1)
        chosen.pop()
      }
      return
    }
    const combination = chosen.filter((id) => id >= 0)
    if (violation(universe, request, combination) !== null) return
    const places = walk(universe, request, combination)
    if (places === null) return
    valid++
    const rank = [unaskedRemovals(universe, request, combination), ...places]
    if (best === null || isBefore(rank, best.rank)) best = { chosen: combination, rank }
  }
  visit(0)
  const found = best as { readonly chosen: Combination } | null
  return { valid, preferred: found === null ? null : [...found.chosen].sort((a, b) => a - b) }
}

/** The first rule that a combination breaks, or null. */
function violation(universe: UniverseView, request: Request, chosen: Combination): string | null {
  const has = (id: number) => chosen.includes(id)
  const at = (id: number) => universe.candidates[id] as Candidate
  const needs = (id: number) => at(id).dependencies.filter((need) => !isLackingNow(universe, id, need))
  const removalOnly = request.jobs.every(({ kind }) => kind === 'remove')
  for (const id of chosen) {
    if (!isAllowed(universe, request, at(id), id)) return `${id} is not allowed`
    if (removalOnly && at(id).source !== 'installed') return `${id} is new in a removal`
    if (chosen.some((other) => other !== id && at(other).name === at(id).name))
      return `two versions of ${at(id).name}`
    const lacking = needs(id).find((need) => !universe.requirements[need]?.satisfiers.some(has))
    if (lacking !== undefined) return `${id} lacks ${lacking}`
    for (const other of chosen) {
      if (other !== id && excludes(universe, id, other)) return `${id} excludes ${other}`
    }
    const ousted = replacedBy(universe, id).find(([, ...versions]) => versions.some(has))
    if (ousted !== undefined) return `${id} replaces ${ousted[0]}`
  }
  for (const target of targetsOf(universe, request)) if (!target.some(has)) return 'a job is not served'
  for (const gone of removedIds(universe, chosen)) {
    if (request.jobs.some((job) => job.kind === 'remove' && job.name === at(gone).name)) continue
    if (request.cascade) continue
    if (at(gone).held && !namesIn(universe, request).has(at(gone).name)) return `${gone} is held`
    const drives = (id: number) =>
      at(id).source !== 'installed' &&
      (excludes(universe, id, gone) || replacedBy(universe, id).some(([replaced]) => replaced === gone))
    if (!chosen.some(drives)) return `nothing drives out ${gone}`
  }
  return null
}

/** Places of choice along the walk; null where it does not reach every new package. */
function walk(universe: UniverseView, request: Request, chosen: Combination): number[] | null {
  const at = (id: number) => universe.candidates[id] as Candidate
  const reached = new Set<number>()
  const places: number[] = []
  const first: number[][] = targetsOf(universe, request)
  const second: number[][] = []
  const reach = (id: number): void => {
    reached.add(id)
    const needs = at(id)
      .dependencies.filter((need) => !isLackingNow(universe, id, need))
      .map((need) => universe.requirements[need] as UniverseView['requirements'][number])
      .sort((left, right) => (left.name < right.name ? -1 : 1))
    for (const { satisfiers } of needs) {
      const options = inOrder(universe, request, at(id).repository, satisfiers)
      const names = new Set(options.map((option) => at(option).name))
      if (names.size > 1) second.push(options)
      else first.push(options)
    }
  }
  const installed = universe.candidates
    .flatMap((candidate, id) => (candidate.source === 'installed' ? [id] : []))
    .filter((id) => !request.jobs.some((job) => job.kind === 'remove' && job.name === at(id).name))
    .sort((left, right) => (at(left).name < at(right).name ? -1 : 1))
  for (;;) {
    const options = first.shift() ?? second.shift()
    if (options !== undefined) {
      if (options.some((id) => reached.has(id))) continue
      const place = options.findIndex((id) => chosen.includes(id))
      places.push(place)
      reach(options[place] as number)
      continue
    }
    const next = installed.shift()
    if (next === undefined) break
    const { name } = at(next)
    if ([...reached].some((id) => at(id).name === name)) continue
    const versions = universe.candidates
      .flatMap((candidate, id) =>
        candidate.name === name && id !== next && isAllowed(universe, request, candidate, id) ? [id] : [],
      )
      .sort((left, right) => withinName(universe, request, left, right))
    const fates = [next, ...versions]
    const place = fates.findIndex((id) => chosen.includes(id))
    places.push(place < 0 ? fates.length : place)
    if (place >= 0) reach(fates[place] as number)
  }
  return chosen.every((id) => reached.has(id)) ? places : null
}

function isAllowed(universe: UniverseView, request: Request, candidate: Candidate, id: number): boolean {
  const { name, architecture, versionRank } = candidate
  if (request.jobs.some((job) => job.kind === 'remove' && job.name === name)) return false
  if (candidate.source === 'installed') return true
  if (architecture !== universe.architecture && architecture !== 'noarch') return false
  const present = universe.candidates.find((other) => other.source === 'installed' && other.name === name)
  if (present === undefined) return true
  if (present.held && !namesIn(universe, request).has(name)) return false
  if (versionRank !== present.versionRank) return versionRank > present.versionRank
  if (architecture !== present.architecture) return true
  return request.jobs.some((job) => job.kind === 'install-file' && job.candidate === id)
}

function namesIn(universe: UniverseView, request: Request): Set<string> {
  return new Set(
    request.jobs.flatMap((job) => {
      if (!('name' in job) && job.kind !== 'install-file') return []
      return [job.kind === 'install-file' ? (universe.candidates[job.candidate] as Candidate).name : job.name]
    }),
  )
}

/** Broken before, and therefore not held against the request. */
function isLackingNow(universe: UniverseView, id: number, need: number): boolean {
  if (universe.candidates[id]?.source !== 'installed') return false
  return !universe.requirements[need]?.satisfiers.some(
    (other) => universe.candidates[other]?.source === 'installed',
  )
}

function excludes(universe: UniverseView, left: number, right: number): boolean {
  const a = universe.candidates[left] as Candidate
  const b = universe.candidates[right] as Candidate
  if ((a.source === 'installed' && b.source === 'installed') || a.name === b.name) return false
  const declares = (from: Candidate, to: number) =>
    from.conflicts.some((conflict) => universe.requirements[conflict]?.satisfiers.includes(to))
  return declares(a, right) || declares(b, left)
}

/** For each installed package that a new candidate replaces: it, and every version that the replacement covers. */
function replacedBy(universe: UniverseView, id: number): number[][] {
  const candidate = universe.candidates[id] as Candidate
  if (candidate.source === 'installed') return []
  const isThere = (other: Candidate) =>
    other.source === 'installed' &&
    other.name === candidate.name &&
    other.versionRank === candidate.versionRank
  if (universe.candidates.some(isThere)) return []
  return candidate.replaces.flatMap((replaces) => {
    const requirement = universe.requirements[replaces]
    if (requirement === undefined || requirement.name === candidate.name) return []
    const covered = requirement.satisfiers.filter(
      (other) => universe.candidates[other]?.name === requirement.name,
    )
    const installed = covered.find((other) => universe.candidates[other]?.source === 'installed')
    return installed === undefined ? [] : [[installed, ...covered]]
  })
}

function removedIds(universe: UniverseView, chosen: Combination): number[] {
  const names = new Set(chosen.map((id) => universe.candidates[id]?.name))
  return universe.candidates.flatMap((candidate, id) =>
    candidate.source === 'installed' && !names.has(candidate.name) ? [id] : [],
  )
}

function unaskedRemovals(universe: UniverseView, request: Request, chosen: Combination): number {
  const follows = request.jobs.some(({ kind }) => kind === 'upgrade-all')
  return removedIds(universe, chosen).filter((id) => {
    const { name, held } = universe.candidates[id] as Candidate
    if (request.jobs.some((job) => job.kind === 'remove' && job.name === name)) return false
    return !(follows && !held && followersOf(universe, request, id).length > 0)
  }).length
}

function targetsOf(universe: UniverseView, request: Request): number[][] {
  return request.jobs.flatMap((job): number[][] => {
    if (job.kind === 'remove') return []
    if (job.kind === 'install') return [installTarget(universe, request, job)]
    if (job.kind === 'install-file') {
      const candidate = universe.candidates[job.candidate] as Candidate
      return [isAllowed(universe, request, candidate, job.candidate) ? [job.candidate] : []]
    }
    const all = universe.candidates.flatMap((candidate, id) => (candidate.source === 'installed' ? [id] : []))
    const subjects = all.filter((id) => {
      const { name, held } = universe.candidates[id] as Candidate
      return job.kind === 'upgrade' ? name === job.name : !held || namesIn(universe, request).has(name)
    })
    subjects.sort((left, right) => (nameAt(universe, left) < nameAt(universe, right) ? -1 : 1))
    return subjects
      .map((id) => upgradeTarget(universe, request, id, job.kind === 'upgrade-all'))
      .filter((target) => target.length > 0)
  })
}

function installTarget(universe: UniverseView, request: Request, job: Job & { kind: 'install' }): number[] {
  const real = universe.candidates.flatMap(({ name }, id) => (name === job.name ? [id] : []))
  const virtual = universe.candidates.flatMap(({ provides }, id) =>
    provides.some(({ name }) => name === job.name) ? [id] : [],
  )
  return inOrder(universe, request, -2, job.version?.candidates ?? (real.length > 0 ? real : virtual))
}

function newerThan(universe: UniverseView, request: Request, installed: number): number[] {
  const present = universe.candidates[installed] as Candidate
  return universe.candidates
    .flatMap((candidate, id) => {
      const newer = candidate.name === present.name && candidate.versionRank > present.versionRank
      const strong = strength(universe, request, candidate) <= strength(universe, request, present)
      return newer && strong && !candidate.archived && isAllowed(universe, request, candidate, id) ? [id] : []
    })
    .sort((left, right) => withinName(universe, request, left, right))
}

function followersOf(universe: UniverseView, request: Request, installed: number): number[] {
  const present = universe.candidates[installed] as Candidate
  return universe.candidates.flatMap((candidate, id) => {
    if (candidate.source !== 'repository' || candidate.archived) return []
    if (!isAllowed(universe, request, candidate, id)) return []
    if (!replacedBy(universe, id).some(([replaced]) => replaced === installed)) return []
    const known = strength(universe, request, present)
    const origin = known < 1e9 ? known : (present.originPriority ?? 1e9)
    if (strength(universe, request, candidate) > origin) return []
    const own = universe.candidates.findIndex(
      (other) => other.source === 'installed' && other.name === candidate.name,
    )
    return own >= 0 && !newerThan(universe, request, own).includes(id) ? [] : [id]
  })
}

function upgradeTarget(
  universe: UniverseView,
  request: Request,
  installed: number,
  follow: boolean,
): number[] {
  const own = newerThan(universe, request, installed)
  const present = universe.candidates[installed] as Candidate
  if (!follow || request.jobs.some((job) => job.kind === 'remove' && job.name === present.name)) return own
  const following = followersOf(universe, request, installed).sort((left, right) =>
    betweenNames(universe, request, present.repository, left, right),
  )
  const before = (option: number) =>
    following.filter((id) => !placed.has(id) && coversNoWeaker(universe, request, id, option))
  const placed = new Set<number>()
  const options: number[] = []
  for (const option of own) {
    for (const id of before(option)) {
      placed.add(id)
      options.push(id)
    }
    options.push(option)
  }
  return [...options, ...following.filter((id) => !placed.has(id))]
}

function coversNoWeaker(universe: UniverseView, request: Request, follower: number, option: number): boolean {
  const weaker =
    strength(universe, request, universe.candidates[option] as Candidate) >=
    strength(universe, request, universe.candidates[follower] as Candidate)
  return weaker && replacedBy(universe, follower).some((covered) => covered.includes(option))
}

/** Installed satisfiers, then again and again the best of what every name has left. */
function inOrder(
  universe: UniverseView,
  request: Request,
  dependent: number,
  satisfiers: readonly number[],
): number[] {
  const allowed = satisfiers.filter((id) =>
    isAllowed(universe, request, universe.candidates[id] as Candidate, id),
  )
  const isInstalled = (id: number) => universe.candidates[id]?.source === 'installed'
  const ordered = allowed
    .filter(isInstalled)
    .sort((left, right) => betweenNames(universe, request, dependent, left, right))
  const lists = new Map<string, number[]>()
  for (const id of allowed.filter((id) => !isInstalled(id))) {
    const list = lists.get(nameAt(universe, id)) ?? []
    list.push(id)
    lists.set(nameAt(universe, id), list)
  }
  for (const list of lists.values()) list.sort((left, right) => withinName(universe, request, left, right))
  for (;;) {
    const heads = [...lists.values()].filter((list) => list.length > 0)
    heads.sort((left, right) =>
      betweenNames(universe, request, dependent, left[0] as number, right[0] as number),
    )
    const next = heads[0]?.shift()
    if (next === undefined) return ordered
    ordered.push(next)
  }
}

function nameAt(universe: UniverseView, id: number): string {
  return universe.candidates[id]?.name ?? ''
}

function strength(universe: UniverseView, request: Request, candidate: Candidate): number {
  if (candidate.source === 'local') return -1
  const unusable = request.unusable.find(
    ({ name }) => candidate.source === 'installed' && name === candidate.origin,
  )
  return universe.repositories[candidate.repository]?.priority ?? unusable?.priority ?? 1e9
}

function withinName(universe: UniverseView, request: Request, left: number, right: number): number {
  const key = (id: number) => {
    const candidate = universe.candidates[id] as Candidate
    const repository = universe.repositories[candidate.repository]?.name ?? ''
    const exact = candidate.architecture === universe.architecture ? 0 : 1
    const archived = candidate.archived ? 1 : 0
    return [
      strength(universe, request, candidate),
      archived,
      exact,
      -candidate.versionRank,
      repository,
      candidate.version,
      id,
    ]
  }
  return compareKeys(key(left), key(right))
}

function betweenNames(
  universe: UniverseView,
  request: Request,
  dependent: number,
  left: number,
  right: number,
): number {
  const key = (id: number) => {
    const candidate = universe.candidates[id] as Candidate
    const repository = universe.repositories[candidate.repository]?.name ?? ''
    const foreign = candidate.repository === dependent ? 0 : 1
    return [
      strength(universe, request, candidate),
      foreign,
      -candidate.versionRank,
      candidate.name,
      repository,
      candidate.version,
      id,
    ]
  }
  return compareKeys(key(left), key(right))
}

function compareKeys(left: readonly (string | number)[], right: readonly (string | number)[]): number {
  for (const [at, value] of left.entries()) {
    const other = right[at] as string | number
    if (value !== other) return value < other ? -1 : 1
  }
  return 0
}

function isBefore(left: readonly number[], right: readonly number[]): boolean {
  return compareKeys(left, right) < 0
}
