import { mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprint, makePackage, makeRepository } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(async () => {
  s = scratch()
  const repository = join(s.directory, 'repository')
  const lib = await makePackage(s.directory, {
    name: 'lib',
    files: {
      'etc/lib.conf': 'default\n',
      'usr/share/lib/data': 'data\n',
      'usr/share/lib/deep/down/file': 'deep\n',
      'usr/share/lib/link': '-> data',
      'usr/share/lib/whole': 'whole\n',
    },
  })
  await makeRepository(repository, { packages: [lib, await makePackage(s.directory, { name: 'other' })] })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  await s.ok('install -y lib other')
})
afterEach(() => s.remove())

const at = (path: string) => join(s.root, path)

function damage(): void {
  writeFileSync(at('usr/share/lib/data'), 'damaged\n')
  rmSync(at('usr/share/lib/deep'), { recursive: true })
  rmSync(at('usr/share/lib/link'))
  symlinkSync('elsewhere', at('usr/share/lib/link'))
}

describe('verify --repair', () => {
  test('puts back files, links and directories, and nothing else', async () => {
    damage()
    const before = s.tree()
    const dry = await s.ok('verify --repair --dry-run')
    expect(dry).toContain('lib: /usr/share/lib/data has been modified since install\n')
    expect(dry).toContain('  reinstall  lib 1-1\n')
    expect(s.tree()).toEqual(before)
    const repaired = await s.peipkg('verify --repair -y')
    expect(repaired.stderr).toBe('')
    expect(repaired.stdout).toMatch(/done — 1 operation applied\nall recorded files are intact\n$/)
    expect(repaired.code).toBe(0)
    expect(s.read('usr/share/lib/deep/down/file')).toBe('deep\n')
    expect(readlinkSync(at('usr/share/lib/link'))).toBe('data')
    expect(await s.ok('verify --repair -y')).toBe('all recorded files are intact\n')
    expect((await s.ok('history -n 1')).trim()).toMatch(/ {2}committed {2}repair lib$/)
    expect(JSON.parse(await s.ok('history -n 1 --json'))[0].summary).toBe('repair lib')
  })

  test('configuration that somebody changed is not damage; what is missing is', async () => {
    writeFileSync(at('etc/lib.conf'), 'mine\n')
    expect(await s.peipkg('verify --repair -y')).toMatchObject({
      code: 1,
      stderr: 'peipkg: verify: 1 problem(s) found\n',
    })
    expect(s.read('etc/lib.conf')).toBe('mine\n')
    rmSync(at('etc/lib.conf'))
    expect((await s.peipkg('verify --repair -y')).code).toBe(0)
    expect(s.read('etc/lib.conf')).toBe('default\n')
  })

  test('an undo of the repair brings the damage back, as it was', async () => {
    damage()
    await s.ok('verify --repair -y')
    await s.ok('undo -y')
    expect(s.read('usr/share/lib/data')).toBe('damaged\n')
    expect(readlinkSync(at('usr/share/lib/link'))).toBe('elsewhere')
  })

  test('--json', async () => {
    damage()
    expect((await s.peipkg('verify --repair --json')).code).toBe(2)
    const document = JSON.parse(await s.ok('verify --repair --json -y'))
    expect(document).toMatchObject({
      problems: [],
      repair: { result: { outcome: 'applied', operations: 1 } },
    })
  })
})

describe('reinstall', () => {
  test('replaces what differs on disk, one upgrade onto the same version', async () => {
    damage()
    expect(await s.ok('reinstall lib -y')).toContain('  reinstall  lib 1-1\n')
    expect(await s.ok('verify')).toBe('all recorded files are intact\n')
    damage()
    expect(await s.ok('install --reinstall lib -y')).toContain('  reinstall  lib 1-1\n')
    expect(await s.ok('verify')).toBe('all recorded files are intact\n')
    expect(JSON.parse(await s.ok('list --json'))[0]).toMatchObject({ name: 'lib', reason: 'explicit' })
  })

  test('what is not installed, and what nobody offers any more', async () => {
    expect(await s.peipkg('reinstall ghost')).toMatchObject({
      code: 1,
      stderr: 'peipkg: reinstall: "ghost" is not installed\n',
    })
    const file = await makePackage(s.directory, { name: 'alone' })
    await s.ok(['install', '-y', file])
    expect(await s.peipkg('reinstall alone -y')).toMatchObject({
      code: 1,
      stderr: 'peipkg: cannot reinstall alone 1-1: no configured repository offers it\n',
    })
    // Its file serves as well.
    mkdirSync(at('usr/share/alone/new'))
    writeFileSync(at('usr/share/alone/data'), 'damaged\n')
    await s.ok(['install', '-y', file])
    expect(await s.ok('verify alone')).toBe('all recorded files are intact\n')
  })
})
