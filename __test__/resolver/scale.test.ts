// Large and hostile universes: bounded in steps, whatever their shape (PSD-009 §4.2.8).

import { describe, expect, test } from 'vitest'
import { DEFAULT_STEP_LIMIT, type Request } from '../../ts/resolver/request.ts'
import { resolve } from '../../ts/resolver/resolve.ts'
import type { Candidate, UniverseView } from '../../ts/resolver/universe.ts'
import { expectPlan, expectRejection } from './scenario.ts'

interface Shape {
  readonly name: string
  /** Names, or `name = version`; a name with several candidates is satisfied by all of them. */
  readonly needs?: readonly string[]
  readonly conflicts?: readonly string[]
  readonly provides?: readonly string[]
  readonly rank?: number
}

/** A universe without constraints, built in linear time. Candidates come sorted by name. */
function universeOf(shapes: readonly Shape[]): UniverseView {
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

function install(...names: string[]): Request {
  return { jobs: names.map((name) => ({ kind: 'install', name })), cascade: false, unusable: [] }
}

const indexes = (count: number) => [...new Array(count).keys()]
const padded = (prefix: string, index: number) => `${prefix}${String(index).padStart(6, '0')}`

test('a closure of 1,000 packages takes a few steps for each', () => {
  const shapes = indexes(1000).map((at): Shape => {
    const needs = [2 * at + 1, 2 * at + 2, at + 7]
      .filter((next) => next < 1000)
      .map((next) => padded('p', next))
    return { name: padded('p', at), needs: [...new Set(needs)].sort() }
  })
  const answer = expectPlan(resolve(universeOf(shapes), install('p000000')))
  expect(answer.steps).toHaveLength(1000)
  expect(answer.effort).toBeLessThan(5000)
})

describe('deep', () => {
  const chain = (length: number, end: string) =>
    indexes(length).map(
      (at): Shape => ({ name: padded('c', at), needs: [at + 1 < length ? padded('c', at + 1) : end] }),
    )

  test('a chain of 50,000 is planned, the last first', () => {
    const answer = expectPlan(
      resolve(universeOf([...chain(50_000, 'end'), { name: 'end' }]), install('c000000')),
    )
    expect(answer.steps).toHaveLength(50_001)
    expect(answer.steps[0]?.name).toBe('end')
    expect(answer.effort).toBeLessThan(300_000)
  })

  test('one that leads nowhere is refused, with the whole chain as its derivation', () => {
    const rejection = expectRejection(resolve(universeOf(chain(20_000, 'nowhere')), install('c000000')))
    expect(rejection.condition).toBe(1)
    expect(rejection.explanation.at(-2)).toContain('nothing offers nowhere')
  })

  test('a ring is one step', () => {
    const answer = expectPlan(resolve(universeOf(chain(20_000, 'c000000')), install('c000777')))
    expect(answer.steps).toHaveLength(20_000)
    expect(answer.steps[0]?.name).toBe('c000000')
  })
})

describe('wide', () => {
  test('thousands that need a name which thousands provide', () => {
    const shapes = indexes(4000).flatMap((at): Shape[] => [
      { name: padded('user', at), needs: ['virtual'] },
      { name: padded('provider', at), provides: ['virtual'] },
    ])
    const universe = universeOf([
      ...shapes,
      { name: 'all', needs: indexes(1000).map((at) => padded('user', at)) },
    ])
    const answer = expectPlan(resolve(universe, install('all')))
    expect(answer.steps).toHaveLength(1002)
    expect(answer.effort).toBeLessThan(DEFAULT_STEP_LIMIT / 2)
  })

  test('thousands of providers that exclude each other', () => {
    const shapes = indexes(5000).map((at): Shape => {
      return { name: padded('provider', at), provides: ['virtual'], conflicts: ['virtual'] }
    })
    const universe = universeOf([...shapes, { name: 'app', needs: ['virtual'] }])
    const answer = expectPlan(resolve(universe, install('app')))
    expect(answer.steps.map(({ name }) => name)).toEqual(['provider000000', 'app'])
  })
})

describe('pigeonholes', () => {
  const pigeons = (count: number, holes: number) =>
    universeOf(
      indexes(count).flatMap((pigeon): Shape[] => [
        { name: padded('pigeon', pigeon), needs: [`place${pigeon}`] },
        ...indexes(holes).map((hole) => {
          return {
            name: `p${pigeon}in${hole}`,
            provides: [`place${pigeon}`, `hole${hole}`],
            conflicts: [`hole${hole}`],
          }
        }),
      ]),
    )
  const request = (count: number) => install(...indexes(count).map((at) => padded('pigeon', at)))

  test('as many as pigeons are filled', () => {
    expect(expectPlan(resolve(pigeons(30, 30), request(30))).steps).toHaveLength(60)
  })

  test('one too few is refused while it is small', () => {
    expect(expectRejection(resolve(pigeons(6, 5), request(6))).condition).toBe(2)
  })

  test('and given up when it is large, after exactly the steps that were allowed', () => {
    const rejection = expectRejection(resolve(pigeons(12, 11), { ...request(12), stepLimit: 100_000 }))
    expect(rejection).toMatchObject({ condition: 6, summary: 'resolution gave up after 100000 steps' })
  })
})

test('many versions, of which only the last fit together', () => {
  const depth = 40
  const shapes = indexes(depth).flatMap((level) =>
    indexes(20).map((at): Shape => {
      const provides = [`l${level}`, ...(at === 0 ? [`good${level}`] : [])]
      const needs = level + 1 < depth ? [at === 0 ? `good${level + 1}` : 'missing'] : []
      return { name: `n${String(level).padStart(2, '0')}`, rank: at + 1, provides, needs }
    }),
  )
  const answer = expectPlan(resolve(universeOf(shapes), install('n00')))
  expect(answer.steps).toHaveLength(depth)
  expect(answer.effort).toBeLessThan(20_000)
})

test('the same request gives the same plan', () => {
  const shapes = indexes(300).map((at): Shape => {
    return { name: padded('p', at), needs: [`v${(at * 7) % 50}`], provides: [`v${at % 50}`] }
  })
  const answer = () => resolve(universeOf(shapes), install('p000000', 'p000100'))
  expect(answer()).toEqual(answer())
})
