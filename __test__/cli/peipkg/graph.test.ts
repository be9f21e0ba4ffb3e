import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprint, makePackage, makeRepository } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(async () => {
  s = scratch()
  const drafts = [
    {
      name: 'app',
      fields: {
        dependencies: [{ name: 'lib', constraint: '>= 1' }, { name: 'mta' }],
        optional_dependencies: [{ name: 'docs' }, { name: 'ghost' }],
      },
    },
    { name: 'lib', fields: { dependencies: [{ name: 'base' }] } },
    { name: 'base' },
    { name: 'exim', fields: { provides: [{ name: 'mta' }] } },
    { name: 'postfix', fields: { provides: [{ name: 'mta' }] } },
    { name: 'docs', fields: { dependencies: [{ name: 'base' }] } },
    { name: 'other', fields: { dependencies: [{ name: 'app' }] } },
    { name: 'rival', fields: { conflicts: [{ name: 'base' }] } },
  ]
  const repository = join(s.directory, 'repository')
  const packages = await Promise.all(drafts.map((draft) => makePackage(s.directory, draft)))
  await makeRepository(repository, { packages })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  await s.ok('install -y app')
})
afterEach(() => s.remove())

describe('depends', () => {
  test('directly: what stands for each dependency', async () => {
    expect(await s.ok('depends app')).toBe(
      [
        'lib >= 1  lib 1-1  installed',
        'mta  exim 1-1  installed',
        'docs (optional)  docs 1-1  [test]',
        'ghost (optional)  -  not available',
        '',
      ].join('\n'),
    )
    expect(await s.ok('depends base')).toBe('"base" needs nothing\n')
  })

  test('as a tree, each package once; of what is only offered, too', async () => {
    expect(await s.ok('depends --tree other')).toBe(
      [
        'other 1-1',
        '  app 1-1  (app)',
        '    lib 1-1  (lib >= 1)',
        '      base 1-1  (base)',
        '    exim 1-1  (mta)',
        '    docs 1-1  (docs (optional), not installed)',
        '      base 1-1  (base)',
        '    ghost (optional)  (not available)',
        '',
      ].join('\n'),
    )
    expect(await s.peipkg('depends nothing-like-it')).toMatchObject({
      code: 1,
      stderr: 'peipkg: depends: "nothing-like-it" is neither installed nor offered by a repository\n',
    })
  })
})

describe('rdepends', () => {
  test('of what is installed, directly and as a tree', async () => {
    expect(await s.ok('rdepends base')).toBe('lib  1-1  needs base\n')
    expect(await s.ok('rdepends mta')).toBe('app  1-1  needs mta\n')
    expect(await s.ok('rdepends --tree base')).toBe('base\n  lib 1-1  (base)\n    app 1-1  (lib >= 1)\n')
    expect(await s.ok('rdepends app')).toBe('nothing needs "app"\n')
  })

  test('of what is offered', async () => {
    expect(await s.ok('rdepends --available base')).toBe('docs  1-1  needs base\nlib  1-1  needs base\n')
    expect(await s.ok('rdepends --available --tree app')).toBe('app\n  other 1-1  (app)\n')
  })
})

describe('why', () => {
  test('the way from what was asked for', async () => {
    expect(await s.ok('why base')).toBe(
      'base 1-1 is there for others:\n  app 1-1 (asked for) needs lib >= 1\n    lib 1-1 needs base\n',
    )
    expect(await s.ok('why app')).toBe('app 1-1 was asked for\n')
    await s.ok('hold lib')
    expect(await s.ok('why base')).toBe(
      'base 1-1 is there for others:\n  lib 1-1 (held) needs base\n(and for 1 more; --tree shows all)\n',
    )
    await s.ok('unhold lib')
    await s.ok('mark dependency app')
    expect(await s.ok('why app')).toBe('app 1-1 is needed by nobody (peipkg autoremove removes it)\n')
    expect(await s.peipkg('why docs')).toMatchObject({
      code: 1,
      stderr: 'peipkg: why: "docs" is not installed\n',
    })
  })
})

describe('why-not', () => {
  test('what prevents an install, or that nothing does', async () => {
    expect(await s.ok('why-not docs')).toBe(
      'nothing prevents it; the plan would be:\n  install    docs 1-1\n',
    )
    expect(await s.ok('why-not app')).toBe('app 1-1 is installed, and nothing newer is offered\n')
    expect(await s.ok('why-not app=1')).toBe('app 1-1 is installed\n')
    const prevented = await s.ok('why-not rival')
    expect(prevented).toMatch(/^cannot install rival: /)
    expect(prevented).toContain('  so rival cannot be installed\n')
    expect(await s.ok('why-not docs=7')).toContain(
      'cannot install docs 7: no configured repository offers it',
    )
    expect(await s.peipkg('why-not nothing-like-it')).toMatchObject({ code: 1 })
    expect(await s.ok('list')).not.toContain('docs')
  })
})
