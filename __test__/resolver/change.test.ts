// Upgrades, removals, replaces and conflicts (spec file 3; PSD-009 §4.2, §7.2, §7.3).

import { describe, expect, test } from 'vitest'
import { ask, askIn, expectPlan, expectRejection, plan, REPOSITORIES, stepsOf } from './scenario.ts'
import { buildUniverse } from './universe-builder.ts'

describe('install NAME=VERSION', () => {
  const packages = [
    { name: 'app', version: '2-1', from: 'installed' },
    { name: 'app', version: '1-1', archived: true },
    { name: 'app', version: '3-1' },
    { name: 'app', version: '3-2', from: 'extra' },
  ]

  test('upgrades when it is newer than what is installed', () => {
    expect(plan(packages, 'install app=3-2')).toEqual(['upgrade app 2-1 -> 3-2 [extra]'])
    expect(plan(packages, 'install app=3')).toEqual(['upgrade app 2-1 -> 3-1 [official]'])
  })

  test('is satisfied by the installed version', () => {
    expect(plan(packages, 'install app=2-1')).toEqual([])
  })

  test('never moves backward', () => {
    const rejection = expectRejection(ask(packages, 'install app=1-1'))
    expect(rejection).toMatchObject({ condition: 4, code: 'PEI_RESOLVE_REGRESSION' })
    expect(rejection.summary).toContain('downgrade')
  })

  test('takes from the archive', () => {
    const offered = [
      { name: 'app', version: '1-1', archived: true },
      { name: 'app', version: '2-1' },
    ]
    expect(plan(offered, 'install app=1-1')).toEqual(['install app 1-1 [official]'])
  })

  test('says what there is of a version that is not there', () => {
    const rejection = expectRejection(ask(packages, 'install app=9'))
    expect(rejection).toMatchObject({ condition: 1, code: 'PEI_RESOLVE_NOT_FOUND' })
    expect(rejection.explanation).toContain('extra offers app 3-2')
  })
})

describe('upgrade', () => {
  test('takes the strongest repository, not the highest version', () => {
    const packages = [
      { name: 'app', version: '1-1', from: 'installed' },
      { name: 'app', version: '2-1' },
      { name: 'app', version: '3-1', from: 'weak' },
    ]
    expect(plan(packages, 'upgrade app')).toEqual(['upgrade app 1-1 -> 2-1 [official]'])
    expect(plan(packages, 'upgrade')).toEqual(['upgrade app 1-1 -> 2-1 [official]'])
  })

  test('never follows a weaker repository than the one a package came from', () => {
    const packages = [
      { name: 'app', version: '1-1', from: 'installed' },
      { name: 'app', version: '1-1' },
      { name: 'app', version: '3-1', from: 'weak' },
    ]
    expect(plan(packages, 'upgrade app')).toEqual([])
  })

  test('leaves a package alone whose repository cannot be used now, but for a stronger one', () => {
    const unusable = [{ name: 'broken', priority: 30 }]
    const packages = [
      { name: 'app', from: 'installed', origin: 'broken' },
      { name: 'app', version: '2-1', from: 'weak' },
      { name: 'lib', from: 'installed', origin: 'broken' },
      { name: 'lib', version: '2-1', from: 'official' },
    ]
    const answer = expectPlan(ask(packages, 'upgrade', { unusable }))
    expect(answer.steps).toMatchObject([{ kind: 'upgrade', name: 'lib' }])
    expect(answer.elevated).toEqual([])
  })

  test('takes any repository for a package that came from none', () => {
    const packages = [
      { name: 'mine', version: '1-1', from: 'installed', origin: null },
      { name: 'mine', version: '2-1', from: 'weak' },
    ]
    expect(plan(packages, 'upgrade')).toEqual(['upgrade mine 1-1 -> 2-1 [weak]'])
  })

  test('never moves backward', () => {
    const packages = [
      { name: 'app', version: '2-1', from: 'installed' },
      { name: 'app', version: '1-1' },
    ]
    expect(plan(packages, 'upgrade app')).toEqual([])
  })

  test('follows an architecture change', () => {
    const packages = [
      { name: 'app', version: '1-1', from: 'installed' },
      { name: 'app', version: '2-1', arch: 'noarch' },
    ]
    expect(plan(packages, 'upgrade app')).toEqual(['upgrade app 1-1 -> 2-1 [official]'])
  })

  test('takes the dependents along that it would break', () => {
    const packages = [
      { name: 'lib', version: '1-1', from: 'installed' },
      { name: 'lib', version: '2-1' },
      { name: 'app', version: '1-1', from: 'installed', needs: ['lib < 2-1'] },
      { name: 'app', version: '2-1', needs: ['lib >= 2-1'] },
      { name: 'other', version: '1-1', from: 'installed' },
      { name: 'other', version: '2-1' },
    ]
    expect(plan(packages, 'upgrade lib')).toEqual([
      'upgrade lib 1-1 -> 2-1 [official]',
      'upgrade app 1-1 -> 2-1 [official]',
    ])
  })

  test('is refused where a dependent would break and cannot move', () => {
    const packages = [
      { name: 'lib', version: '1-1', from: 'installed' },
      { name: 'lib', version: '2-1' },
      { name: 'app', version: '1-1', from: 'installed', needs: ['lib < 2-1'] },
    ]
    expect(expectRejection(ask(packages, 'upgrade lib')).summary).toContain('cannot upgrade lib')
  })

  test('of a package that is not installed is refused', () => {
    expect(ask([{ name: 'app' }], 'upgrade app')).toMatchObject({
      code: 'PEI_RESOLVE_NOT_INSTALLED',
      summary: '"app" is not installed',
    })
  })

  test('of everything keeps what is held, and says so', () => {
    const packages = [
      { name: 'app', version: '1-1', from: 'installed', held: true },
      { name: 'app', version: '2-1' },
      { name: 'lib', version: '1-1', from: 'installed' },
      { name: 'lib', version: '2-1' },
    ]
    const universe = buildUniverse(REPOSITORIES, packages)
    const answer = expectPlan(askIn(universe, 'upgrade'))
    expect(stepsOf(universe, answer)).toEqual(['upgrade lib 1-1 -> 2-1 [official]'])
    expect(answer.keptBack).toMatchObject([{ name: 'app', why: 'held' }])
  })

  test('does not take what only the archive has', () => {
    const packages = [
      { name: 'app', from: 'installed' },
      { name: 'app', version: '2-1', archived: true },
    ]
    expect(plan(packages, 'upgrade')).toEqual([])
  })

  test('keeps the recorded reason', () => {
    const packages = [
      { name: 'lib', version: '1-1', from: 'installed', reason: 'dependency' as const },
      { name: 'lib', version: '2-1' },
    ]
    expect(expectPlan(ask(packages, 'upgrade')).steps).toMatchObject([{ reason: 'dependency' }])
  })
})

describe('replaces', () => {
  const renamed = [
    { name: 'old', from: 'installed' },
    { name: 'new', version: '2-1', replaces: ['old'], provides: ['old'] },
    { name: 'app', from: 'installed', needs: ['old'] },
  ]

  test('removes the installed package in the same plan', () => {
    expect(plan(renamed, 'install new')).toEqual([
      'install new 2-1 [official]',
      'remove old 1-1 (replaced new)',
    ])
  })

  test('is followed by an upgrade of everything, not by one of a name', () => {
    expect(plan(renamed, 'upgrade')).toEqual(['install new 2-1 [official]', 'remove old 1-1 (replaced new)'])
    expect(plan(renamed, 'upgrade old')).toEqual([])
  })

  test('is refused where a dependent would be left without', () => {
    const packages = [
      { name: 'old', from: 'installed' },
      { name: 'new', replaces: ['old'] },
      { name: 'app', from: 'installed', needs: ['old'] },
    ]
    expect(expectRejection(ask(packages, 'install new'))).toMatchObject({ condition: 2 })
  })

  test('gives way to a newer version that it does not cover', () => {
    const packages = [
      { name: 'old', from: 'installed' },
      { name: 'old', version: '2-1' },
      { name: 'new', replaces: ['old < 2-1'] },
    ]
    expect(plan(packages, 'upgrade')).toEqual(['upgrade old 1-1 -> 2-1 [official]'])
  })

  test('implies no conflict with what is not installed', () => {
    const packages = [{ name: 'old' }, { name: 'new', replaces: ['old'] }]
    expect(plan(packages, ['install new', 'install old'])).toHaveLength(2)
  })

  test('concerns the name of a package, never a provide', () => {
    const packages = [
      { name: 'other', from: 'installed', provides: ['old'] },
      { name: 'new', replaces: ['old'] },
    ]
    expect(plan(packages, 'install new')).toEqual(['install new 1-1 [official]'])
  })

  test('hands on that the replaced package was wanted for itself', () => {
    const steps = expectPlan(ask(renamed, 'upgrade')).steps
    expect(steps[0]).toMatchObject({ name: 'new', reason: 'explicit' })
  })

  test('of a weaker repository is not followed by an upgrade, which says so', () => {
    const packages = [
      { name: 'nginx', from: 'installed' },
      { name: 'evil', from: 'weak', replaces: ['nginx'] },
    ]
    const answer = expectPlan(ask(packages, 'upgrade'))
    expect(answer.steps).toEqual([])
    expect(answer.notes).toEqual([
      'evil from weak replaces nginx 1-1; it was not followed, because that came from a stronger repository',
    ])
  })

  test('of a weaker repository than an orphan came from is not followed either', () => {
    const orphan = { name: 'nginx', from: 'installed', origin: 'gone', originPriority: 20 }
    const evil = { name: 'evil', from: 'extra', replaces: ['nginx'] }
    expect(expectPlan(ask([orphan, evil], 'upgrade')).steps).toEqual([])
    const fine = { name: 'fine', from: 'official', replaces: ['nginx'] }
    expect(expectPlan(ask([orphan, fine], 'upgrade')).steps).toHaveLength(2)
  })
})

describe('conflicts', () => {
  test('hold whichever of the two declares them, never against the package itself', () => {
    const declared = [{ name: 'aa' }, { name: 'bb', conflicts: ['aa'] }]
    expect(ask(declared, ['install aa', 'install bb'])).toMatchObject({
      condition: 2,
      code: 'PEI_RESOLVE_CONFLICT',
    })
    expect(ask(declared, ['install bb', 'install aa'])).toMatchObject({ condition: 2 })
    expect(plan([{ name: 'exim', provides: ['mta'], conflicts: ['mta'] }], 'install exim')).toHaveLength(1)
  })

  test('through provides', () => {
    const packages = [
      { name: 'exim', provides: ['mta'], conflicts: ['mta'] },
      { name: 'postfix', provides: ['mta'] },
    ]
    expect(ask(packages, ['install exim', 'install postfix'])).toMatchObject({ condition: 2 })
  })

  test('drive out what is installed only where there is no other way', () => {
    const packages = [
      { name: 'exim', from: 'installed', provides: ['mta'] },
      { name: 'postfix', conflicts: ['mta'] },
    ]
    expect(plan(packages, 'install postfix')).toEqual([
      'remove exim 1-1 (conflict postfix)',
      'install postfix 1-1 [official]',
    ])
  })

  test('never drive out what something installed needs', () => {
    const packages = [
      { name: 'exim', from: 'installed' },
      { name: 'cron', from: 'installed', needs: ['exim'] },
      { name: 'postfix', conflicts: ['exim'] },
    ]
    expect(expectRejection(ask(packages, 'install postfix'))).toMatchObject({ condition: 2 })
  })

  test('nothing is installed merely to make room', () => {
    const packages = [
      { name: 'exim', from: 'installed' },
      { name: 'cron', from: 'installed', needs: ['exim'] },
      { name: 'postfix', conflicts: ['exim'] },
      { name: 'stranger', conflicts: ['cron'] },
    ]
    expect(ask(packages, 'install postfix').kind).toBe('rejection')
  })

  test('as few installed packages as possible leave', () => {
    const packages = [
      { name: 'app', needs: ['virtual'] },
      { name: 'aa', version: '2-1', provides: ['virtual'], conflicts: ['one', 'two'] },
      { name: 'bb', version: '1-1', provides: ['virtual'], conflicts: ['one'] },
      { name: 'one', from: 'installed' },
      { name: 'two', from: 'installed' },
    ]
    expect(plan(packages, 'install app')).toContain('remove one 1-1 (conflict bb)')
  })
})

describe('removal', () => {
  const packages = [
    { name: 'zlib', from: 'installed' },
    { name: 'curl', from: 'installed', needs: ['zlib'] },
    { name: 'git', from: 'installed', needs: ['curl'] },
    { name: 'vim', from: 'installed' },
  ]

  test('is refused with the list of dependents', () => {
    const rejection = expectRejection(ask(packages, 'remove zlib'))
    expect(rejection.code).toBe('PEI_RESOLVE_DEPENDENTS')
    expect(rejection.summary).toContain('curl and git')
    expect(rejection.explanation).toEqual(['curl 1-1 needs zlib', 'git 1-1 needs curl'])
  })

  test('takes dependents along with cascade, dependents first', () => {
    const universe = buildUniverse(REPOSITORIES, packages)
    const answer = expectPlan(askIn(universe, 'remove zlib', { cascade: true }))
    expect(stepsOf(universe, answer)).toEqual([
      'remove git 1-1 (dependent)',
      'remove curl 1-1 (dependent)',
      'remove zlib 1-1',
    ])
  })

  test('sees provides: another provider that is installed is enough', () => {
    const provided = [
      { name: 'exim', from: 'installed', provides: ['mta'] },
      { name: 'postfix', from: 'installed', provides: ['mta'] },
      { name: 'cron', from: 'installed', needs: ['mta'] },
    ]
    expect(plan(provided, 'remove exim')).toEqual(['remove exim 1-1'])
    expect(ask(provided, ['remove exim', 'remove postfix'])).toMatchObject({ code: 'PEI_RESOLVE_DEPENDENTS' })
  })

  test('installs nothing to make up for what leaves', () => {
    const offered = [...packages, { name: 'zlib-ng', provides: ['zlib'] }]
    expect(ask(offered, 'remove zlib')).toMatchObject({ code: 'PEI_RESOLVE_DEPENDENTS' })
  })

  test('beside an install may be made up for by what was asked for', () => {
    const offered = [...packages, { name: 'zlib-ng', provides: ['zlib'] }]
    expect(plan(offered, ['remove zlib', 'install zlib-ng'])).toEqual([
      'remove zlib 1-1',
      'install zlib-ng 1-1 [official]',
    ])
  })

  test('of what is not installed is refused', () => {
    expect(ask(packages, 'remove emacs')).toMatchObject({ summary: '"emacs" is not installed' })
  })
})

describe('order', () => {
  test('dependencies come first, names decide the rest', () => {
    const packages = [{ name: 'aa', needs: ['zz'] }, { name: 'bb' }, { name: 'cc' }, { name: 'zz' }]
    expect(plan(packages, ['install cc', 'install aa', 'install bb'])).toEqual([
      'install bb 1-1 [official]',
      'install cc 1-1 [official]',
      'install zz 1-1 [official]',
      'install aa 1-1 [official]',
    ])
  })

  test('a cycle is one step in name order, after what it needs and before what needs it', () => {
    const packages = [
      { name: 'app', needs: ['cc'] },
      { name: 'cc', needs: ['virtual'] },
      { name: 'bb', needs: ['cc', 'xx'], provides: ['virtual'] },
      { name: 'xx' },
    ]
    expect(plan(packages, 'install app').map((line) => line.split(' ')[1])).toEqual(['xx', 'bb', 'cc', 'app'])
  })
})

test('a request for a virtual name picks a provider and says which', () => {
  const packages = [
    { name: 'exim', provides: ['mta'] },
    { name: 'postfix', version: '2-1', provides: ['mta'] },
  ]
  const answer = expectPlan(ask(packages, 'install mta'))
  expect(answer.steps).toMatchObject([{ name: 'postfix', reason: 'explicit' }])
  expect(answer.notes).toEqual(['mta is provided by postfix 2-1'])
})

test('provides without a version satisfy every constraint, and are not transitive', () => {
  const packages = [
    { name: 'app', needs: ['mta >= 9-1'] },
    { name: 'exim', provides: ['mta'] },
  ]
  expect(plan(packages, 'install app')).toHaveLength(2)
})

test('optional dependencies are suggested, never added', () => {
  const packages = [
    { name: 'app', suggests: ['docs >= 1-1', 'lib', 'gone'], needs: ['lib'] },
    { name: 'docs' },
    { name: 'lib' },
  ]
  const answer = expectPlan(ask(packages, 'install app'))
  expect(answer.steps.map(({ name }) => name)).toEqual(['lib', 'app'])
  expect(answer.suggestions).toEqual([
    { by: 'app', name: 'docs', constraint: '>= 1-1' },
    { by: 'app', name: 'gone', constraint: null },
  ])
})

test('a request that is satisfied already has no steps', () => {
  expect(expectPlan(ask([{ name: 'app', from: 'installed' }], 'install app')).steps).toEqual([])
})

test('reasons: what was asked for is explicit, what it brings is a dependency', () => {
  const steps = expectPlan(ask([{ name: 'app', needs: ['lib'] }, { name: 'lib' }], 'install app')).steps
  expect(steps).toMatchObject([
    { name: 'lib', reason: 'dependency' },
    { name: 'app', reason: 'explicit' },
  ])
})

test('an architecture that does not fit here is condition 3', () => {
  const universe = {
    ...buildUniverse(REPOSITORIES, [{ name: 'other' }]),
    mismatched: [{ name: 'app', version: '1-1', architecture: 'aarch64', repository: 0 }],
  }
  expect(askIn(universe, 'install app')).toMatchObject({
    condition: 3,
    summary:
      'cannot install app 1-1: it is built for aarch64, this system is x86_64 (only x86_64 and noarch packages can be installed)',
  })
})
