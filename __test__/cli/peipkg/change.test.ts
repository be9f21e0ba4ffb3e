import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprint, makePackage, makeRepository, type PackageDraft } from './packages.ts'
import { normalised, type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

const local = (draft: PackageDraft) => makePackage(s.directory, draft)

/** `lib` 1-1 and `app`, which needs it. */
async function installApp(): Promise<void> {
  const packages = [
    await local({ name: 'lib' }),
    await local({ name: 'app', fields: { dependencies: [{ name: 'lib', constraint: '>= 1' }] } }),
  ]
  await s.ok(['install', '--yes', ...packages])
}

/** `lib` from a repository; returns a local package, which counts as weaker, that would replace it. */
async function installFromStronger(): Promise<string> {
  const repository = join(s.directory, 'repository')
  await makeRepository(repository, { packages: [await local({ name: 'lib' })] })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  await s.ok('install lib -y')
  return await local({ name: 'usurper', fields: { replaces: [{ name: 'lib' }] } })
}

describe('a change, from the plan to the last line', () => {
  test('install, upgrade, remove', async () => {
    await installApp()
    expect(s.tree()).toContain('usr/share/lib/data')
    const newer = await local({ name: 'lib', version: '1.1-1' })
    const upgraded = await s.peipkg(['install', newer], 'y\n')
    expect(upgraded.code).toBe(0)
    expect(normalised(upgraded.stdout, s)).toMatchInlineSnapshot(`
      "the following changes will be made:
        upgrade    lib 1-1 -> 1.1-1  (local file)
      download <size>, disk +<size>
      done — 1 operation applied
      "
    `)
    expect(upgraded.stderr).toBe('proceed? [y/N] \n')
    expect(await s.ok('list')).toBe('app  1-1  noarch\nlib  1.1-1  noarch\n')
    const removed = await s.ok('remove app lib --yes')
    expect(normalised(removed, s)).toMatchInlineSnapshot(`
      "the following changes will be made:
        remove     app 1-1
        remove     lib 1.1-1
      download <size>, disk -<size>
      done — 2 operations applied
      "
    `)
    expect(s.tree()).toEqual(['usr/', 'usr/share/'])
    expect(await s.ok('list')).toBe('no packages are installed\n')
  })

  test('what is needed stays, unless its dependents may go too', async () => {
    await installApp()
    const refused = await s.peipkg('remove lib --yes')
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatchInlineSnapshot(`
      "peipkg: cannot remove lib: needed by app (--cascade removes dependents too)
      peipkg:   app 1-1 needs lib >= 1
      "
    `)
    expect(await s.ok('uninstall lib --cascade --dry-run')).toMatchInlineSnapshot(`
      "the following changes will be made:
        remove     app 1-1  (needs what is removed)
        remove     lib 1-1
      download 0 B, disk -16 B
      (dry run — no changes were made)
      "
    `)
    expect(await s.ok('list')).toContain('lib')
    await s.ok('remove lib --cascade -y')
    expect(await s.ok('list')).toBe('no packages are installed\n')
  })

  test('nothing to do, and names that are not there', async () => {
    await installApp()
    expect(await s.ok('install app')).toBe('nothing to do — the request is already satisfied\n')
    expect(await s.ok('upgrade --yes')).toBe('nothing to do — the request is already satisfied\n')
    expect(await s.peipkg('remove ghost')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'peipkg: remove: "ghost" is not installed\n',
    })
    expect(await s.peipkg('upgrade ghost')).toMatchObject({
      code: 1,
      stderr: 'peipkg: upgrade: "ghost" is not installed\n',
    })
    expect(await s.peipkg('install ghost')).toMatchObject({
      code: 1,
      stderr:
        'peipkg: cannot install ghost: no configured repository offers it\n' +
        'peipkg:   no repositories are configured (add one: peipkg repo add <name> <base-url> --anchor <fingerprint>)\n',
    })
    expect((await s.peipkg('why-not ghost')).stderr).toMatch(
      /^peipkg: why-not: no repositories are configured/,
    )
    // One that cannot be used is told of itself, and is one.
    mkdirSync(join(s.root, 'conf/peipkg'), { recursive: true })
    writeFileSync(join(s.root, 'conf/peipkg/broken.repo'), 'x')
    expect((await s.peipkg('install ghost')).stderr).toContain('peipkg search finds names\n')
  })

  test('an unmet dependency is explained', async () => {
    const path = await local({ name: 'app', fields: { dependencies: [{ name: 'lib', constraint: '>= 2' }] } })
    const { code, stdout, stderr } = await s.peipkg(['install', '--yes', path])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatchInlineSnapshot(`
      "peipkg: cannot install app: a dependency cannot be satisfied
      peipkg:   app was asked for; only app 1-1 (a local file) is on offer
      peipkg:   app 1-1 needs lib >= 2; nothing offers lib
      peipkg:   so app cannot be installed
      "
    `)
  })
})

describe('questions', () => {
  test.each(['', 'n\n', 'no\n', 'yess\n', '\n'])('%j means no: exit 0, nothing changed', async (answer) => {
    const path = await local({ name: 'lib' })
    const { code, stdout } = await s.peipkg(['install', path], answer)
    expect(code).toBe(0)
    expect(stdout.endsWith('\ncancelled\n')).toBe(true)
    expect(s.tree()).toEqual([])
  })

  test('"yes | peipkg install x" works', async () => {
    const path = await local({ name: 'lib' })
    expect((await s.peipkg(['install', path], 'y\n'.repeat(100_000))).stdout).toContain('done — 1 operation')
  })

  test('modified files of a removal: asked about, kept with --yes', async () => {
    await s.ok(['install', '-y', await local({ name: 'lib' })])
    writeFileSync(join(s.root, 'usr/share/lib/data'), 'mine')
    for (const answer of ['', 'y\ny\n', 'a\n']) {
      expect((await s.peipkg('remove lib', answer)).stdout).toContain('\ncancelled\n')
    }
    const shown = await s.peipkg('remove lib', 'r\nn\n')
    expect(shown.stdout).toContain('\ncancelled\n')
    expect(shown.stderr).toMatchInlineSnapshot(`
      "these files have been modified since install:
        /usr/share/lib/data
      remove them, keep them, or abort? [r/k/A] 
      proceed? [y/N] 
      "
    `)
    await s.ok('remove lib --yes')
    expect(s.read('usr/share/lib/data')).toBe('mine')
    await s.ok(['install', '-y', '--overwrite-unowned', join(s.directory, 'lib_1-1_noarch.peipkg')])
    writeFileSync(join(s.root, 'usr/share/lib/data'), 'mine')
    await s.ok('remove lib', 'remove\nyes\n')
    expect(s.tree()).not.toContain('usr/share/lib/data')
  })

  test('an action that needs an authorisation ends with 1, and --dry-run shows it', async () => {
    const usurper = await installFromStronger()
    const refused = await s.peipkg(['install', '-y', usurper], 'y\ny\n')
    expect(refused.code).toBe(1)
    expect(normalised(refused.stdout, s)).toMatchInlineSnapshot(`
      "the following changes will be made:
        remove     lib 1-1  (replaced by usurper)
        install    usurper 1-1  (local file)
        ! elevated: usurper from a local file would replace lib 1-1, which came from test
      download <size>, disk +<size>
      cancelled — required authorisation was not given
      "
    `)
    const shown = await s.ok(['install', '--dry-run', usurper])
    expect(shown).toContain('\n  ! elevated: ')
    expect(shown).toContain('\n(dry run — no changes were made)\n')
    expect(await s.ok('list')).toBe('lib  1-1  noarch\n')
  })

  test('going back is no business of install', async () => {
    await s.ok(['install', '-y', await local({ name: 'lib', version: '2-1' })])
    const older = await local({ name: 'lib', version: '1-1' })
    const { code, stderr } = await s.peipkg(['install', '-y', older])
    expect(code).toBe(1)
    expect(stderr).toContain('going back is a downgrade (peipkg downgrade lib 1-1)')
  })
})

describe('files in the way', () => {
  test('an unowned one is refused, or displaced and kept', async () => {
    const path = await local({ name: 'lib' })
    mkdirSync(join(s.root, 'usr/share/lib'), { recursive: true })
    writeFileSync(join(s.root, 'usr/share/lib/data'), 'squatter')
    const refused = await s.peipkg(['install', '-y', path])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('usr/share/lib/data')
    expect(s.read('usr/share/lib/data')).toBe('squatter')
    const { stdout } = await s.peipkg(['install', '-y', '--overwrite-unowned', path])
    expect(s.read('usr/share/lib/data')).toBe('lib 1-1\n')
    const [, kept = ''] = /(var\/lib\/peipkg\/backups\/\S+)/.exec(stdout) ?? []
    expect(s.read(kept)).toBe('squatter')
  })

  test('a modified file below /etc is kept, with the new default beside it', async () => {
    await s.ok(['install', '-y', await local({ name: 'conf', files: { 'etc/conf/a.conf': 'one\n' } })])
    writeFileSync(join(s.root, 'etc/conf/a.conf'), 'mine\n')
    const newer = await local({ name: 'conf', version: '2-1', files: { 'etc/conf/a.conf': 'two\n' } })
    const { stderr, code } = await s.peipkg(['install', '-y', newer])
    expect(code).toBe(0)
    expect(stderr).toBe(
      'peipkg: warning: /etc/conf/a.conf has been modified since install — keeping it; the new default was written to /etc/conf/a.conf.peipkg-new\n',
    )
    expect(s.read('etc/conf/a.conf')).toBe('mine\n')
    expect(s.read('etc/conf/a.conf.peipkg-new')).toBe('two\n')
  })
})

describe('--json', () => {
  test('one document, and it never asks', async () => {
    const path = await local({ name: 'lib' })
    const asked = await s.peipkg(['install', '--json', path])
    expect(asked.code).toBe(2)
    expect(JSON.parse(asked.stdout)).toEqual({
      error: { code: 'PEI_USAGE', message: '--json never asks: it needs --yes or --dry-run' },
    })
    const dry = await s.peipkg(['install', '--json', '--dry-run', path])
    expect(JSON.parse(dry.stdout)).toMatchObject({
      plan: {
        changes: [{ action: 'install', name: 'lib', from: null, to: '1-1', local: true }],
        elevated: [],
      },
      result: { outcome: 'dry-run', transaction: null, operations: 0 },
    })
    const done = await s.peipkg(['install', '--json', '--yes', path])
    expect(JSON.parse(done.stdout).result).toEqual({
      ...{ outcome: 'applied', transaction: 1, operations: 1, notes: [] },
    })
    expect(JSON.parse(await s.ok('install lib --json --yes')).result.outcome).toBe('nothing')
    const failed = await s.peipkg('remove ghost --json --yes')
    expect(failed.code).toBe(1)
    expect(JSON.parse(failed.stdout)).toEqual({
      error: { code: 'PEI_RESOLVE_NOT_INSTALLED', message: '"ghost" is not installed' },
    })
  })

  test('an authorisation that is needed is an error, and listed by --dry-run', async () => {
    const usurper = await installFromStronger()
    const { code, stdout } = await s.peipkg(['install', '--json', '--yes', usurper])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'PEI_AUTH_REQUIRED', message: 'cancelled — required authorisation was not given' },
    })
    const dry = JSON.parse(await s.ok(['install', '--json', '--dry-run', usurper]))
    expect(dry.plan.elevated).toHaveLength(1)
  })
})

test.each([
  ['install', 'an argument is missing: <name[=version] | file.peipkg>…\n'],
  ['install --frobnicate x', 'unknown option "--frobnicate"'],
  ['install --cascade x', 'unknown option "--cascade"'],
  ['install _x', 'package name "_x" is invalid: '],
  ['install xy=', '"xy=": the version is missing\n'],
  ['install xy=>1', '"xy=>1": version ">1" is invalid: '],
  ['do +_x', 'package name "_x" is invalid: '],
  ['install --wait=soon x', 'option --wait is a whole number'],
  ['install --progress=loud x', 'option --progress is one of bar, plain, json'],
  ['list surplus', 'unexpected argument "surplus"'],
  ['downgrade x', 'an argument is missing: <name> <version>\n'],
  ['downgrade xy >1', 'version ">1" is invalid: '],
  ['help list more', 'unexpected argument "more"\n'],
  ['undo seven', '"seven" is no transaction number'],
])('usage: %s', async (argv, message) => {
  const { code, stdout, stderr } = await s.peipkg(argv)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(`peipkg: ${message}`)
  expect(
    stderr
      .split('\n')
      .slice(0, -1)
      .every((line) => line.startsWith('peipkg: ')),
  ).toBe(true)
})

describe('files that cannot be taken', () => {
  test('one of another architecture', async () => {
    const path = await local({ name: 'aarchp', version: '1.0-1', fields: { architecture: 'aarch64' } })
    expect(await s.peipkg(['install', '-y', path])).toMatchObject({
      code: 1,
      stderr:
        'peipkg: cannot install aarchp 1.0-1: it is built for aarch64, this system is x86_64 (only x86_64 and noarch packages can be installed)\n',
    })
    const { stdout } = await s.peipkg(['install', '-y', '--json', path])
    expect(JSON.parse(stdout).error.code).toBe('PEI_RESOLVE_ARCHITECTURE')
  })

  test('two of one name', async () => {
    const paths = [await local({ name: 'lib' }), await local({ name: 'lib', version: '2-1' })]
    expect(await s.peipkg(['install', '-y', ...paths])).toMatchObject({
      code: 1,
      stderr:
        'peipkg: cannot install lib 1-1 and lib 2-1: both are "lib", and only one package of a name can be installed\n',
    })
  })
})

test('an upgrade says which modified files outside /etc it replaced', async () => {
  const files = (text: string) => ({ files: { 'usr/share/app/data': text, 'etc/app.conf': text } })
  await s.ok(['install', '-y', await local({ name: 'app', ...files('1') })])
  writeFileSync(join(s.root, 'usr/share/app/data'), 'mine')
  const newer = await local({ name: 'app', version: '2-1', ...files('2') })
  expect(await s.peipkg(['install', '-y', newer])).toMatchObject({
    code: 0,
    stderr:
      'peipkg: warning: /usr/share/app/data had been modified since install — the new version took its place; peipkg undo brings it back\n',
  })
  expect(s.read('usr/share/app/data')).toBe('2')
})
