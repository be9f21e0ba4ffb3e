/** Queries of somebody who may only read, whatever is missing beside the database (file 5): they work, and leave nothing. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Ended, run } from '../../programs.ts'
import { makePackage } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

const NOBODY = { uid: 65_534, gid: 65_534 }
const checkout = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')

let s: Scratch
let temporary: string
beforeEach(async () => {
  s = scratch()
  chmodSync(s.directory, 0o755)
  temporary = join(s.directory, 'tmp')
  mkdirSync(temporary)
  chmodSync(temporary, 0o1777)
  const files = { 'usr/share/app/data': 'app\n' }
  await s.ok(['install', '-y', await makePackage(s.directory, { name: 'app', files })])
})
afterEach(() => s.remove())

const state = (name: string) => join(s.root, 'var/lib/peipkg', name)
const environment = () => ({ PATH: process.env.PATH, LANG: 'C.UTF-8', TMPDIR: temporary })

const isRoot = geteuid?.() === 0
/** As a user who may nothing; where that cannot be, as oneself. */
const query = (...words: string[]): Promise<Ended> =>
  run('peipkg', [...words, '--root', s.root], { ...(isRoot ? NOBODY : {}), env: environment() })

const lost: readonly (readonly [string, () => void])[] = [
  ['nothing', () => undefined],
  ['the shared memory', () => rmSync(state('db.sqlite-shm'))],
  ['the log', () => rmSync(state('db.sqlite-wal'))],
  [
    'both',
    () => {
      rmSync(state('db.sqlite-shm'))
      rmSync(state('db.sqlite-wal'))
    },
  ],
  ['the right to open the shared memory', () => chmodSync(state('db.sqlite-shm'), 0o600)],
  ['the content of the shared memory', () => truncateSync(state('db.sqlite-shm'), 0)],
]

describe('queries of somebody else, without', () => {
  test.each(lost)('%s', async (_, lose) => {
    lose()
    const before = readdirSync(state(''))
    expect(await query('list')).toMatchObject({ code: 0, stdout: expect.stringContaining('app'), stderr: '' })
    expect(await query('owns', '/usr/share/app/data')).toMatchObject({ code: 0, stderr: '' })
    expect(await query('verify')).toMatchObject({ code: 0 })
    if (isRoot) expect(readdirSync(state(''))).toEqual(before)
    expect(readdirSync(temporary)).toEqual([])
    // A writer makes again what it needs.
    await s.ok('mark dependency app')
  })
})

test.runIf(isRoot)('what may not be read is named, in words of our own', async () => {
  for (const name of ['db.sqlite-wal', 'db.sqlite']) {
    chmodSync(state(name), 0o600)
    const { code, stderr } = await query('list')
    expect(stderr).toMatch(
      /^peipkg: cannot .* \/var\/lib\/peipkg\/db\.sqlite(-wal)?: permission denied \(run as/,
    )
    expect(code).toBe(1)
  }
})

test.runIf(isRoot)('doctor finds no fault in what somebody else may not look at', async () => {
  const newer = { name: 'app', version: '2-1', files: { 'usr/share/app/data': 'newer\n' } }
  await s.ok(['install', '-y', await makePackage(s.directory, newer)])
  const { code, stdout, stderr } = await query('doctor')
  expect(stdout.split('\n')).toEqual([
    'note: cannot open /var/lib/peipkg/backups/2: permission denied (run as a user who may do that)',
    'note: cannot open /var/log/peipkg/audit.jsonl: permission denied (run as a user who may do that)',
    'no problems found',
    '',
  ])
  expect([code, stderr]).toEqual([0, ''])
  chmodSync(state(''), 0o700)
  expect(await query('doctor')).toMatchObject({
    code: 1,
    stdout: 'error: cannot open /var/lib/peipkg: permission denied (run as a user who may do that)\n',
    stderr: 'peipkg: doctor: 1 problem(s) found\n',
  })
})

test.runIf(isRoot)('a repository file that may not be read is not called wrong', async () => {
  mkdirSync(join(s.root, 'conf/peipkg'), { recursive: true })
  writeFileSync(join(s.root, 'conf/peipkg/secret.repo'), '', { mode: 0o600 })
  const { stdout } = await query('doctor')
  expect(stdout).toContain('/conf/peipkg/secret.repo: permission denied (run as a user who may do that)\n')
  expect(stdout).not.toContain('correct the file')
})

/** Runs a script in a mount namespace of its own; `undefined` where that is not allowed. */
function mounted(script: string, options: object = {}): ReturnType<typeof spawnSync> | undefined {
  const able = spawnSync('unshare', ['--mount', '--', 'mount', '--bind', temporary, temporary])
  if (able.status === 0) {
    return spawnSync('unshare', ['--mount', '--', 'sh', '-ec', script], { encoding: 'utf8', ...options })
  }
  process.stderr.write(`skipped: mounting is not allowed here: ${able.stderr}\n`)
  return undefined
}

const readOnly = (path: string) => `mount --bind '${path}' '${path}'; mount -o remount,ro,bind '${path}'`
const node = (path: string) => `'${process.execPath}' '${path}/bin/peipkg'`
const asNobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups'

test.each(lost)('a root on a read-only mount can be read without %s', (_, lose) => {
  lose()
  for (const who of ['', asNobody]) {
    const ran = mounted(
      `${readOnly(s.root)}; ${who} ${node(checkout)} list --root '${s.root}'; ${who} ${node(checkout)} history --root '${s.root}'`,
      { env: environment() },
    )
    if (ran === undefined) return
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('app'), stderr: '' })
    expect(readdirSync(temporary)).toEqual([])
  }
})

test('a log that a killed writer left is read on a read-only mount', () => {
  // Without a checkpoint, as after a kill.
  const copy = join(s.directory, 'log')
  execFileSync('cp', ['-a', state('db.sqlite-wal'), copy])
  const ran = mounted(`${readOnly(s.root)}; ${node(checkout)} list --root '${s.root}'`, {
    env: environment(),
  })
  if (ran !== undefined) expect(ran).toMatchObject({ status: 0, stderr: '' })
})

test('everything runs from a read-only checkout, as anybody', () => {
  for (const who of ['', asNobody]) {
    const other = join(s.directory, who === '' ? 'one' : 'two')
    const script = [
      readOnly(checkout),
      `${who} mkdir '${other}'`,
      `${who} ${node(checkout)} install --yes '${s.directory}'/*.peipkg --root '${other}'`,
      `${who} ${node(checkout)} verify --root '${other}'`,
      `${who} '${process.execPath}' '${checkout}/bin/peipkg-build' --version`,
      `${who} '${process.execPath}' '${checkout}/bin/peipkg-repo' init --help`,
    ].join('\n')
    chmodSync(s.directory, 0o777)
    const ran = mounted(script, { env: environment() })
    if (ran === undefined) return
    expect(ran).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') })
  }
})
