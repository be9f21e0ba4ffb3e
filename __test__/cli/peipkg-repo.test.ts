import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ended, run } from '../programs.ts'
import { fixtures, signingKey } from '../recipes.ts'
import { schemaProblems } from './peipkg/json-schema.ts'

const INIT = '2026-05-01T12:00:00Z'
const LATER = '2026-05-02T12:00:00Z'
const packages = join(fixtures, 'packages')

let directory: string
let repository: string
let fresh: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-repo-test-'))
  repository = join(directory, 'repository')
  fresh = join(directory, 'new')
  mkdirSync(fresh)
  cpSync(signingKey, join(directory, 'key.pem'))
})

afterEach(() => rmSync(directory, { recursive: true }))

function repo(...args: string[]): Promise<Ended> {
  return run('peipkg-repo', args, { cwd: directory })
}

function init(...args: string[]): Promise<Ended> {
  return repo(
    'init',
    '--name',
    'test',
    '--sign-key',
    signingKey,
    '--timestamp',
    INIT,
    '--out',
    repository,
    ...args,
  )
}

function publish(...args: string[]): Promise<Ended> {
  return repo('publish', '--in', repository, '--sign-key', signingKey, '--timestamp', LATER, ...args)
}

function offer(...names: string[]): void {
  for (const name of names) cpSync(join(packages, name), join(fresh, name))
}

function index(kind: 'active' | 'archive', base = repository) {
  return JSON.parse(readFileSync(join(base, 'index', `${kind}.json`), 'utf8'))
}

/** Every file below a directory with its bytes. */
function snapshot(base: string): Readonly<Record<string, string>> {
  const files = readdirSync(base, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort()
  return Object.fromEntries(paths.map((path) => [path.slice(base.length), readFileSync(path, 'base64')]))
}

const HELLO = 'hello_0.1-1_noarch.peipkg'
const LIBFOO = 'libfoo_1:1.2.3~rc1-2_x86_64.peipkg'

describe('init', () => {
  it('writes an empty repository', async () => {
    const { code, stdout } = await init('--description', 'for tests')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      new RegExp(`^initialised repository "test" at ${repository}\n.*([0-9a-f]{4} ){15}[0-9a-f]{4}\n$`),
    )
    const fingerprint = /key fingerprint: (.*)\n/.exec(stdout)?.[1]?.replaceAll(' ', '')
    expect(Object.keys(snapshot(repository))).toEqual([
      '/index/active.json',
      '/index/active.json.sig',
      '/index/archive.json',
      '/index/archive.json.sig',
      `/keys/${fingerprint}.pub`,
      '/repo.json',
      '/repo.json.sig',
    ])
    expect(index('active')).toMatchObject({ index_version: 1, generated_at: INIT, packages: [] })
    expect((await repo('verify', '--repo', repository)).stdout).toBe('OK\n')
  })

  it('prints one document with --json', async () => {
    const { stdout } = await init('--json')
    const document = JSON.parse(stdout)
    expect(schemaProblems('repository-init', document)).toEqual([])
    expect(document).toMatchObject({ name: 'test', directory: repository })
    expect(readdirSync(join(repository, 'keys'))).toEqual([`${document.fingerprint}.pub`])
    const again = await init('--json')
    expect({ code: again.code, code_: JSON.parse(again.stdout).error.code }).toEqual({
      code: 1,
      code_: expect.stringMatching(/^PEI_/),
    })
  })

  it('needs an empty or absent directory', async () => {
    mkdirSync(repository)
    writeFileSync(join(repository, 'x'), '')
    expect((await init()).code).toBe(1)
    expect(readdirSync(repository)).toEqual(['x'])
    rmSync(join(repository, 'x'))
    expect((await init()).code).toBe(0)
  })
})

describe('publish', () => {
  it('adds packages in place', async () => {
    await init()
    const descriptor = readFileSync(join(repository, 'repo.json.sig'))
    offer(HELLO, LIBFOO)
    const { code, stdout } = await publish('--new', fresh, '--out', repository)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `published index_version 2 (2 new packages)\n  + ${HELLO}\n  + ${LIBFOO}\n`,
    })
    expect(index('active').packages.map((entry: { url: string }) => entry.url)).toEqual([
      `/p/hello/0.1-1/${HELLO}`,
      `/p/libfoo/1:1.2.3~rc1-2/${LIBFOO}`,
    ])
    expect(index('archive').index_version).toBe(2)
    expect(readFileSync(join(repository, 'p/hello/0.1-1', HELLO))).toEqual(
      readFileSync(join(packages, HELLO)),
    )
    expect(readFileSync(join(repository, 'repo.json.sig'))).toEqual(descriptor)
    const names = ['browse', 'index', 'index.html', 'keys', 'p', 'repo.json', 'repo.json.sig']
    expect(readdirSync(repository).sort()).toEqual(names)
    expect((await repo('verify', '--repo', repository)).stdout).toBe('OK\n')
  })

  it('prints one document with --json', async () => {
    await init()
    offer('unsigned-hello_0.1-1_noarch.peipkg')
    const { stdout } = await publish('--new', fresh, '--out', repository, '--allow-unsigned', '--json')
    const document = JSON.parse(stdout)
    expect(schemaProblems('repository-change', document)).toEqual([])
    const hello = { filename: HELLO, name: 'hello', version: '0.1-1', architecture: 'noarch', unsigned: true }
    expect(document).toMatchObject({ index_version: 2, packages: [hello] })
  })

  it('of nothing signs anew', async () => {
    await init()
    const { stdout } = await publish('--new', fresh, '--out', repository)
    expect(stdout).toBe('published index_version 2 (0 new packages)\n')
    expect(index('active').generated_at).toBe(LATER)
    writeFileSync(join(fresh, 'hello.peipkg.part'), '')
    expect(await publish('--new', fresh, '--out', repository)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`there is no *.peipkg in ${fresh}: nothing was added\n`),
    })
  })

  it('out of place leaves the base alone and writes a complete copy', async () => {
    await init()
    offer(HELLO)
    await publish('--new', fresh, '--out', repository)
    const before = snapshot(repository)
    rmSync(join(fresh, HELLO))
    offer(LIBFOO)
    const out = join(directory, 'out')
    expect((await publish('--new', fresh, '--out', out)).code).toBe(0)
    expect(snapshot(repository)).toEqual(before)
    expect(index('active', out).packages).toHaveLength(2)
    expect(existsSync(join(out, 'p/hello/0.1-1', HELLO))).toBe(true)
    expect((await repo('verify', '--repo', out)).stdout).toBe('OK\n')
    expect((await publish('--new', fresh, '--out', out)).code).toBe(1)
  })

  it('refuses a version that is there, and changes nothing', async () => {
    await init()
    offer(HELLO)
    await publish('--new', fresh, '--out', repository)
    const before = snapshot(repository)
    offer(LIBFOO)
    const { code, stdout, stderr } = await publish('--new', fresh, '--out', repository)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/hello.*0\.1-1/)
    expect(snapshot(repository)).toEqual(before)
  })

  it('refuses unsigned packages unless told otherwise, and broken ones always', async () => {
    await init()
    offer('unsigned-hello_0.1-1_noarch.peipkg')
    expect((await publish('--new', fresh, '--out', repository)).code).toBe(1)
    const { code, stdout } = await publish('--new', fresh, '--out', repository, '--allow-unsigned')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `published index_version 2 (1 new package)\n  + ${HELLO}  (unsigned)\n`,
    })
    const bytes = readFileSync(join(packages, LIBFOO))
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    writeFileSync(join(fresh, LIBFOO), bytes)
    const broken = await publish('--new', fresh, '--out', repository, '--allow-unsigned')
    expect(broken.code).toBe(1)
    expect(index('active').packages).toHaveLength(1)
  })

  it('refuses packages signed by a foreign key, and a foreign signing key', async () => {
    const key = join(directory, 'other.pem')
    await run('peipkg-build', ['keygen', '--out', key])
    await init('--sign-key', key)
    offer(HELLO)
    const foreign = ['--in', repository, '--timestamp', LATER, '--out', repository, '--new', fresh]
    expect((await repo('publish', ...foreign, '--sign-key', key)).code).toBe(1)
    expect((await repo('publish', ...foreign, '--sign-key', key, '--allow-unsigned')).code).toBe(1)
    rmSync(join(fresh, HELLO))
    expect((await repo('publish', ...foreign, '--sign-key', signingKey)).code).toBe(1)
    expect(index('active').index_version).toBe(1)
  })

  it('writes bare signatures when asked', async () => {
    await init()
    await publish('--new', fresh, '--out', repository, '--signature-format', 'bare')
    const signature = readFileSync(join(repository, 'index/active.json.sig'), 'utf8')
    expect(signature.trim()).toMatch(/^[A-Za-z0-9+/]{86}$/)
    expect((await repo('verify', '--repo', repository)).stdout).toBe('OK\n')
  })

  it('follows the URL template, and keeps the bytes elsewhere when it is absolute', async () => {
    await init()
    offer(HELLO)
    const wrong = await publish('--new', fresh, '--out', repository, '--package-url-template', '/x/{digest}')
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain('{digest}')
    const template = 'https://files.example/{name}-{version}-{arch}/{filename}'
    expect(
      (await publish('--new', fresh, '--out', repository, '--package-url-template', template)).code,
    ).toBe(0)
    expect(index('active').packages[0].url).toBe(`https://files.example/hello-0.1-1-noarch/${HELLO}`)
    expect(existsSync(join(repository, 'p'))).toBe(false)
    const { code, stdout, stderr } = await repo('verify', '--repo', repository)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'OK\n' })
    expect(stderr).toContain('not checked: ')
    const found = await repo('verify', '--repo', repository, '--all-packages-dir', directory)
    expect(found).toMatchObject({ code: 0, stdout: 'OK\n', stderr: '' })
  })

  it('rebuilds all entries from the package files', async () => {
    await init()
    offer(HELLO, LIBFOO)
    await publish('--new', fresh, '--out', repository)
    const before = index('archive')
    const { code } = await publish(
      '--rebuild',
      '--all-packages-dir',
      join(repository, 'p'),
      '--out',
      repository,
    )
    expect(code).toBe(0)
    expect(index('archive')).toEqual({ ...before, index_version: 3 })
    expect((await repo('verify', '--repo', repository)).stdout).toBe('OK\n')
  })

  it('continues a repository of the reference', async () => {
    cpSync(join(fixtures, 'repository'), repository, { recursive: true })
    expect((await repo('verify', '--repo', repository)).stdout).toBe('OK\n')
    const key = join(directory, 'key.pem')
    const { code, stderr } = await publish('--sign-key', key, '--new', fresh, '--out', repository)
    expect({ code, stderr: stderr.replace(/^.*can be read by others.*\n/gm, '') }).toEqual({
      code: 0,
      stderr: '',
    })
    expect(index('active').index_version).toBe(3)
    expect(existsSync(join(repository, 'p/hello/0.1-1/manifest.json'))).toBe(true)
    expect((await repo('verify', '--repo', repository)).stdout).toBe('OK\n')
  })

  it.each([
    [['--new', 'new', '--rebuild'], 1],
    [[], 1],
    [['--rebuild'], 1],
    [['--new', 'new', '--all-packages-dir', 'new'], 2],
    [['--new', 'new', '--signature-format', 'pgp'], 2],
    [['--new', 'new', '--timestamp', 'now'], 2],
    [['--new', 'nowhere'], 1],
    [['--new', 'new', '--frobnicate'], 2],
    [['--new', 'new', 'surplus'], 2],
  ])('with %j ends with %i', async (args, code) => {
    await init()
    const ended = await publish('--out', repository, ...args)
    expect(ended.code).toBe(code)
    expect(ended.stderr).toMatch(/^(peipkg-repo: .*\n)+$/)
    expect(index('active').index_version).toBe(1)
  })
})

describe('verify', () => {
  beforeEach(async () => {
    await init()
    offer(HELLO, LIBFOO)
    await publish('--new', fresh, '--out', repository)
  })

  it('finds packages that are not what the index says', async () => {
    const hello = join(repository, 'p/hello/0.1-1', HELLO)
    const bytes = readFileSync(hello)
    bytes[20] = (bytes[20] ?? 0) ^ 1
    writeFileSync(hello, bytes)
    rmSync(join(repository, 'p/libfoo/1:1.2.3~rc1-2', LIBFOO))
    const { code, stdout, stderr } = await repo('verify', '--repo', repository)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(`^FAIL: hash mismatch: ${HELLO} computed [0-9a-f]{64} index claims [0-9a-f]{64}$`, 'm'),
    )
    expect(stderr).toMatch(/^FAIL: .*libfoo_1:1\.2\.3~rc1-2_x86_64\.peipkg/m)
    expect(stderr.endsWith('peipkg-repo: 2 issue(s) found\n')).toBe(true)
    expect((await repo('verify', '--repo', repository, '--mode', 'metadata')).stdout).toBe('OK\n')
  })

  it('prints one document with --json, whatever it finds', async () => {
    const check = async () => {
      const { code, stdout, stderr } = await repo('verify', '--repo', repository, '--json')
      const document = JSON.parse(stdout)
      expect(schemaProblems('repository-verify', document)).toEqual([])
      expect(stderr).toBe('')
      return { code, ...document }
    }
    expect(await check()).toEqual({ code: 0, ok: true, issues: [], not_checked: [] })
    rmSync(join(repository, 'p/hello/0.1-1', HELLO))
    expect(await check()).toEqual({
      code: 1,
      ok: false,
      issues: [expect.stringContaining(HELLO)],
      not_checked: [],
    })
  })

  it('finds documents that do not verify, before any hash', async () => {
    const path = join(repository, 'index/active.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('CC0-1.0', 'CC0-9.9'))
    const { code, stderr } = await repo('verify', '--repo', repository)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^FAIL: .*the signature of active index is not accepted/m)
    expect(stderr).toMatch(/^peipkg-repo: 1 issue\(s\) found$/m)
  })

  it('needs a repository', async () => {
    expect((await repo('verify')).code).toBe(1)
    expect((await repo('verify', '--repo', 'nowhere')).code).toBe(1)
    expect((await repo('verify', '--repo', repository, '--mode', 'some')).code).toBe(2)
    expect(statSync(repository).isDirectory()).toBe(true)
  })
})
