/** `doctor` through the built program: health, taking over a database, rebuilding one. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { schemaProblems } from './json-schema.ts'
import { fingerprint, makePackage, makeRepository } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

const inRoot = (path: string) => join(s.root, path)

function loseDatabase(): void {
  for (const name of ['db.sqlite', 'db.sqlite-wal', 'db.sqlite-shm']) rmSync(inRoot(`var/lib/peipkg/${name}`))
}

function leftByReference(): void {
  for (const path of ['var/lib/peipkg', 'usr/share/one']) mkdirSync(inRoot(path), { recursive: true })
  copyFileSync(
    fileURLToPath(new URL('../../fixtures/reference/db.sqlite', import.meta.url)),
    inRoot('var/lib/peipkg/db.sqlite'),
  )
  writeFileSync(inRoot('usr/share/one/data'), 'one\n')
}

test('a healthy root, and one that is not, with what to do', async () => {
  expect(await s.ok('doctor')).toBe('no problems found\n')
  await s.ok(['install', '-y', await makePackage(s.directory, { name: 'lib' })])
  expect(await s.ok('doctor')).toBe('no problems found\n')
  writeFileSync(inRoot('usr/share/lib/data.peipkg-backup-7'), 'left')
  mkdirSync(inRoot('conf/peipkg'), { recursive: true })
  writeFileSync(inRoot('conf/peipkg/x.repo'), 'nonsense = 1')
  const { code, stdout, stderr } = await s.peipkg('doctor')
  expect([code, stderr]).toEqual([1, 'peipkg: doctor: 2 problem(s) found\n'])
  expect(stdout).toMatch(/^error: \/conf\/peipkg\/x\.repo.*\n {2}correct the file\n/)
  expect(stdout).toContain(
    'warning: /usr/share/lib/data.peipkg-backup-7 is a backup file that no transaction knows\n  look at it, then remove it\n',
  )
  const document = JSON.parse((await s.peipkg('doctor --json')).stdout)
  expect(schemaProblems('doctor', document)).toEqual([])
  expect(document).toMatchObject({ healthy: false, findings: [{ area: 'configuration' }, { area: 'files' }] })
})

test('a backup that is gone is no fault of the database', async () => {
  await s.ok(['install', '-y', await makePackage(s.directory, { name: 'lib' })])
  await s.ok(['install', '-y', await makePackage(s.directory, { name: 'lib', version: '2-1' })])
  rmSync(inRoot('var/lib/peipkg/backups/2/0'))
  const { code, stdout } = await s.peipkg('doctor')
  expect(code).toBe(1)
  expect(stdout).toBe(
    'warning: the backup /var/lib/peipkg/backups/2/0 of transaction 2 is not there\n  an undo fetches packages instead; `peipkg clean --backups` gives up what is left of them\n',
  )
  await s.ok('clean --backups')
  expect(await s.ok('doctor')).toBe('no problems found\n')
})

test('every command names the way to take over the database of the other tool', async () => {
  leftByReference()
  for (const command of ['list', 'install lib -y', 'history', 'refresh', 'verify', 'undo -y', 'recover']) {
    const { code, stderr } = await s.peipkg(command)
    expect([command, code]).toEqual([command, 1])
    expect(stderr).toContain('peipkg doctor --import')
  }
  expect((await s.peipkg('doctor')).stdout).toContain('\n  run: peipkg doctor --import\n')
  expect(await s.ok('doctor --import')).toBe(
    'took over 1 package(s) with 2 path(s)\nthe old database is kept as /var/lib/peipkg/db.sqlite.reference\nnext: peipkg refresh\n',
  )
  expect(await s.ok('list')).toBe('one  1-1  noarch  (orphaned)\n')
  expect(await s.ok('verify')).toBe('all recorded files are intact\n')
  expect(JSON.parse(await s.ok('info one --json'))).toMatchObject({ origin: 'test', reason: 'explicit' })
  const again = await s.peipkg('doctor --import --json')
  expect([again.code, JSON.parse(again.stdout).error.code]).toEqual([1, 'PEI_IMPORT_REFUSED'])
})

test('floors that the other tool had seen hold at the first refresh', async () => {
  leftByReference()
  const repository = join(s.directory, 'repository')
  await makeRepository(repository, { packages: [await makePackage(s.directory, { name: 'lib' })] })
  mkdirSync(inRoot('conf/peipkg'), { recursive: true })
  writeFileSync(
    inRoot('conf/peipkg/test.repo'),
    `base_url = "file://${repository}"\ntrust_anchors = ["${fingerprint}"]\n`,
  )
  await s.ok('doctor --import')
  const { code, stderr } = await s.peipkg('refresh')
  expect(code).toBe(1)
  expect(stderr).toContain('below')
})

test('a lost database is rebuilt from a directory of packages', async () => {
  const lib = await makePackage(s.directory, { name: 'lib' })
  await makePackage(s.directory, { name: 'lib', version: '2-1' })
  await makePackage(s.directory, { name: 'other' })
  writeFileSync(join(s.directory, 'broken.peipkg'), 'no package')
  await s.ok(['install', '-y', lib])
  mkdirSync(inRoot('etc'))
  writeFileSync(inRoot('etc/mine'), 'mine')
  loseDatabase()
  const { code, stdout } = await s.peipkg(['doctor', '--rebuild', '--from', s.directory])
  expect(code).toBe(0)
  expect(stdout).toContain('recorded    lib 1-1\n')
  expect(stdout).toContain('not placed  other 1-1: /usr/share/other')
  expect(stdout).toContain('not placed  broken.peipkg: ')
  expect(stdout).toContain(
    'no owner    /etc/mine\n1 package(s) recorded again: 1 as asked for, 0 as needed by them (see: peipkg mark)\n',
  )
  expect(await s.ok('verify')).toBe('all recorded files are intact\n')
  await s.ok('remove lib -y')
  expect(s.tree().filter((path) => !path.endsWith('/'))).toEqual(['etc/mine'])
})

test('a lost database is rebuilt from what repositories offer, after a question', async () => {
  const repository = join(s.directory, 'repository')
  const packages = [
    await makePackage(s.directory, { name: 'lib' }),
    await makePackage(s.directory, { name: 'other' }),
  ]
  await makeRepository(repository, { packages })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  await s.ok('install lib -y')
  loseDatabase()
  await s.ok('refresh')
  const document = JSON.parse(await s.ok('doctor --rebuild --yes --json'))
  expect(schemaProblems('doctor', document)).toEqual([])
  expect(document.adopted).toEqual([{ name: 'lib', version: '1-1', reason: 'explicit' }])
  expect(JSON.parse(await s.ok('info lib --json')).origin).toBe('test')
})

test('what others need is recorded as a dependency, and autoremove has nothing to take', async () => {
  const needs = (...names: string[]) => ({ dependencies: names.map((name) => ({ name })) })
  const packages = [
    await makePackage(s.directory, { name: 'app', fields: needs('lib') }),
    await makePackage(s.directory, { name: 'lib', fields: needs('ring-a') }),
    await makePackage(s.directory, { name: 'ring-a', fields: needs('ring-b') }),
    await makePackage(s.directory, { name: 'ring-b', fields: needs('ring-a') }),
    await makePackage(s.directory, { name: 'two-a', fields: needs('two-b') }),
    await makePackage(s.directory, { name: 'two-b', fields: needs('two-a') }),
    await makePackage(s.directory, {
      name: 'alone',
      fields: { optional_dependencies: [{ name: 'extra' }] },
    }),
    await makePackage(s.directory, { name: 'extra' }),
  ]
  await s.ok(['install', '-y', ...packages])
  loseDatabase()
  expect(await s.ok(['doctor', '--rebuild', '--from', s.directory])).toMatch(
    /8 package\(s\) recorded again: 4 as asked for, 4 as needed by them \(see: peipkg mark\)\n$/,
  )
  expect(await s.ok('list --explicit')).toBe(
    'alone  1-1  noarch\napp    1-1  noarch\nextra  1-1  noarch\ntwo-a  1-1  noarch\n'.replace(
      / {3,}/g,
      '  ',
    ),
  )
  expect(await s.ok('autoremove')).toBe('nothing to do — the request is already satisfied\n')
  await s.ok('remove app -y --autoremove')
  expect(await s.ok('list')).not.toContain('ring')
})

test('options that do not fit', async () => {
  for (const options of ['--import --rebuild', '--from /x', '--rebuild --json']) {
    expect((await s.peipkg(`doctor ${options}`)).code).toBe(2)
  }
})
