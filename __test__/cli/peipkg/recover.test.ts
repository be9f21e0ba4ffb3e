import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makePackage } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

const installLib = async () => s.ok(['install', '-y', await makePackage(s.directory, { name: 'lib' })])

test('a report of a sound system, printed and kept for nobody else to read', async () => {
  await installLib()
  const printed = await s.ok('recover --report')
  expect(printed).toMatch(/^pending: nothing\nfiles that differ from the database: none\n/)
  const reports = join(s.root, 'var/lib/peipkg/reports')
  const [name = ''] = readdirSync(reports)
  expect(printed).toContain(`kept as /var/lib/peipkg/reports/${name}\n`)
  expect(printed.startsWith(readFileSync(join(reports, name), 'utf8'))).toBe(true)
  expect([statSync(reports).mode & 0o777, statSync(join(reports, name)).mode & 0o777]).toEqual([0o700, 0o600])
})

test('a report names what differs, what disagrees and what nobody knows', async () => {
  await installLib()
  writeFileSync(join(s.root, 'usr/share/lib/data'), 'changed\n')
  writeFileSync(join(s.root, 'usr/share/lib/data.peipkg-staged-7'), '')
  writeFileSync(join(s.root, 'usr/share/lib/data.peipkg-staged-x'), '')
  const printed = await s.ok('recover --report')
  expect(printed).toContain('  lib: /usr/share/lib/data has been modified since install\n')
  expect(printed).toContain('  /usr/share/lib/data.peipkg-staged-7 (staged)\n')
  const { pending, problems, orphans } = JSON.parse(await s.ok('recover --report --json'))
  expect({ pending, problems, orphans }).toEqual({
    pending: null,
    problems: [{ package: 'lib', path: '/usr/share/lib/data', kind: 'modified' }],
    orphans: [{ path: '/usr/share/lib/data.peipkg-staged-7', kind: 'staged' }],
  })
})

test('a root without database has nothing to report, and nothing is made there', async () => {
  expect(await s.ok('recover --report')).toMatch(/^pending: nothing\n/)
  expect(readdirSync(s.root)).toEqual([])
})

test.each([
  '--rollback',
  '--accept',
])('%s has nothing to resolve where nothing is pending', async (option) => {
  await installLib()
  expect(await s.ok(`recover ${option}`)).toBe('no interrupted transaction to recover\n')
})

test('one way out at a time', async () => {
  expect((await s.peipkg('recover --rollback --accept')).code).toBe(2)
})
