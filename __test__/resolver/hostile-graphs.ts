// Universes that are hard on purpose, in any size: small ones for the tests, full ones for the benchmark.

import type { Request } from '../../ts/resolver/request.ts'
import type { Candidate, UniverseView } from '../../ts/resolver/universe.ts'

export interface Shape {
  readonly name: string
  /** Names, or `name = version`; a name with several candidates is satisfied by all of them. */
  readonly needs?: readonly string[]
  readonly conflicts?: readonly string[]
  readonly provides?: readonly string[]
  readonly rank?: number
}

/** A universe without constraints, built in linear time. Candidates come sorted by name. */
export function universeOf(shapes: readonly Shape[]): UniverseView {
  const sorted = [...shapes].sort((left, right) =>
    left.name < right.name ? -1 : left.name > right.name ? 1 : 0,
  )
  const satisfiers = new Map<string, number[]>()
  const offer = (name: string, id: number) => {
    const known = satisfiers.get(name)
    if (known === undefined) satisfiers.set(name, [id])
    else if (known.at(-1) !== id) known.push(id)
  }
  sorted.forEach(({ name, provides }, id) => {
    offer(name, id)
    for (const provided of provides ?? []) offer(provided, id)
  })
  const ids = new Map<string, number>()
  const intern = (names: readonly string[] | undefined) =>
    (names ?? []).map((name) => {
      if (!ids.has(name)) ids.set(name, ids.size)
      return ids.get(name) as number
    })
  const candidates = sorted.map(({ name, needs, conflicts, provides, rank }): Candidate => {
    return {
      name,
      version: `${rank ?? 1}-1`,
      architecture: 'x86_64',
      versionRank: rank ?? 1,
      source: 'repository',
      repository: 0,
      originPriority: null,
      origin: null,
      archived: false,
      reason: null,
      held: false,
      dependencies: intern(needs),
      optional: [],
      conflicts: intern(conflicts),
      replaces: [],
      provides: (provides ?? []).map((provided) => ({ name: provided, version: null, rank: null })),
      description: '',
      sizeCompressed: 1,
      sizeInstalled: 1,
      sideEffects: [],
      overrides: false,
    }
  })
  const requirements = [...ids.keys()].map((name) => {
    return { name, constraint: null, satisfiers: satisfiers.get(name) ?? [], wrongArchitecture: [] }
  })
  const repositories = [{ name: 'official', priority: 10, official: true }]
  return { generation: 1, architecture: 'x86_64', repositories, candidates, requirements, mismatched: [] }
}

export function install(...names: string[]): Request {
  return { jobs: names.map((name) => ({ kind: 'install', name })), cascade: false, unusable: [] }
}

export const indexes = (count: number) => [...new Array(count).keys()]
export const padded = (prefix: string, index: number) => `${prefix}${String(index).padStart(6, '0')}`

export interface HostileGraph {
  readonly universe: UniverseView
  readonly request: Request
}

/** Each makes one of that size; the numbers are those of the benchmark. */
export const hostileGraphs: Readonly<
  Record<string, { readonly full: number; readonly make: (size: number) => HostileGraph }>
> = {
  'deep chain': {
    full: 60_000,
    make: (size) => graph([...chain(size, 'end'), { name: 'end' }], padded('c', 0)),
  },
  'deep chain to nowhere': { full: 60_000, make: (size) => graph(chain(size, 'nowhere'), padded('c', 0)) },
  ring: { full: 60_000, make: (size) => graph(chain(size, padded('c', 0)), padded('c', 0)) },
  'wide provides': { full: 10_000, make: wideProvides },
  'exclusive providers': { full: 10_000, make: exclusiveProviders },
  pigeonholes: { full: 14, make: (size) => pigeonholes(size, size - 1) },
  'pigeonholes that fit': { full: 60, make: (size) => pigeonholes(size, size) },
  'layers of versions': { full: 200, make: layers },
  'random conflicts': { full: 3000, make: randomConflicts },
}

export function chain(length: number, end: string): readonly Shape[] {
  return indexes(length).map(
    (at): Shape => ({ name: padded('c', at), needs: [at + 1 < length ? padded('c', at + 1) : end] }),
  )
}

/** As many packages need one virtual name as provide it. */
function wideProvides(size: number): HostileGraph {
  const shapes = indexes(size).flatMap((at): Shape[] => [
    { name: padded('user', at), needs: ['virtual'] },
    { name: padded('provider', at), provides: ['virtual'] },
  ])
  const some = indexes(Math.ceil(size / 4)).map((at) => padded('user', at))
  return graph([...shapes, { name: 'all', needs: some }], 'all')
}

/** Providers of one name of which each excludes all others. */
function exclusiveProviders(size: number): HostileGraph {
  const shapes = indexes(size).map((at): Shape => {
    return { name: padded('provider', at), provides: ['virtual'], conflicts: ['virtual'] }
  })
  return graph([...shapes, { name: 'app', needs: ['virtual'] }], 'app')
}

/** Every pigeon needs a hole, and no hole bears two. */
export function pigeonholes(count: number, holes: number): HostileGraph {
  const shapes = indexes(count).flatMap((pigeon): Shape[] => [
    { name: padded('pigeon', pigeon), needs: [`place${pigeon}`] },
    ...indexes(holes).map((hole) => {
      return {
        name: `p${pigeon}in${hole}`,
        provides: [`place${pigeon}`, `hole${hole}`],
        conflicts: [`hole${hole}`],
      }
    }),
  ])
  return graph(shapes, ...indexes(count).map((at) => padded('pigeon', at)))
}

/** Layers of twenty versions each, of which only the last goes on to the next layer. */
export function layers(depth: number): HostileGraph {
  const shapes = indexes(depth).flatMap((level) =>
    indexes(20).map((at): Shape => {
      const provides = [`l${level}`, ...(at === 0 ? [`good${level}`] : [])]
      const needs = level + 1 < depth ? [at === 0 ? `good${level + 1}` : 'missing'] : []
      return { name: padded('n', level), rank: at + 1, provides, needs }
    }),
  )
  return graph(shapes, padded('n', 0))
}

/** Virtual names with three providers each that conflict at random, near the density where answers are hardest. */
function randomConflicts(size: number): HostileGraph {
  const random = seeded(size)
  const names = indexes(size).flatMap((at) => [0, 1, 2].map((way) => `${padded('w', at)}-${way}`))
  const shapes = names.map((name): Shape => {
    const others = new Set(indexes(2).map(() => names[Math.floor(random() * names.length)] as string))
    others.delete(name)
    return { name, provides: [name.slice(0, -2)], conflicts: [...others].sort() }
  })
  const all = { name: 'all', needs: indexes(size).map((at) => padded('w', at)) }
  return graph([...shapes, all], 'all')
}

function graph(shapes: readonly Shape[], ...names: readonly string[]): HostileGraph {
  return { universe: universeOf(shapes), request: install(...names) }
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
