import { afterEach, beforeEach, expect, test } from 'vitest'
import { makePackage } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

test('installs and removals are one transaction', async () => {
  const old = await makePackage(s.directory, { name: 'old', files: { 'usr/bin/tool': 'old' } })
  const now = await makePackage(s.directory, { name: 'now', files: { 'usr/bin/tool': 'now' } })
  await s.ok(['install', '-y', old])
  // Both own one path: only together can they change.
  expect(await s.peipkg(['install', '-y', now])).toMatchObject({ code: 1 })
  expect(await s.ok(['do', `+${now}`, '-old', '-y'])).toContain('done — 2 operations applied')
  expect(s.read('usr/bin/tool')).toBe('now')
  expect(await s.ok('history -n 1')).toContain('install now, remove old')
})

test('the grammar: one dash removes, options need two, one change for each name', async () => {
  await s.ok(['install', '-y', await makePackage(s.directory, { name: 'limit' })])
  expect(await s.peipkg('do +aa -aa')).toMatchObject({
    code: 2,
    stderr: 'peipkg: "aa" is named twice: one change for each package\npeipkg: see "peipkg help do"\n',
  })
  expect(await s.peipkg('do aa')).toMatchObject({ code: 2 })
  expect(await s.peipkg('do')).toMatchObject({ code: 2 })
  expect(await s.peipkg('do -yes --dry-run')).toMatchObject({
    code: 1,
    stderr: 'peipkg: do: "yes" is not installed\n',
  })
  expect(await s.ok('do -limit --dry-run')).toContain('  remove     limit 1-1\n')
  await s.ok('do -limit -y')
  expect(await s.ok('list')).toBe('no packages are installed\n')
})

test('dependents of what goes are refused, or go along with --cascade', async () => {
  const lib = await makePackage(s.directory, { name: 'lib' })
  const app = await makePackage(s.directory, { name: 'app', fields: { dependencies: [{ name: 'lib' }] } })
  const next = await makePackage(s.directory, { name: 'next' })
  await s.ok(['install', '-y', lib, app])
  expect(await s.peipkg(['do', `+${next}`, '-lib', '-y'])).toMatchObject({ code: 1 })
  expect(await s.ok(['do', `+${next}`, '-lib', '-y', '--cascade'])).toContain('done — 3 operations applied')
})
