/** The life of a repository's keys, with consumers that follow, and some that cannot. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Ended, run } from '../programs.ts'
import { fixtures, signingKey } from '../recipes.ts'
import { schemaProblems } from './peipkg/json-schema.ts'
import { fingerprint as old } from './peipkg/packages.ts'

const HELLO = 'hello_0.1-1_noarch.peipkg'

let directory: string
let repository: string

/** With one package, made once. */
let made: string

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'peipkg-keys-made-'))
  directory = made
  cpSync(signingKey, join(made, 'old.pem'))
  mkdirSync(join(made, 'new'))
  cpSync(join(fixtures, 'packages', HELLO), join(made, 'new', HELLO))
  await good('init', '--name', 'test', ...by('old', -60), '--out', 'repository')
  await good('publish', '--in', 'repository', '--new', 'new', ...by('old', -59), '--out', 'repository')
  rmSync(join(made, 'new', HELLO))
})

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-keys-'))
  repository = join(directory, 'repository')
  cpSync(made, directory, { recursive: true })
})

afterEach(() => rmSync(directory, { recursive: true }))

afterAll(() => rmSync(made, { recursive: true }))

const repo = (...args: string[]): Promise<Ended> => run('peipkg-repo', args, { cwd: directory })

async function good(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await repo(...args)
  expect(stderr.replaceAll(/^peipkg-repo: warning: .*\n/gm, ''), args.join(' ')).toBe('')
  expect(code).toBe(0)
  return stdout
}

/** What a refused command says; it changes nothing. */
async function refused(...args: string[]): Promise<string> {
  const state = () =>
    ['repo.json', 'repo.json.sig', 'index/active.json'].map((path) =>
      readFileSync(join(repository, path), 'utf8'),
    )
  const before = state()
  const { code, stderr } = await repo(...args)
  expect(code).toBe(1)
  expect(state()).toEqual(before)
  return stderr
}

/** So many days from now, as the consumers' clocks cannot be moved. */
const day = (days: number): string =>
  new Date(Math.floor(Date.now() / 1000) * 1000 + days * 86_400_000).toISOString().replace('.000Z', 'Z')

const at = (days: number): string[] => ['--timestamp', day(days)]
const by = (key: string, days: number): string[] => ['--sign-key', `${key}.pem`, ...at(days)]

/** Makes a private key and returns its fingerprint. */
async function keygen(name: string): Promise<string> {
  await run('peipkg-build', ['keygen', '--out', `${name}.pem`], { cwd: directory })
  const { stdout } = await run('peipkg-build', ['fingerprint', `${name}.pem`], { cwd: directory })
  return stdout.replaceAll(/\s/g, '').slice(-64)
}

const renew = (key: string, days: number): Promise<string> =>
  good('publish', '--in', repository, '--new', 'new', ...by(key, days), '--out', repository)

/** A root of its own. */
function consumer(name: string) {
  const root = join(directory, name)
  mkdirSync(root)
  const peipkg = (...args: string[]) => run('peipkg', ['--root', root, ...args])
  return {
    peipkg,
    async add(...anchors: string[]): Promise<number | null> {
      const named = anchors.flatMap((anchor) => ['--anchor', anchor])
      return (await peipkg('repo', 'add', 'test', `file://${repository}`, ...named)).code
    },
    refresh: async (): Promise<number | null> => (await peipkg('refresh')).code,
  }
}

async function keys(): Promise<Readonly<Record<string, string>>> {
  const listed = JSON.parse(await good('keys', 'list', '--repo', repository, '--json'))
  expect(schemaProblems('keys-list', listed)).toEqual([])
  return Object.fromEntries(
    listed.map((key: { fingerprint: string; status: string; signs_descriptor: boolean }) => [
      key.fingerprint,
      `${key.status}${key.signs_descriptor ? ', signs' : ''}`,
    ]),
  )
}

const rotate = (days: number, window = '30d'): Promise<string> =>
  good(
    'keys',
    'rotate',
    '--repo',
    repository,
    '--old',
    'old.pem',
    '--new',
    'next.pem',
    '--valid-until',
    window,
    ...at(days),
  )

describe('keys rotate', () => {
  it('takes along who knows only the old anchor, within the window', async () => {
    const next = await keygen('next')
    const before = consumer('before')
    expect(await before.add(old)).toBe(0)
    const printed = await rotate(-1)
    expect(printed).toContain(`accepted until ${day(29).slice(0, 10)}`)
    expect(printed).toMatch(/publish both fingerprints until .*, and the new one alone from then on\n$/)
    expect(await keys()).toEqual({ [old]: 'transitioning, signs', [next]: 'active' })
    expect(readFileSync(join(repository, 'index.html'), 'utf8')).toContain('being replaced, accepted until')
    expect(await before.refresh()).toBe(0)
    const during = consumer('during')
    expect(await during.add(old)).toBe(0)
    expect(await consumer('both').add(old, next)).toBe(0)
    await renew('next', 0)
    expect(await before.refresh()).toBe(0)
    expect(await during.refresh()).toBe(0)
    expect((await before.peipkg('install', '--yes', 'hello')).code).toBe(0)
    expect(
      await refused('publish', '--in', repository, '--new', 'new', ...by('old', 0), '--out', repository),
    ).toContain('is not an active key')
    expect(await good('verify', '--repo', repository)).toBe('OK\n')
  })

  it('leaves behind who did not refresh in time, and nobody else', async () => {
    const next = await keygen('next')
    const [prompt, late] = [consumer('prompt'), consumer('late')]
    for (const one of [prompt, late]) expect(await one.add(old)).toBe(0)
    await rotate(-50)
    expect(await prompt.refresh()).toBe(0)
    // The window is over: the next publish signs repo.json anew.
    const { stderr } = await repo(
      'publish',
      '--in',
      repository,
      '--new',
      'new',
      ...by('next', 0),
      '--out',
      repository,
    )
    expect(stderr).toContain('repo.json was signed anew')
    expect((await keys())[next]).toBe('active, signs')
    expect(await prompt.refresh()).toBe(0)
    expect(await late.refresh()).toBe(1)
    expect((await late.peipkg('repo', 'remove', 'test')).code).toBe(0)
    expect(await late.add(next)).toBe(0)
  })

  it('refuses what would lock consumers out', async () => {
    await keygen('next')
    await keygen('third')
    const rotation = ['keys', 'rotate', '--repo', repository]
    expect(await refused(...rotation, '--old', 'next.pem', '--new', 'third.pem', ...at(0))).toContain(
      'is not an active key',
    )
    expect(await refused(...rotation, '--old', 'old.pem', '--new', 'old.pem', ...at(0))).toContain(
      'cannot take its own place',
    )
    await rotate(-1)
    expect(await refused(...rotation, '--old', 'next.pem', '--new', 'third.pem', ...at(0))).toContain(
      'until then sign with that key',
    )
    const add = ['keys', 'add', '--repo', repository, '--key', 'third.pem']
    expect(await refused(...add, ...by('next', 0))).toContain('until then sign with that key')
    expect(await good(...add, ...by('old', 0))).toContain('added key')
  })
})

describe('keys revoke', () => {
  it('is followed when the signing key was known before', async () => {
    const backup = await keygen('backup')
    const one = consumer('one')
    expect(await one.add(old)).toBe(0)
    await good('keys', 'add', '--repo', repository, '--key', 'backup.pem', ...by('old', -2))
    expect(await one.refresh()).toBe(0)
    const grouped = old.replace(/(.{4})(?=.)/g, '$1 ')
    const printed = await good('keys', 'revoke', '--repo', repository, grouped, ...by('backup', -1), '--json')
    const document = JSON.parse(printed)
    expect(schemaProblems('repository-change', document)).toEqual([])
    expect(document).toMatchObject({ keys: { revoked: old }, index_version: 3 })
    expect(await keys()).toEqual({ [old]: 'revoked', [backup]: 'active, signs' })
    expect(await one.refresh()).toBe(0)
    const install = await one.peipkg('install', '--yes', 'hello')
    expect(install.code).toBe(1)
    expect(install.stderr).toContain('revoked')
    const again = ['keys', 'revoke', '--repo', repository, old]
    expect(await refused(...again, ...by('backup', 0))).toContain('is revoked')
    expect(await refused('keys', 'retire', '--repo', repository, old, ...by('backup', 0))).toContain(
      'is revoked',
    )
  })

  it('needs --re-anchor for a key that nobody knows, and then every consumer by hand', async () => {
    const stranger = await keygen('stranger')
    const one = consumer('one')
    expect(await one.add(old)).toBe(0)
    const revoke = ['keys', 'revoke', '--repo', repository, old]
    expect(await refused(...revoke, ...by('old', -1))).toContain('cannot take its own place')
    expect(await refused(...revoke, ...by('stranger', -1))).toContain('consumers could not verify')
    const { code, stderr } = await repo(...revoke, '--re-anchor', ...by('stranger', -1))
    expect(code).toBe(0)
    expect(stderr).toContain('each of them has to add the new anchor')
    expect(await one.refresh()).toBe(1)
    expect((await one.peipkg('repo', 'remove', 'test')).code).toBe(0)
    expect(await one.add(stranger)).toBe(0)
    expect(await good('verify', '--repo', repository)).toBe('OK\n')
  })

  it('is possible in the middle of a rotation', async () => {
    const next = await keygen('next')
    const one = consumer('one')
    expect(await one.add(old)).toBe(0)
    await rotate(-2)
    expect(await one.refresh()).toBe(0)
    await good('keys', 'revoke', '--repo', repository, old, ...by('next', -1))
    expect(await keys()).toEqual({ [old]: 'revoked', [next]: 'active, signs' })
    expect(await one.refresh()).toBe(0)
  })
})

describe('keys retire', () => {
  it('lists the packages that could not be installed any more', async () => {
    const next = await keygen('next')
    await rotate(-50)
    await renew('next', -1)
    const retire = ['keys', 'retire', '--repo', repository, old, ...by('next', 0)]
    expect(await refused(...retire)).toContain(`${HELLO} is signed with it`)
    const { code, stderr } = await repo(...retire, '--force')
    expect(code).toBe(0)
    expect(stderr).toContain(`${HELLO} is signed with ${old}`)
    expect(await keys()).toEqual({ [next]: 'active, signs' })
    expect(await refused('keys', 'retire', '--repo', repository, next, ...by('next', 0))).toContain(
      'cannot take its own place',
    )
    expect(await refused(...retire)).toContain('is not listed')
  })

  it('needs no force where nothing is signed with the key', async () => {
    const backup = await keygen('backup')
    await good('keys', 'add', '--repo', repository, '--key', 'backup.pem', ...by('old', -2))
    expect(
      await refused('keys', 'add', '--repo', repository, '--key', 'backup.pem', ...by('old', -2)),
    ).toContain('listed already')
    expect(await good('keys', 'retire', '--repo', repository, backup, ...by('old', -1))).toMatch(
      /^retired key .*\npublished index_version 3\n$/,
    )
    expect(await keys()).toEqual({ [old]: 'active, signs' })
  })
})

describe('descriptor set', () => {
  it('changes the description, and a name only when told twice', async () => {
    const one = consumer('one')
    expect(await one.add(old)).toBe(0)
    const set = ['descriptor', 'set', '--repo', repository, ...by('old', -1)]
    expect(await good(...set, '--description', 'For <everybody>')).toBe('changed repo.json\n')
    expect(readFileSync(join(repository, 'index.html'), 'utf8')).toContain('For &lt;everybody&gt;')
    expect(await one.refresh()).toBe(0)
    expect(await refused(...set, '--name', 'other')).toContain(
      'consumers refuse a repository whose name changes',
    )
    expect(await refused(...set, '--name', 'a\nb', '--force')).toContain('printable')
    await good(...set, '--name', 'other', '--force')
    expect(await one.refresh()).toBe(1)
    expect(readFileSync(join(repository, 'browse/hello.html'), 'utf8')).toContain(
      '<title>hello · other</title>',
    )
    expect((await repo(...set)).code).toBe(1)
    expect(await good('verify', '--repo', repository)).toBe('OK\n')
  })
})

describe('promote and prune-prerelease', () => {
  it('publishes the same bytes elsewhere', async () => {
    await good('init', '--name', 'stable', ...by('old', -9), '--out', 'stable')
    const promote = ['promote', '--from', repository, '--to', 'stable', ...by('old', -1)]
    expect(await good(...promote, 'hello')).toBe(`published index_version 2 (1 new package)\n  + ${HELLO}\n`)
    const place = `p/hello/0.1-1/${HELLO}`
    expect(readFileSync(join(directory, 'stable', place))).toEqual(readFileSync(join(repository, place)))
    expect((await repo(...promote, 'hello=0.1-1')).stderr).toContain('published already')
    expect((await repo(...promote, 'hello=9-1')).stderr).toContain('hello=9-1 is not published in')
    expect((await repo(...promote)).code).toBe(1)
    await keygen('other')
    await good('init', '--name', 'foreign', ...by('other', -9), '--out', 'foreign')
    const foreign = await repo(
      'promote',
      '--from',
      repository,
      '--to',
      'foreign',
      ...by('other', -1),
      'hello',
    )
    expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining('key')])
  })

  it('takes old pre-releases away, and nothing else', async () => {
    const { makePackage } = await import('./peipkg/packages.ts')
    const built = { build: { timestamp: day(-40), farm_id: 'test', source_ref: 'test' } }
    for (const version of ['1.0~rc1-1', '1.0~rc2-1', '1.0-1', '1.1~beta1-1', '2.0~dev-1']) {
      await makePackage(join(directory, 'new'), { name: 'one', version, fields: built })
    }
    await renew('old', -9)
    const prune = ['prune-prerelease', '--repo', repository, ...by('old', 0), '--older-than']
    expect(await good(...prune, '50d', '--dry-run')).toBe('would remove 0 pre-releases\n')
    const gone = ['one_1.1~beta1-1', 'one_1.0~rc2-1', 'one_1.0~rc1-1']
      .map((name) => `  - ${name}_noarch.peipkg\n`)
      .join('')
    expect(await good(...prune, '30d', '--dry-run')).toBe(`would remove 3 pre-releases\n${gone}`)
    expect(await good(...prune, '30d')).toBe(`published index_version 4 (3 pre-releases removed)\n${gone}`)
    expect(await good('verify', '--repo', repository)).toBe('OK\n')
    const left = readdirSync(join(repository, 'p/one'), { recursive: true }).filter((name) =>
      String(name).includes('.'),
    )
    expect(left.filter((name) => String(name).endsWith('.peipkg'))).toHaveLength(2)
    expect(readFileSync(join(repository, 'browse/one.html'), 'utf8')).not.toContain('1.1~beta1')
  })
})

describe('bad input', () => {
  for (const [code, args] of [
    [1, ['keys']],
    [1, ['keys', 'list']],
    [2, ['keys', 'frobnicate']],
    [1, ['keys', 'list', '--repo', 'nowhere']],
    [1, ['keys', 'rotate', '--repo', 'repository', '--old', 'old.pem']],
    [
      2,
      [
        'keys',
        'rotate',
        '--repo',
        'repository',
        '--old',
        'old.pem',
        '--new',
        'old.pem',
        '--timestamp',
        'now',
      ],
    ],
    [
      2,
      [
        'keys',
        'rotate',
        '--repo',
        'repository',
        '--old',
        'old.pem',
        '--new',
        'old.pem',
        ...at(0),
        '--valid-until',
        'soon',
      ],
    ],
    [
      2,
      [
        'keys',
        'rotate',
        '--repo',
        'repository',
        '--old',
        'old.pem',
        '--new',
        'old.pem',
        ...at(0),
        '--valid-until',
        '0d',
      ],
    ],
    [1, ['keys', 'rotate', '--repo', 'repository', '--old', 'old.pem', '--new', 'absent.pem', ...at(0)]],
    [2, ['keys', 'revoke', '--repo', 'repository', ...by('old', 0), '12ab']],
    [1, ['keys', 'revoke', '--repo', 'repository', ...by('old', 0)]],
    [2, ['keys', 'retire', '--repo', 'repository', ...by('old', 0), old, 'surplus']],
    [1, ['keys', 'retire', '--repo', 'repository', ...by('old', 0), 'f'.repeat(64)]],
    [1, ['descriptor', 'set', '--repo', 'repository', ...by('old', 0)]],
    [2, ['prune-prerelease', '--repo', 'repository', '--older-than', 'long', ...by('old', 0)]],
    [2, ['serve', '--repo', 'repository', '--listen', '127.0.0.1:99999']],
    [1, ['serve', '--repo', 'absent']],
    [1, ['serve', '--repo', 'repository', '--listen', '192.0.2.1:1']],
    [2, ['promote', '--from', 'repository', '--to', 'repository', '--frobnicate']],
  ] as const) {
    it(`ends with ${code}: ${args.slice(0, 6).join(' ').slice(0, 70)}`, async () => {
      const { code: found, stderr, stdout } = await repo(...args, ...(args.length > 2 ? ['--json'] : []))
      expect(found).toBe(code)
      expect(stderr).toMatch(/^peipkg-repo: /)
      if (args.length > 2) expect(schemaProblems('error', JSON.parse(stdout))).toEqual([])
    })
  }
})
