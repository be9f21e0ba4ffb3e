import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fingerprint, makePackage, makeRepository, type PackageDraft } from './packages.ts'
import { normalised, type Scratch, scratch } from './scratch.ts'
import { atTerminal } from './terminal.ts'

let s: Scratch
let repository: string
beforeEach(() => {
  s = scratch()
  repository = join(s.directory, 'repository')
})
afterEach(() => s.remove())

const local = (draft: PackageDraft) => makePackage(s.directory, draft)
const lib = (version: string) => local({ name: 'lib', version })

/** `lib` 3.0-1 installed; 2.0-1 and 2.0-2 in the archive index only. */
async function installNewest(): Promise<void> {
  const archived = [await lib('2.0-2'), await lib('2.0-1'), await lib('1.0-1')]
  await makeRepository(repository, { packages: [await lib('3.0-1')], archived })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  await s.ok('install -y lib')
}

test('a version without revision takes the highest on offer, from the archive index, after a question', async () => {
  await installNewest()
  expect(normalised(await s.ok('downgrade lib 2.0 --dry-run'), s)).toMatchInlineSnapshot(`
    "the following changes will be made:
      downgrade  lib 3.0-1 -> 2.0-2
      ! elevated: lib would move backward from 3.0-1 to 2.0-2
    download <size>, disk +<size>
    (dry run — no changes were made)
    "
  `)
  expect((await s.peipkg('downgrade lib 2.0 -y')).code).toBe(1)
  expect((await atTerminal(s, ['downgrade', 'lib', '2.0', '-y'], 'n\n')).code).toBe(0)
  expect(await s.ok('list')).toBe('lib  3.0-1  noarch\n')
  expect((await atTerminal(s, ['downgrade', 'lib', '2.0-1'], 'y\ny\n')).code).toBe(0)
  expect(await s.ok('list')).toBe('lib  2.0-1  noarch\n')
  // What is asked for explicitly stays what it was.
  expect(JSON.parse(await s.ok('list --json'))).toMatchObject([{ reason: 'explicit', origin: 'test' }])
  // The undo of a downgrade goes forward: nobody has to authorise it, and nothing is fetched.
  expect(await s.ok('undo -y')).toContain('  upgrade    lib 2.0-1 -> 3.0-1\n')
})

test.each(['3.0', '3.0-1', '4.0-1'])('%s is not older', async (version) => {
  await installNewest()
  const { code, stderr } = await s.peipkg(`downgrade lib ${version} -y`)
  expect(code).toBe(1)
  expect(stderr).toBe(
    `peipkg: lib 3.0-1 is installed, and ${version} is not older (use: peipkg upgrade lib, or peipkg install lib=${version})\n`,
  )
})

test('what is not installed, not on offer, or no version', async () => {
  await installNewest()
  expect(await s.peipkg('downgrade ghost 1.0')).toMatchObject({
    code: 1,
    stderr: 'peipkg: downgrade: "ghost" is not installed\n',
  })
  const { code, stderr } = await s.peipkg('downgrade lib 0.9')
  expect(code).toBe(1)
  expect(stderr).toContain('cannot downgrade lib to 0.9: no configured repository offers it')
  expect(stderr).toContain('test offers lib 2.0-2')
  expect((await s.peipkg('downgrade lib')).code).toBe(2)
  expect((await s.peipkg('downgrade lib ~')).code).toBe(2)
})

test('a dependent that the older version would break is not broken', async () => {
  const app = await local({ name: 'app', fields: { dependencies: [{ name: 'lib', constraint: '>= 3' }] } })
  await makeRepository(repository, { packages: [await lib('3.0-1'), app], archived: [await lib('2.0-1')] })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  await s.ok('install -y app')
  const { code, stderr } = await s.peipkg('downgrade lib 2.0')
  expect(code).toBe(1)
  expect(stderr).toContain('cannot downgrade lib')
  expect(stderr).toContain('app 1-1 needs lib >= 3')
})

test('install of an older version points at downgrade', async () => {
  await installNewest()
  const { code, stderr } = await s.peipkg('install lib=2.0-1 -y')
  expect(code).toBe(1)
  expect(stderr).toContain('(peipkg downgrade lib 2.0-1)')
})
