/** What an interruption leaves behind, and the ways out of it, through the built program (file 5 of the specification). */
import { existsSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { killIn } from './kill.ts'
import { makePackage } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'
import { atTerminal } from './terminal.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

const at = (path: string) => join(s.root, path)

describe('side effects that are owed after a crash', () => {
  /** The root's own mandb ends whoever started it, as a power cut would, as long as it is told to. */
  async function crash(): Promise<void> {
    const mandb = `#!/bin/sh\n[ -e '${s.directory}/kill' ] && kill -9 $PPID && exit\necho "$@" >> '${s.directory}/ran'\n`
    const pages = await makePackage(s.directory, {
      name: 'pages',
      files: { 'usr/bin/mandb': mandb, 'usr/share/man/man1/x.1': '.TH X 1\n' },
      fields: { side_effects: ['man-db'] },
    })
    writeFileSync(join(s.directory, 'kill'), '')
    const { child, ended } = s.start(['install', '-y', pages])
    child.stdin?.end()
    expect((await ended).signal).toBe('SIGKILL')
    unlinkSync(join(s.directory, 'kill'))
    expect(await s.ok('list')).toBe('pages  1-1  noarch\n')
    expect(await s.ok('history')).toContain('  committed  install pages\n')
  }
  const ran = () =>
    existsSync(join(s.directory, 'ran')) ? readFileSync(join(s.directory, 'ran'), 'utf8') : ''

  test('run with recover, once', async () => {
    await crash()
    expect(await s.ok('recover')).toBe('recovered: the committed transaction was tidied up\n')
    expect(ran()).toBe(`-q ${s.root}/usr/share/man\n`)
    expect(await s.ok('recover')).toBe('no interrupted transaction to recover\n')
    expect(ran()).toBe(`-q ${s.root}/usr/share/man\n`)
  })

  test('or with the next transaction, whatever that is', async () => {
    await crash()
    const other = await makePackage(s.directory, { name: 'other' })
    expect(await s.ok(['install', '-y', other])).toContain('done — 1 operation applied\n')
    expect(ran()).toBe(`-q ${s.root}/usr/share/man\n`)
  })
})

describe('interrupted while it staged', () => {
  beforeEach(async () => {
    // Written in full and made durable, that takes longer than it takes to see that it began.
    const large = await makePackage(s.directory, {
      name: 'large',
      files: { 'usr/share/large/data': 'quick to pack, slow to write\n'.repeat(1 << 20) },
    })
    const small = await makePackage(s.directory, { name: 'small' })
    await s.ok(['install', '-y', small])
    await killIn('staging', s, ['install', '-y', large], () => staged().length > 0)
  })
  const staged = () => readdirSync(at('usr/share')).filter((name) => name.includes('.peipkg-staged-'))

  test('the staged names go, whatever lies in them meanwhile', async () => {
    writeFileSync(at(`usr/share/${staged()[0]}/foreign`), 'mine\n')
    expect(await s.ok('recover')).toBe('recovered: the interrupted transaction was rolled back\n')
    expect(s.tree()).toEqual(['usr/', 'usr/share/', 'usr/share/small/', 'usr/share/small/data'])
    expect((await s.ok('history -n 1')).trim()).toMatch(/ {2}rolled-back {2}install large$/)
  })

  test('recover --rollback needs a person, and --yes is none', async () => {
    const way = '--rollback'
    const cancelled = 'cancelled — required authorisation was not given\n'
    expect(await s.peipkg(`recover ${way}`, 'y\n')).toMatchObject({ code: 1, stdout: cancelled })
    const json = await s.peipkg(`recover ${way} --json`)
    expect([json.code, JSON.parse(json.stdout).error.code]).toEqual([1, 'PEI_AUTH_REQUIRED'])
    expect((await s.peipkg(`recover ${way} --yes`)).code).toBe(2)
    expect(await atTerminal(s, ['recover', way], 'n\n')).toMatchObject({ code: 0, stdout: cancelled })
    expect(staged()).toHaveLength(1)
    const resolved = await atTerminal(s, ['recover', way], 'y\n')
    expect(resolved).toMatchObject({
      code: 0,
      stdout: 'recovered: the interrupted transaction was rolled back\n',
    })
    expect(resolved.stderr).toContain('this operation requires elevated authorisation:\n  ')
    expect(staged()).toEqual([])
    expect(await s.ok('verify')).toBe('all recorded files are intact\n')
    const events = JSON.parse(await s.ok('audit show -n 0 --json')) as { type: string; outcome: string }[]
    expect(events.map(({ type, outcome }) => `${type} ${outcome}`).slice(1)).toEqual([
      ...[
        'peipkg.authorisation rejection',
        'peipkg.authorisation rejection',
        'peipkg.authorisation rejection',
      ],
      ...['peipkg.authorisation success', expect.stringMatching(/^peipkg\.recovery /)],
    ])
  })
})

describe('a transaction that can be neither finished nor undone', () => {
  const pages = (version: string) =>
    makePackage(s.directory, {
      name: 'manual',
      version,
      files: Object.fromEntries(
        Array.from({ length: 600 }, (_, page) => [`usr/share/manual/${page}.txt`, `${page} of ${version}\n`]),
      ),
    })
  /** Pages are put in place in the order of their names; the first one is then written by somebody else. */
  const doubtful = 'usr/share/manual/0.txt'
  beforeEach(async () => {
    await s.ok(['install', '-y', await pages('1-1')])
    const newer = await pages('2-1')
    await killIn('applying', s, ['install', '-y', newer], () => s.read(doubtful) !== '0 of 1-1\n')
    // As editors do it: a removed file's inode number may be given to the next one, which would be that file then.
    writeFileSync(at('usr/share/mine'), 'mine\n')
    renameSync(at('usr/share/mine'), at(doubtful))
  })
  const inDoubt =
    /transaction 2 could be neither finished nor rolled back: 1 path\(s\) are in doubt \(run: peipkg recover --report\)\n$/

  test('is told by every read, refuses every write, and goes only as a person decides', async () => {
    const refused = await s.peipkg('recover')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      `transaction 2 was interrupted and cannot be rolled back without losing something: /${doubtful} (`,
    )
    for (const query of ['list', 'info manual', 'files manual', 'owns /usr/share/manual', 'history']) {
      const { code, stderr } = await s.peipkg(query)
      expect([code, stderr]).toEqual([0, expect.stringMatching(inDoubt)])
      expect(stderr.split('\n')).toHaveLength(2)
    }
    for (const change of ['remove manual -y', 'hold manual', 'mark dependency manual']) {
      const { code, stdout, stderr } = await s.peipkg(`${change} --json`)
      expect([code, JSON.parse(stdout).error.code, stderr]).toEqual([
        ...[1, 'PEI_INDETERMINATE', expect.stringContaining('--rollback')],
      ])
    }
    expect(s.read(doubtful)).toBe('mine\n')
    const report = await s.ok('recover --report')
    expect(report).toMatch(/^pending: transaction 2, applying, started /)
    expect(report).toMatch(new RegExp(`^ {2}replace {2}/${doubtful}: there .* IN DOUBT$`, 'm'))
    expect(report).toMatch(/\nkept as \/var\/lib\/peipkg\/reports\/recovery-\S+\.txt\n$/)
    expect((await atTerminal(s, ['recover', '--rollback'], 'n\n')).code).toBe(0)
    const { code, stdout, stderr } = await atTerminal(s, ['recover', '--rollback'], 'y\n')
    expect(code).toBe(0)
    expect(stderr).toContain('(1 path(s) in doubt stay as they are)')
    expect(stderr).toContain(`warning: /${doubtful} could not be put back: it is left as it is\n`)
    expect(stdout).toContain('recovered: the interrupted transaction was rolled back\n')
    expect(s.read('usr/share/manual/599.txt')).toBe('599 of 1-1\n')
    expect(await s.peipkg('verify')).toMatchObject({
      code: 1,
      stdout: `manual: /${doubtful} has been modified since install\n`,
      stderr: 'peipkg: verify: 1 problem(s) found\n',
    })
    expect(s.tree().filter((path) => path.includes('.peipkg-'))).toEqual([])
  })

  test('accepted, the disk stays, the database stays, and the originals are kept', async () => {
    expect((await s.peipkg('recover')).code).toBe(1)
    expect((await s.peipkg('recover --accept', 'y\n')).code).toBe(1)
    expect((await atTerminal(s, ['recover', '--accept'], 'n\n')).code).toBe(0)
    expect((await s.peipkg('list')).stderr).toMatch(inDoubt)
    const { code, stdout } = await atTerminal(s, ['recover', '--accept'], 'y\n')
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('recovered: the files were accepted as they are (see: peipkg verify)\n'),
    ])
    expect(await s.peipkg('list')).toMatchObject({ stdout: 'manual  1-1  noarch\n', stderr: '' })
    expect(s.read(doubtful)).toBe('mine\n')
    expect((await s.ok('history -n 1')).trim()).toMatch(/ {2}accepted {2}upgrade manual$/)
    expect(s.tree().filter((path) => path.includes('.peipkg-'))).toEqual([])
    expect((await s.peipkg('verify')).stdout).toContain(
      `manual: /${doubtful} has been modified since install\n`,
    )
    expect(await s.ok('remove manual -y')).toContain('done — 1 operation applied\n')
  })
})
