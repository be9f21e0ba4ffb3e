// Downgrades, reinstalls and undos: the only jobs that may lead to an older version or to the same (PSD-009 §4.2, §7.2).

import { describe, expect, test } from 'vitest'
import { ask, expectPlan, expectRejection, explanation, plan } from './scenario.ts'

const app = [
  { name: 'app', version: '3-1', from: 'installed', reason: 'dependency' },
  { name: 'app', version: '2-1' },
  { name: 'app', version: '2-2', archived: true },
  { name: 'app', version: '2-3', from: 'extra' },
  { name: 'app', version: '3-1', from: 'extra' },
  { name: 'app', version: '3-1' },
] as const

describe('downgrade', () => {
  test('takes the highest revision of the strongest repository that has one, whichever index that is in', () => {
    expect(plan(app, 'downgrade app=2')).toEqual(['downgrade app 3-1 -> 2-2 [official]'])
  })

  test('is elevated, and the package keeps its reason', () => {
    const { steps, elevated } = expectPlan(ask(app, 'downgrade app=2-1'))
    expect(elevated).toMatchObject([{ kind: 'downgrade', packages: ['app'] }])
    expect(steps).toMatchObject([{ reason: 'dependency' }])
  })

  test('leads nobody else backward', () => {
    const packages = [
      { name: 'app', version: '2-1', from: 'installed', needs: ['lib >= 2'] },
      { name: 'app', version: '1-1', needs: ['lib'] },
      { name: 'lib', version: '2-1', from: 'installed' },
      { name: 'lib', version: '1-1' },
    ]
    expect(explanation(packages, 'downgrade lib=1')).toMatchInlineSnapshot(`
      "1: cannot downgrade lib: a dependency cannot be satisfied
      lib was asked for; only lib 1-1 (official) is on offer
      app 2-1 is installed and was not asked to be removed; nothing newer is on offer
      only one version of lib can be installed
      app 2-1 needs lib >= 2; only lib 2-1 (installed) would satisfy it
      so lib cannot be downgraded"
    `)
    expect(plan(packages, ['downgrade lib=1', 'downgrade app=1'])).toEqual([
      'downgrade lib 2-1 -> 1-1 [official]',
      'downgrade app 2-1 -> 1-1 [official]',
    ])
  })

  test('a dependent that can move forward does', () => {
    const packages = [
      { name: 'app', version: '1-1', from: 'installed', needs: ['lib >= 2'] },
      { name: 'app', version: '2-1', needs: ['lib'] },
      { name: 'lib', version: '2-1', from: 'installed' },
      { name: 'lib', version: '1-1' },
    ]
    expect(plan(packages, 'downgrade lib=1')).toEqual([
      'downgrade lib 2-1 -> 1-1 [official]',
      'upgrade app 1-1 -> 2-1 [official]',
    ])
  })

  test('a held package that is named moves', () => {
    const packages = [
      { name: 'app', version: '2-1', from: 'installed', held: true },
      { name: 'app', version: '1-1' },
    ]
    expect(plan(packages, 'downgrade app=1')).toEqual(['downgrade app 2-1 -> 1-1 [official]'])
  })

  test('of what is not there, or not on offer', () => {
    expect(expectRejection(ask(app, 'downgrade ghost=1'))).toMatchObject({
      code: 'PEI_RESOLVE_NOT_INSTALLED',
    })
    expect(expectRejection(ask(app, 'downgrade app=1'))).toMatchObject({
      code: 'PEI_RESOLVE_NOT_FOUND',
      summary: 'cannot downgrade app to 1: no configured repository offers it',
    })
  })
})

describe('reinstall', () => {
  test('leaves what the package replaces, and was installed beside it, where it is', () => {
    const packages = [
      { name: 'new', from: 'installed', replaces: ['old'] },
      { name: 'new', replaces: ['old'] },
      { name: 'old', from: 'installed' },
    ]
    expect(plan(packages, 'reinstall new=1-1')).toEqual(['reinstall new 1-1 -> 1-1 [official]'])
  })

  test('comes from where the installed package came from, and is no upgrade', () => {
    const packages = [
      { name: 'app', version: '1-1', from: 'installed', origin: 'extra' },
      { name: 'app', version: '1-1' },
      { name: 'app', version: '1-1', from: 'extra' },
      { name: 'app', version: '2-1' },
    ]
    expect(plan(packages, 'reinstall app=1-1')).toEqual(['reinstall app 1-1 -> 1-1 [extra]'])
    expect(expectPlan(ask(packages, 'reinstall app=1-1')).elevated).toEqual([])
  })
})

describe('restore', () => {
  test('what is not installed any more', () => {
    expect(plan([{ name: 'app', version: '1-1', archived: true }], 'restore app=1-1')).toEqual([
      'install app 1-1 [official]',
    ])
  })

  test('what nobody has any more', () => {
    expect(expectRejection(ask([{ name: 'app', version: '2-1' }], 'restore app=1-1')).summary).toContain(
      'not all of its files are retained',
    )
  })
})
