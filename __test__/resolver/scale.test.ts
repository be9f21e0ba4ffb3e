// Large and hostile universes: bounded in steps, whatever their shape (PSD-009 §4.2.8).

import { describe, expect, test } from 'vitest'
import { DEFAULT_STEP_LIMIT } from '../../ts/resolver/request.ts'
import { resolve } from '../../ts/resolver/resolve.ts'
import {
  chain,
  hostileGraphs,
  indexes,
  install,
  layers,
  padded,
  pigeonholes,
  type Shape,
  universeOf,
} from './hostile-graphs.ts'
import { expectPlan, expectRejection } from './scenario.ts'

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
  const answer = (count: number, holes: number, stepLimit = DEFAULT_STEP_LIMIT) => {
    const { universe, request } = pigeonholes(count, holes)
    return resolve(universe, { ...request, stepLimit })
  }

  test('as many as pigeons are filled', () => {
    expect(expectPlan(answer(30, 30)).steps).toHaveLength(60)
  })

  test('one too few is refused while it is small', () => {
    expect(expectRejection(answer(6, 5)).condition).toBe(2)
  })

  test('and given up when it is large, after exactly the steps that were allowed', () => {
    const rejection = expectRejection(answer(12, 11, 100_000))
    expect(rejection).toMatchObject({ condition: 6, summary: 'resolution gave up after 100000 steps' })
  })
})

test('many versions, of which only the last fit together', () => {
  const depth = 40
  const { universe, request } = layers(depth)
  const answer = expectPlan(resolve(universe, request))
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

test.each(Object.entries(hostileGraphs))('%s, small: an answer, or the bound exactly', (_, {
  full,
  make,
}) => {
  const { universe, request } = make(Math.min(full, 60))
  const stepLimit = 20_000
  const answer = resolve(universe, { ...request, stepLimit })
  // The last step may look at all that one choice concerns.
  expect(answer.effort).toBeLessThan(stepLimit + universe.candidates.length + universe.requirements.length)
  expect(resolve(universe, { ...request, stepLimit })).toEqual(answer)
})
