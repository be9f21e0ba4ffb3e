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
const needs = (...names: string[]) => ({ dependencies: names.map((name) => ({ name })) })
const marksOf = async () =>
  (JSON.parse(await s.ok('list --json')) as { name: string; reason: string; held: boolean }[]).map(
    ({ name, reason, held }) => `${name} ${reason}${held ? ' held' : ''}`,
  )

/** A repository of these packages, configured; again: its next version. */
async function offer(version: number, ...drafts: PackageDraft[]): Promise<void> {
  const directory = join(s.directory, 'repository')
  const packages = await Promise.all(drafts.map(local))
  await makeRepository(directory, { packages, version, generatedAt: `2026-05-0${version}T12:00:00Z` })
  if (version === 1) await s.ok(`repo add test file://${directory} --anchor ${fingerprint}`)
  else await s.ok('refresh')
}

describe('hold', () => {
  test('keeps an upgrade away, is listed, and is undone by unhold', async () => {
    await offer(1, { name: 'app' }, { name: 'lib' })
    await s.ok('install -y app lib')
    expect(await s.ok('hold app')).toContain('done — 1 operation applied\n')
    expect(await s.ok('hold app')).toBe('nothing to do — the request is already satisfied\n')
    expect(await marksOf()).toEqual(['app explicit held', 'lib explicit'])
    expect(await s.ok('list')).toBe('app  1-1  noarch  (held)\nlib  1-1  noarch\n')
    await offer(2, { name: 'app', version: '2-1' }, { name: 'lib', version: '2-1' })
    expect(normalised(await s.ok('upgrade -y'), s)).toBe(
      [
        'the following changes will be made:',
        '  upgrade    lib 1-1 -> 2-1',
        '  keep back  app 1-1  (held)',
        'download <size>, disk +<size>',
        'done — 1 operation applied',
        '',
      ].join('\n'),
    )
    expect(await s.ok('list --upgradable')).toBe('app  1-1  noarch  -> 2-1  [test]  (held)\n')
    expect(await s.ok('unhold app lib')).toContain('done — 1 operation applied\n')
    expect(await s.ok('upgrade -y')).toContain('upgrade    app 1-1 -> 2-1')
    const [first] = JSON.parse(await s.ok('history --json --package app -n 2')).slice(1)
    expect(first).toMatchObject({
      state: 'committed',
      summary: 'unhold app',
      operations: [{ kind: 'unhold' }],
    })
    expect(await s.ok('history')).toMatch(/ {2}committed {2}hold app\n/)
  })

  test('asks nothing, plans without changing, and knows its names', async () => {
    await s.ok(['install', '-y', await local({ name: 'app' })])
    expect(await s.ok('hold app --dry-run')).toBe(
      'the following changes will be made:\n  hold       app 1-1\n(dry run — no changes were made)\n',
    )
    expect(JSON.parse(await s.ok('hold app --json'))).toMatchObject({
      plan: { changes: [], marks: [{ action: 'hold', name: 'app', version: '1-1' }] },
      result: { outcome: 'applied', operations: 1 },
    })
    expect(await s.peipkg('hold ghost')).toMatchObject({
      code: 1,
      stderr: 'peipkg: hold: "ghost" is not installed\n',
    })
    expect(await s.peipkg('hold')).toMatchObject({ code: 2 })
    expect(await s.peipkg('mark wanted app')).toMatchObject({ code: 2 })
  })
})

describe('mark and autoremove', () => {
  beforeEach(async () => {
    await offer(1, { name: 'app', fields: needs('lib') }, { name: 'lib' }, { name: 'extra' })
  })

  test('a dependency goes when nobody needs it any more', async () => {
    await s.ok('install -y app')
    expect(await marksOf()).toEqual(['app explicit', 'lib dependency'])
    expect(await s.ok('autoremove')).toBe('nothing to do — the request is already satisfied\n')
    await s.ok('remove -y app')
    expect(normalised(await s.ok('autoremove --dry-run'), s)).toContain(
      'remove     lib 1-1  (no longer needed)',
    )
    expect(await s.ok('mark explicit lib')).toContain('done')
    expect(await s.ok('autoremove')).toContain('nothing to do')
    await s.ok('mark dependency lib')
    await s.ok('autoremove -y')
    expect(await s.ok('list')).toBe('no packages are installed\n')
  })

  test('remove --autoremove takes it along', async () => {
    await s.ok('install -y app extra')
    expect(normalised(await s.ok('remove -y --autoremove app'), s)).toContain(
      '  remove     app 1-1\n  remove     lib 1-1  (no longer needed)\n',
    )
    expect(await marksOf()).toEqual(['extra explicit'])
  })

  test('install --as-dependency; install of a dependency wants it for itself', async () => {
    await s.ok('install -y --as-dependency extra')
    expect(await marksOf()).toEqual(['extra dependency'])
    expect(await s.ok('install extra')).toContain('  mark       extra 1-1  (explicit)\n')
    expect(await marksOf()).toEqual(['extra explicit'])
    expect(await s.ok('list --explicit')).toBe('extra  1-1  noarch\n')
    expect(await s.ok('list --orphaned')).toBe('no such packages are installed\n')
    await s.ok('repo remove test')
    expect(await s.ok('list --orphaned')).toBe('extra  1-1  noarch  (orphaned)\n')
  })
})

test('upgrade --skip-broken moves the rest and says why', async () => {
  await offer(1, { name: 'app' }, { name: 'lib' })
  await s.ok('install -y app lib')
  await offer(2, { name: 'app', version: '2-1', fields: needs('ghost') }, { name: 'lib', version: '2-1' })
  expect(await s.peipkg('upgrade -y')).toMatchObject({ code: 1 })
  expect(await s.ok('upgrade -y --skip-broken')).toContain(
    '  upgrade    lib 1-1 -> 2-1\n  keep back  app 1-1  (app 2-1 needs ghost; nothing offers ghost)\n',
  )
  expect(await s.ok('upgrade --skip-broken')).toBe(
    '  keep back  app 1-1  (app 2-1 needs ghost; nothing offers ghost)\nnothing to do — the request is already satisfied\n',
  )
})
