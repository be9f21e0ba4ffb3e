import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolve } from '../../ts/resolver/resolve.ts'
import { ask, askIn, expectPlan, REPOSITORIES, stepsOf } from './scenario.ts'
import { buildUniverse, type PackageDescription } from './universe-builder.ts'

const skipping = (packages: readonly PackageDescription[], words: string | readonly string[] = 'upgrade') => {
  const universe = buildUniverse(REPOSITORIES, packages)
  const plan = expectPlan(askIn(universe, words, { skipBroken: true }))
  return { steps: stepsOf(universe, plan), keptBack: plan.keptBack.map(({ name, why }) => `${name}: ${why}`) }
}

test('what cannot move stays with its reason, and the rest moves', () => {
  const packages = [
    { name: 'libz', from: 'installed' },
    { name: 'libz', version: '2-1' },
    { name: 'app', from: 'installed', needs: ['libz < 2-1'] },
    { name: 'broken', from: 'installed' },
    { name: 'broken', version: '2-1', needs: ['ghost'] },
    { name: 'other', from: 'installed' },
    { name: 'other', version: '2-1' },
  ]
  expect(ask(packages, 'upgrade').kind).toBe('rejection')
  expect(skipping(packages)).toEqual({
    steps: ['upgrade other 1-1 -> 2-1 [official]'],
    keptBack: [
      'broken: broken 2-1 needs ghost; nothing offers ghost',
      'libz: app 1-1 needs libz < 2-1; only libz 1-1 (installed) would satisfy it',
    ],
  })
})

test('of two that exclude each other the first moves; one given up beside others gets a second chance', () => {
  const packages = [
    { name: 'aa', from: 'installed' },
    { name: 'aa', version: '2-1', conflicts: ['bb >= 2-1'] },
    { name: 'bb', from: 'installed' },
    { name: 'bb', version: '2-1' },
  ]
  expect(skipping(packages)).toMatchObject({ steps: ['upgrade aa 1-1 -> 2-1 [official]'] })
  const chance = [
    { name: 'aa', from: 'installed' },
    { name: 'aa', version: '2-1', needs: ['ghost'] },
    { name: 'bb', from: 'installed' },
    { name: 'bb', version: '2-1', conflicts: ['aa >= 2-1'] },
  ]
  expect(skipping(chance)).toMatchObject({ steps: ['upgrade bb 1-1 -> 2-1 [official]'] })
})

test('nothing can move: nothing to do, every reason told', () => {
  const packages = ['aa', 'bb'].flatMap((name): PackageDescription[] => [
    { name, from: 'installed' },
    { name, version: '2-1', needs: [`ghost-${name}`] },
  ])
  expect(skipping(packages)).toEqual({
    steps: [],
    keptBack: [
      'aa: aa 2-1 needs ghost-aa; nothing offers ghost-aa',
      'bb: bb 2-1 needs ghost-bb; nothing offers ghost-bb',
    ],
  })
  expect(skipping(packages, ['upgrade aa', 'upgrade bb']).steps).toEqual([])
})

test('it never refuses an upgrade of everything, and what it keeps back could not have moved along', () => {
  const names = ['aa', 'bb', 'cc', 'dd']
  const relation = fc.tuple(fc.constantFrom(...names, 'ghost'), fc.constantFrom('< 2-1', '>= 2-1', '>= 1-1'))
  const relations = fc.uniqueArray(relation, { maxLength: 2, selector: ([name]) => name })
  const texts = (parts: readonly (readonly [string, string])[], own: string) =>
    parts.filter(([name]) => name !== own).map((part) => part.join(' '))
  const shapes = fc.tuple(...names.map(() => fc.tuple(relations, relations)))
  const property = fc.property(shapes, (all) => {
    const packages = all.flatMap(([needs, conflicts], at): PackageDescription[] => {
      const name = names[at] as string
      return [
        { name, from: 'installed' },
        { name, version: '2-1', needs: texts(needs, name), conflicts: texts(conflicts, name) },
      ]
    })
    const universe = buildUniverse(REPOSITORIES, packages)
    const { steps, keptBack } = expectPlan(askIn(universe, 'upgrade', { skipBroken: true }))
    const moved = steps.filter(({ kind }) => kind !== 'remove').map(({ name }) => name)
    expect(steps.filter(({ kind }) => kind === 'remove')).toEqual([])
    for (const { name } of keptBack) {
      const asked = names.filter((one) => one === name || moved.includes(one))
      const jobs = asked.map((one) => ({ kind: 'upgrade', name: one }) as const)
      const again = expectPlan(resolve(universe, { jobs, cascade: false, unusable: [], skipBroken: true }))
      expect(again.keptBack).not.toEqual([])
    }
  })
  fc.assert(property, { numRuns: 60 })
})
