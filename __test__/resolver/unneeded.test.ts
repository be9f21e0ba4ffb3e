import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askIn, expectPlan, marksOf, plan, REPOSITORIES, stepsOf } from './scenario.ts'
import { buildUniverse, type PackageDescription } from './universe-builder.ts'

const installed = (name: string, more: Partial<PackageDescription> = {}): PackageDescription => ({
  name,
  from: 'installed',
  ...more,
})
const dependency = (name: string, more: Partial<PackageDescription> = {}) =>
  installed(name, { reason: 'dependency', ...more })

/** Steps, then marks. */
function answer(packages: readonly PackageDescription[], ...words: readonly string[]): readonly string[] {
  const universe = buildUniverse(REPOSITORIES, packages)
  const planned = expectPlan(askIn(universe, words))
  return [...stepsOf(universe, planned), ...marksOf(planned)]
}

describe('autoremove', () => {
  test('takes what serves nobody, whole chains and rings, dependents first', () => {
    const packages = [
      installed('app', { needs: ['lib'] }),
      dependency('lib', { needs: ['base'] }),
      dependency('base'),
      dependency('left', { needs: ['over'] }),
      dependency('over'),
      dependency('ring-a', { needs: ['ring-b'] }),
      dependency('ring-b', { needs: ['ring-a'] }),
    ]
    expect(plan(packages, 'autoremove')).toEqual([
      'remove left 1-1 (unneeded)',
      'remove over 1-1 (unneeded)',
      'remove ring-a 1-1 (unneeded)',
      'remove ring-b 1-1 (unneeded)',
    ])
  })

  test('every installed provider of what is needed stays, and so do optional dependencies of what is needed', () => {
    const packages = [
      installed('app', { needs: ['mta'], suggests: ['docs'] }),
      dependency('exim', { provides: ['mta'] }),
      dependency('postfix', { provides: ['mta'] }),
      dependency('docs', { needs: ['viewer'] }),
      dependency('viewer'),
      dependency('unused', { suggests: ['unused-docs'] }),
      dependency('unused-docs'),
    ]
    expect(plan(packages, 'autoremove')).toEqual([
      'remove unused 1-1 (unneeded)',
      'remove unused-docs 1-1 (unneeded)',
    ])
  })

  test('what is held, and what the request says stays, stays with what it needs', () => {
    const packages = [
      dependency('held', { held: true, needs: ['lib'] }),
      dependency('lib'),
      dependency('peipkg', { needs: ['base'] }),
      dependency('base'),
    ]
    expect(plan(packages, 'autoremove peipkg')).toEqual([])
    expect(plan(packages, 'autoremove')).toEqual(
      ['remove base 1-1 (unneeded)', 'remove peipkg 1-1 (unneeded)'].reverse(),
    )
  })

  test('after a removal: what that leaves without use goes along', () => {
    const packages = [
      installed('app', { needs: ['lib'] }),
      dependency('lib'),
      installed('other'),
      dependency('old'),
    ]
    expect(plan(packages, ['remove app', 'autoremove'])).toEqual([
      'remove app 1-1',
      'remove lib 1-1 (unneeded)',
      'remove old 1-1 (unneeded)',
    ])
    expect(plan(packages, 'remove app')).toEqual(['remove app 1-1'])
  })

  test('with a mark in the same request', () => {
    expect(answer([installed('app')], 'mark-dependency app', 'autoremove')).toEqual([
      'remove app 1-1 (unneeded)',
    ])
    expect(answer([dependency('app')], 'mark-explicit app', 'autoremove')).toEqual(['mark-explicit app'])
  })
})

describe('an explicit set', () => {
  const packages = [
    installed('app', { needs: ['lib'] }),
    dependency('lib'),
    installed('old', { needs: ['oldlib'] }),
    dependency('oldlib'),
    installed('shared'),
    { name: 'new', needs: ['shared'] },
  ]

  test('is what is wanted, and what it needs; the rest goes', () => {
    expect(answer(packages, 'install app', 'install new', 'only app new')).toEqual([
      'install new 1-1 [official]',
      'remove old 1-1 (unneeded)',
      'remove oldlib 1-1 (unneeded)',
      'mark-dependency shared',
    ])
  })

  test('makes a dependency that it names explicit', () => {
    expect(answer(packages, 'install lib', 'only lib')).toEqual([
      'remove app 1-1 (unneeded)',
      'remove old 1-1 (unneeded)',
      'remove oldlib 1-1 (unneeded)',
      'remove shared 1-1 (unneeded)',
      'mark-explicit lib',
    ])
  })
})

test('what goes was needed by nobody that stays, and afterwards there is nothing more to take', () => {
  const names = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff']
  const relations = fc.uniqueArray(fc.constantFrom(...names, 'virtual'), { maxLength: 2 })
  const shape = fc.record({
    reason: fc.constantFrom<'explicit' | 'dependency'>('explicit', 'dependency', 'dependency'),
    held: fc.constantFrom(false, false, false, true),
    needs: relations,
    suggests: relations,
    provides: fc.constantFrom([], [], ['virtual']),
  })
  const property = fc.property(fc.tuple(...names.map(() => shape)), (shapes) => {
    const packages = shapes.map((one, at) => installed(names[at] as string, one))
    const gone = new Set(
      expectPlan(askIn(buildUniverse(REPOSITORIES, packages), 'autoremove')).steps.map(({ name }) => name),
    )
    const staying = packages.filter(({ name }) => !gone.has(name))
    for (const { name, reason, held } of packages) {
      if (gone.has(name)) expect([reason, held]).toEqual(['dependency', false])
    }
    for (const { needs = [], suggests = [] } of staying) {
      for (const wanted of [...needs, ...suggests]) {
        const satisfying = packages.filter((one) => one.name === wanted || one.provides?.includes(wanted))
        for (const { name } of satisfying) expect(gone).not.toContain(name)
      }
    }
    expect(plan(staying, 'autoremove')).toEqual([])
  })
  fc.assert(property, { numRuns: 200 })
})
