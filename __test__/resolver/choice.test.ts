// Choosing among candidates (PSD-009 §4.2.4, spec file 3).

import { describe, expect, test } from 'vitest'
import { plan } from './scenario.ts'

describe('within one name', () => {
  test('the strongest repository wins over a higher version and over the exact architecture', () => {
    const packages = [
      { name: 'tool', version: '1-1', arch: 'noarch', from: 'official' },
      { name: 'tool', version: '9-1', from: 'extra' },
    ]
    expect(plan(packages, 'install tool')).toEqual(['install tool 1-1 [official]'])
  })

  test('the strongest repository that has a satisfying candidate is taken, not the strongest with the name', () => {
    const packages = [
      { name: 'app', needs: ['lib >= 2-1'] },
      { name: 'lib', version: '1-1' },
      { name: 'lib', version: '3-1', from: 'weak' },
      { name: 'lib', version: '2-1', from: 'extra' },
    ]
    expect(plan(packages, 'install app')).toEqual(['install lib 2-1 [extra]', 'install app 1-1 [official]'])
  })

  test('in one repository the exact architecture goes before noarch, whatever the version', () => {
    const packages = [
      { name: 'tool', version: '2-1', arch: 'noarch' },
      { name: 'tool', version: '1-1' },
    ]
    expect(plan(packages, 'install tool')).toEqual(['install tool 1-1 [official]'])
  })

  test('the higher version goes before the lower', () => {
    const packages = [
      { name: 'tool', version: '2-1' },
      { name: 'tool', version: '10-1' },
    ]
    expect(plan(packages, 'install tool')).toEqual(['install tool 10-1 [official]'])
  })

  test('what only the archive has goes after what is offered now', () => {
    const packages = [
      { name: 'tool', version: '2-1', archived: true },
      { name: 'tool', version: '1-1' },
    ]
    expect(plan(packages, 'install tool')).toEqual(['install tool 1-1 [official]'])
  })
})

describe('between names', () => {
  test("the depending package's repository goes first among repositories as strong", () => {
    const packages = [
      { name: 'app', from: 'extra', needs: ['mta'] },
      { name: 'exim', version: '9-1', from: 'weak', provides: ['mta'] },
      { name: 'postfix', version: '1-1', from: 'extra', provides: ['mta'] },
    ]
    expect(plan(packages, 'install app')).toEqual(['install postfix 1-1 [extra]', 'install app 1-1 [extra]'])
  })

  test("a stronger repository goes before the depending package's own", () => {
    const packages = [
      { name: 'app', from: 'extra', needs: ['mta'] },
      { name: 'exim', from: 'official', provides: ['mta'] },
      { name: 'postfix', version: '9-1', from: 'extra', provides: ['mta'] },
    ]
    expect(plan(packages, 'install app')).toEqual(['install exim 1-1 [official]', 'install app 1-1 [extra]'])
  })

  test('then the higher version, then the name', () => {
    const higher = [
      { name: 'app', needs: ['mta'] },
      { name: 'exim', version: '1-1', provides: ['mta'] },
      { name: 'postfix', version: '2-1', provides: ['mta'] },
    ]
    expect(plan(higher, 'install app')).toEqual([
      'install postfix 2-1 [official]',
      'install app 1-1 [official]',
    ])
    const equal = [
      { name: 'app', needs: ['mta'] },
      { name: 'postfix', provides: ['mta'] },
      { name: 'exim', provides: ['mta'] },
    ]
    expect(plan(equal, 'install app')).toEqual(['install exim 1-1 [official]', 'install app 1-1 [official]'])
  })

  test('names compete with the best candidate that each has', () => {
    const packages = [
      { name: 'app', needs: ['mta'] },
      { name: 'exim', version: '9-1', from: 'weak', provides: ['mta'] },
      { name: 'exim', version: '1-1', from: 'extra', provides: ['mta'] },
      { name: 'postfix', version: '2-1', from: 'extra', provides: ['mta'] },
    ]
    expect(plan(packages, 'install app')).toEqual([
      'install postfix 2-1 [extra]',
      'install app 1-1 [official]',
    ])
  })

  test('a dependency that only one name satisfies is served before names compete', () => {
    const packages = [
      { name: 'app', needs: ['mta', 'postfix'] },
      { name: 'exim', provides: ['mta'] },
      { name: 'postfix', provides: ['mta'] },
    ]
    expect(plan(packages, 'install app')).toEqual([
      'install postfix 1-1 [official]',
      'install app 1-1 [official]',
    ])
  })
})

describe('what is installed', () => {
  test('is kept where it satisfies', () => {
    const packages = [
      { name: 'app', needs: ['lib', 'mta'] },
      { name: 'lib', version: '1-1', from: 'installed' },
      { name: 'lib', version: '2-1' },
      { name: 'zmail', version: '1-1', from: 'installed', origin: 'weak', provides: ['mta'] },
      { name: 'amail', version: '9-1', provides: ['mta'] },
    ]
    expect(plan(packages, 'install app')).toEqual(['install app 1-1 [official]'])
  })

  test('is not upgraded by install', () => {
    const packages = [
      { name: 'app', version: '1-1', from: 'installed' },
      { name: 'app', version: '2-1' },
    ]
    expect(plan(packages, 'install app')).toEqual([])
  })

  test('moves where a dependency needs a newer one', () => {
    const packages = [
      { name: 'app', needs: ['lib >= 2-1'] },
      { name: 'lib', version: '1-1', from: 'installed' },
      { name: 'lib', version: '2-1' },
    ]
    expect(plan(packages, 'install app')).toEqual([
      'upgrade lib 1-1 -> 2-1 [official]',
      'install app 1-1 [official]',
    ])
  })

  test('the preferences come before the fewest changes', () => {
    const packages = [
      { name: 'app', needs: ['virtual'] },
      { name: 'best', version: '2-1', provides: ['virtual'], conflicts: ['other < 2-1'] },
      { name: 'plain', version: '1-1', provides: ['virtual'] },
      { name: 'other', version: '1-1', from: 'installed' },
      { name: 'other', version: '2-1' },
    ]
    expect(plan(packages, 'install app')).toEqual([
      'install best 2-1 [official]',
      'install app 1-1 [official]',
      'upgrade other 1-1 -> 2-1 [official]',
    ])
  })

  test('no removal that nobody asked for comes before all preferences', () => {
    const packages = [
      { name: 'app', needs: ['virtual'] },
      { name: 'best', version: '2-1', provides: ['virtual'], conflicts: ['other'] },
      { name: 'plain', version: '1-1', provides: ['virtual'] },
      { name: 'other', from: 'installed' },
    ]
    expect(plan(packages, 'install app')).toEqual([
      'install plain 1-1 [official]',
      'install app 1-1 [official]',
    ])
  })

  test('a dependency that it lacks already is not held against the request', () => {
    const packages = [{ name: 'broken', from: 'installed', needs: ['nothing'] }, { name: 'app' }]
    expect(plan(packages, 'install app')).toEqual(['install app 1-1 [official]'])
  })
})

describe('local files', () => {
  test('are the strongest of all for choosing', () => {
    const packages = [
      { name: 'app', from: 'local', needs: ['lib'] },
      { name: 'lib', version: '1-1', from: 'local' },
      { name: 'lib', version: '2-1' },
    ]
    expect(plan(packages, ['file app', 'file lib'])).toEqual([
      'install lib 1-1 [local]',
      'install app 1-1 [local]',
    ])
  })

  test('take their dependencies from repositories', () => {
    const packages = [{ name: 'app', from: 'local', needs: ['lib'] }, { name: 'lib' }]
    expect(plan(packages, 'file app')).toEqual(['install lib 1-1 [official]', 'install app 1-1 [local]'])
  })

  test('of the installed version replace it in place', () => {
    const packages = [
      { name: 'app', from: 'installed' },
      { name: 'app', from: 'local' },
    ]
    expect(plan(packages, 'file app')).toEqual(['reinstall app 1-1 -> 1-1 [local]'])
  })
})

test('the search goes back on a preferred candidate that leads to a conflict deeper down', () => {
  const packages = [
    { name: 'app', needs: ['lib'] },
    { name: 'lib', version: '2-1', needs: ['deep'] },
    { name: 'lib', version: '1-1' },
    { name: 'deep', needs: ['deeper'] },
    { name: 'deeper', conflicts: ['app'] },
  ]
  expect(plan(packages, 'install app')).toEqual(['install lib 1-1 [official]', 'install app 1-1 [official]'])
})
