import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { RequestListener } from 'node:http'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeCertificates, serve, serveTls, type TestServer } from '../../repository/servers.ts'
import { answering } from '../../terminal.ts'
import {
  fingerprint,
  makePackage,
  makeRepository,
  type PackageDraft,
  type RepositoryDraft,
} from './packages.ts'
import { normalised, type Scratch, scratch } from './scratch.ts'
import { atTerminal } from './terminal.ts'

let s: Scratch
let repository: string
let servers: TestServer[]
beforeEach(() => {
  s = scratch()
  repository = join(s.directory, 'repository')
  servers = []
})
afterEach(async () => {
  for (const server of servers) await server.close()
  s.remove()
})

const local = (draft: PackageDraft) => makePackage(s.directory, draft)
const url = () => `file://${repository}`
const publish = async (drafts: readonly PackageDraft[], rest: Partial<RepositoryDraft> = {}) => {
  const packages = await Promise.all(drafts.map(local))
  await makeRepository(repository, { packages, ...rest })
}
const add = (base = url(), options = `--anchor ${fingerprint}`) =>
  s.peipkg(`repo add test ${base} ${options}`)

const files: RequestListener = (request, response) => {
  const path = join(repository, normalize(decodeURI(request.url ?? '')))
  if (!existsSync(path)) response.statusCode = 404
  response.end(existsSync(path) ? readFileSync(path) : '')
}

const incompressible = (length: number): string => randomBytes(length).toString('latin1')

/** Nothing of a repository is there: no configuration, no state, no cached document. */
function nothingLeft(): void {
  const names = (path: string) => (existsSync(join(s.root, path)) ? readdirSync(join(s.root, path)) : [])
  expect(names('conf/peipkg')).toEqual([])
  expect(names('var/lib/peipkg/cache/repositories')).toEqual([])
}

describe('repo add', () => {
  test('shows supplied and fetched fingerprints and trusts an exact match', async () => {
    await publish([{ name: 'lib' }])
    const { code, stdout, stderr } = await add()
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'added repository "test"\n' })
    const grouped = fingerprint.replace(/(.{4})(?=.)/g, '$1 ')
    expect(stderr).toContain(`  supplied  ${grouped}\n  fetched   ${grouped}\n`)
    expect(s.read('conf/peipkg/test.repo')).toBe(
      `base_url = "${url()}"\nsignature_policy = "required"\ntrust_anchors = ["${fingerprint}"]\n`,
    )
    expect(await s.ok('repo list')).toBe(`test  ${url()}  priority=50  required\n`)
    expect(await s.ok('search LIB')).toBe('lib  1-1  [test]  the lib package\n')
    expect(await s.ok('search nothing')).toBe('no packages match "nothing"\n')
    expect(JSON.parse(await s.ok('repo list --json'))).toEqual([
      { name: 'test', base_url: url(), priority: 50, signature_policy: 'required', official: false },
    ])
    expect(await add()).toMatchObject({ code: 1, stdout: '' })
  })

  test('an anchor that the repository does not have', async () => {
    await publish([])
    const { code, stderr } = await add(url(), `--anchor ${'ab'.repeat(32)}`)
    expect(code).toBe(1)
    expect(stderr).toContain('has no key with a supplied fingerprint')
    expect(stderr).toContain(`peipkg:   ${fingerprint}  active\npeipkg: trust one of these only if`)
    nothingLeft()
  })

  test('a key that is another than its name says', async () => {
    await publish([])
    writeFileSync(join(repository, `keys/${fingerprint}.pub`), Buffer.alloc(32, 9))
    const { code, stderr } = await add()
    expect(code).toBe(1)
    expect(stderr).toContain(`the key that was fetched as ${fingerprint}`)
    nothingLeft()
  })

  test('documents that do not verify, after three attempts', async () => {
    await publish([])
    appendFileSync(join(repository, 'index/active.json'), ' ')
    expect(await add()).toMatchObject({ code: 1, stdout: '' })
    await publish([])
    appendFileSync(join(repository, 'repo.json'), ' ')
    expect(await add()).toMatchObject({ code: 1, stdout: '' })
    nothingLeft()
  })

  test.each([
    ['http://127.0.0.1:1/x --anchor FP', 'is not encrypted (use https, or give --insecure)'],
    ['https://127.0.0.1:1/x', 'option --anchor is needed'],
    ['https://127.0.0.1:1/x --anchor 12', 'is a fingerprint of 64 hexadecimal digits'],
    ['ftp://x --anchor FP', 'must begin with https://'],
    ['https://x --anchor FP --priority 0', 'option --priority is a whole number'],
    ['https://x --anchor FP --policy never', 'option --policy is one of required, optional'],
  ])('usage: %s', async (rest, message) => {
    const { code, stderr } = await s.peipkg(`repo add test ${rest.replace('FP', fingerprint)}`)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})

describe('a server', () => {
  test('over http: warned about at every operation; a package that was altered leaves nothing', async () => {
    await publish([{ name: 'lib' }, { name: 'app', fields: { dependencies: [{ name: 'lib' }] } }])
    let altered = true
    const server = await serve((request, response) => {
      if (altered && request.url?.includes('/p/lib')) response.end(Buffer.alloc(5000))
      else files(request, response)
    })
    servers.push(server)
    const added = await add(server.url, `--anchor ${fingerprint} --insecure`)
    expect(added).toMatchObject({ code: 0, stdout: 'added repository "test"\n' })
    expect(added.stderr).toContain('peipkg: warning: repository "test" is fetched over http')
    const refused = await s.peipkg('install app -y')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`${server.url}/p/lib_1-1_noarch.peipkg`)
    expect(s.tree()).toEqual([])
    expect(await s.ok('history')).toBe('no transactions recorded\n')
    altered = false
    const { code, stderr } = await s.peipkg('install app -y')
    expect(code).toBe(0)
    expect(stderr).toContain('is fetched over http')
    // Queries never touch the network.
    await server.close()
    expect(await s.ok('search app')).toContain('[test]')
    expect((await s.peipkg('refresh')).code).toBe(1)
  })

  test('over https, with a certificate authority of one’s own', async () => {
    await publish([{ name: 'lib' }])
    const certificates = makeCertificates()
    const server = await serveTls(certificates, files)
    servers.push(server)
    expect(await add(server.url)).toMatchObject({ code: 1 })
    nothingLeft()
    const authority = join(s.directory, 'ca.pem')
    writeFileSync(authority, certificates.certificate)
    const trusting = { NODE_EXTRA_CA_CERTS: authority }
    const added = await s.peipkg(`repo add test ${server.url} --anchor ${fingerprint}`, '', trusting)
    expect(added.code).toBe(0)
    expect((await s.peipkg('install lib -y', '', trusting)).stdout).toContain('done — 1 operation applied')
  })
})

describe('insecure transport turned on for a repository that is trusted', () => {
  const program = fileURLToPath(new URL('../../../bin/peipkg', import.meta.url))
  const answered = (answer: string) =>
    answering([process.execPath, program, 'refresh', '--root', s.root], [answer], s.directory)

  test('a person’s refusal ends with 0, nobody to ask with 1; agreement is told as a change of configuration', async () => {
    await publish([{ name: 'lib' }])
    await add()
    const server = await serve(files)
    servers.push(server)
    const configuration = join(s.root, 'conf/peipkg/test.repo')
    const written = readFileSync(configuration, 'utf8').replace(url(), server.url)
    writeFileSync(configuration, `${written}allow_insecure_transport = true\n`)
    const cancelled = 'cancelled — required authorisation was not given\n'
    const nobody = await s.peipkg('refresh')
    expect([nobody.code, nobody.stdout]).toEqual([1, cancelled])
    expect(nobody.stderr).toContain('peipkg: 1 repository refresh(es) failed\n')
    const json = await s.peipkg('refresh --json')
    expect([json.code, JSON.parse(json.stdout)[0].error.code]).toEqual([1, 'PEI_AUTH_REQUIRED'])
    const person = await answered('n')
    expect(person.code).toBe(0)
    expect(person.shown.endsWith(cancelled)).toBe(true)
    expect(person.shown).not.toContain('failed')
    expect(server.requests).toEqual([])
    expect((await answered('y')).shown).toContain('refreshed "test" (already current)\n')
    const events = JSON.parse(await s.ok('audit show -n 0 --json')) as { type: string; outcome: string }[]
    expect(await s.ok('refresh')).toBe('refreshed "test" (already current)\n')
    expect(events.slice(-3)).toMatchObject([
      { type: 'peipkg.authorisation', outcome: 'success' },
      {
        ...{ type: 'peipkg.config-change', operation: 'insecure-transport', outcome: 'success' },
        ...{ repository: 'test', reason: expect.stringContaining('allow_insecure_transport was turned on') },
      },
      { type: 'peipkg.refresh', outcome: 'success' },
    ])
  })
})

describe('--clock, where the system clock is wrong', () => {
  const day = 86_400_000
  const time = (days: number) => new Date(Date.now() + days * day).toISOString().replace(/\.\d+Z$/, 'Z')

  test('is authorised by a person, first of all, and then decides about times', async () => {
    await publish([{ name: 'lib' }])
    await add()
    await publish([{ name: 'lib', version: '2-1' }], { version: 2, generatedAt: '2026-05-14T12:00:00Z' })
    expect((await s.peipkg('refresh')).stderr).toContain('(check the clock)')
    const cancelled = 'cancelled — required authorisation was not given\n'
    expect(await s.peipkg(['refresh', '--clock', time(3)])).toMatchObject({ code: 1, stdout: cancelled })
    expect(await atTerminal(s, ['refresh', '--clock', time(3)], 'n\n')).toMatchObject({
      ...{ code: 0, stdout: cancelled },
      stderr: expect.stringMatching(
        /authorisation:\n {2}the time would be taken to be \S+Z, although the system clock says \S+Z\n/,
      ),
    })
    const refreshed = await atTerminal(s, ['refresh', '--clock', time(3)], 'y\n')
    expect(refreshed).toMatchObject({ code: 0, stdout: 'refreshed "test"\n' })
    const dry = JSON.parse(await s.ok(['install', 'lib', '--dry-run', '--json', '--clock', time(3)]))
    expect(dry.plan.elevated).toEqual([expect.stringMatching(/^the time would be taken to be/)])
    const installed = await atTerminal(s, ['install', 'lib', '-y', '--clock', time(3)], 'y\n')
    expect(installed.stdout).toContain('done — 1 operation applied\n')
    expect(installed.stderr).not.toContain('warning')
    expect((await s.peipkg('upgrade')).stderr).toContain('or tell the time with --clock')
    const events = JSON.parse(await s.ok('audit show -n 0 --json')) as { type: string; operation: string }[]
    expect(events.slice(-2)).toMatchObject([
      { type: 'peipkg.authorisation', operation: 'clock', outcome: 'success' },
      { type: 'peipkg.install' },
    ])
    expect(await s.peipkg('refresh --clock=tomorrow')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('option --clock is a UTC time such as'),
    })
    const json = await s.peipkg(['refresh', '--json', '--clock', time(3)])
    expect([json.code, JSON.parse(json.stdout).error.code]).toEqual([1, 'PEI_AUTH_REQUIRED'])
  })
})

describe('a server between two publishes', () => {
  test('documents and signatures that do not belong together are fetched again', async () => {
    await publish([{ name: 'lib' }])
    let stale = 2
    const server = await serve((request, response) => {
      if (request.url?.endsWith('active.json.sig') && stale-- > 0) response.end('A'.repeat(86))
      else files(request, response)
    })
    servers.push(server)
    expect(await add(server.url, `--anchor ${fingerprint} --insecure`)).toMatchObject({ code: 0 })
    expect(stale).toBe(-1)
    stale = 3
    expect((await s.peipkg('refresh')).code).toBe(1)
    expect(await s.ok('refresh')).toContain('refreshed "test"')
  })

  test('a listed key that is not there is not trusted, and said', async () => {
    const absent = 'cd'.repeat(32)
    await publish([{ name: 'lib' }], {
      keys: [{ fingerprint: absent, url: `/keys/${absent}.pub`, status: 'active' }],
    })
    const { code, stderr } = await add()
    expect(code).toBe(0)
    expect(stderr).toContain(`key ${absent} is listed but not there: it is not trusted`)
    expect(stderr).toContain('lists 2 active keys: give a second --anchor')
  })
})

describe('downloads', () => {
  test('run beside each other, eight at most, the largest first', async () => {
    const drafts = Array.from({ length: 12 }, (_, index) => ({
      name: `lib${index}`,
      files: { [`usr/share/lib${index}`]: incompressible(1000 * (index + 1)) },
    }))
    await publish(drafts)
    const waiting: (() => void)[] = []
    const server = await serve((request, response) => {
      if (!request.url?.startsWith('/p/')) return files(request, response)
      waiting.push(() => files(request, response))
    })
    servers.push(server)
    await add(server.url, `--anchor ${fingerprint} --insecure`)
    const { ended } = s.start(['install', '-y', ...drafts.map(({ name }) => name)])
    const asked = () => server.requests.filter((path) => path.startsWith('/p/'))
    while (asked().length < 8) await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(asked()).toHaveLength(8)
    expect(asked().sort()).toEqual(
      Array.from({ length: 8 }, (_, index) => `/p/lib${index + 4}_1-1_noarch.peipkg`).sort(),
    )
    const answering = setInterval(() => waiting.splice(0).forEach((answer) => void answer()), 5)
    const { stdout } = await ended
    clearInterval(answering)
    expect(stdout).toContain('done — 12 operations applied')
  })
})

describe('on a terminal', () => {
  const program = fileURLToPath(new URL('../../../bin/peipkg', import.meta.url))
  const at = (words: string, ...answers: string[]) =>
    answering([process.execPath, program, ...words.split(' '), '--root', s.root], answers, s.directory)

  test('trust is asked for; a refusal leaves nothing', async () => {
    await publish([{ name: 'lib' }])
    const command = `repo add test ${url()} --anchor ${fingerprint}`
    const refused = await at(command, 'n')
    expect(refused.shown).toContain('trust this repository? [y/N]')
    expect(refused.shown).toContain('cancelled')
    expect(refused.code).toBe(0)
    nothingLeft()
    expect((await at(command, 'y')).shown).toContain('added repository "test"')
    // Columns are aligned, progress ends in lines that stay.
    await s.ok(['install', '-y', await local({ name: 'a-rather-long-name' })])
    const installed = await at('install lib --yes')
    expect(installed.shown).toMatch(/download lib_1-1_noarch\.peipkg {2}100 % {2}.* of .*\n/)
    expect((await at('list')).shown).toContain('lib                 1-1  noarch\n')
  })
})

describe('refresh', () => {
  test('adopts what is new, keeps what it had when it fails', async () => {
    expect(await s.ok('refresh')).toBe('no repositories to refresh\n')
    await publish([{ name: 'lib' }])
    await add()
    expect(await s.ok('refresh')).toBe('refreshed "test" (already current)\n')
    await publish([{ name: 'lib', version: '2-1' }], { version: 2, generatedAt: '2026-05-02T12:00:00Z' })
    expect(await s.ok('refresh test')).toBe('refreshed "test"\n')
    await publish([{ name: 'lib', version: '1-1' }], { version: 1 })
    const failed = await s.peipkg('refresh')
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(normalised(failed.stderr, s)).toMatchInlineSnapshot(`
      "peipkg: refreshing "test" failed: the active index went back: index_version 1 is below 2, which was seen or demanded before (a replayed old index?)
      peipkg: 1 repository refresh(es) failed
      "
    `)
    expect(await s.ok('search lib')).toContain('lib  2-1')
    const json = await s.peipkg('refresh --json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject([{ name: 'test', outcome: 'failed', index_version: null }])
    expect(await s.peipkg('refresh ghost')).toMatchObject({
      code: 1,
      stderr: 'peipkg: refresh: no repository named "ghost"\n',
    })
  })

  test('the first one of a hand-written file is the ceremony; a broken file disables only itself', async () => {
    await publish([{ name: 'lib' }])
    mkdirSync(join(s.root, 'conf/peipkg'), { recursive: true })
    const write = (name: string, text: string) =>
      writeFileSync(join(s.root, `conf/peipkg/${name}.repo`), text)
    write('test', `base_url = "${url()}"\ntrust_anchors = ["${fingerprint}"]\npriority = 10\n`)
    write('broken', 'base_url = "https://x"\npriorty = 1\n')
    const before = await s.peipkg('install lib -y')
    expect(before.code).toBe(1)
    expect(before.stderr).toContain(
      'peipkg: warning: repository "test" was never refreshed (run: peipkg refresh test)\n',
    )
    const refreshed = await s.peipkg('refresh')
    expect(refreshed).toMatchObject({ code: 1, stdout: 'refreshed "test"\n' })
    expect(refreshed.stderr).toMatchInlineSnapshot(`
      "peipkg: refreshing "broken" failed: /conf/peipkg/broken.repo:2: unknown key "priorty" (the nearest known key is "priority")
      peipkg: 1 repository refresh(es) failed
      "
    `)
    const installed = await s.peipkg('install lib -y')
    expect(installed.code).toBe(0)
    expect(installed.stderr).toBe(
      'peipkg: /conf/peipkg/broken.repo:2: unknown key "priorty" (the nearest known key is "priority")\n',
    )
  })

  test('a repository without anchors is unsigned, and everything says so', async () => {
    await publish([{ name: 'lib', unsigned: true }], { unsigned: true })
    const warning =
      'peipkg: warning: repository "test" is unsigned — its metadata and packages are not cryptographically verified\n'
    const added = await add(url(), '--policy optional')
    expect(added).toMatchObject({ code: 0, stdout: 'added repository "test"\n' })
    expect(added.stderr).toContain(warning)
    for (const command of ['refresh', 'search lib', 'install lib -y', 'upgrade -y']) {
      const { code, stderr } = await s.peipkg(command)
      expect(code).toBe(0)
      expect(stderr).toContain(warning)
    }
  })
})

describe('versions on the command line', () => {
  test('the archive index is fetched for a version that is offered no more', async () => {
    await publish([{ name: 'lib', version: '2-1' }], {
      archived: [await local({ name: 'lib', version: '1-3' })],
    })
    await add()
    expect((await s.peipkg('install lib=3 -y')).code).toBe(1)
    expect(await s.ok('install lib=1 -y')).toContain('  install    lib 1-3\n')
    expect(await s.ok('install lib=2-1 -y')).toContain('  upgrade    lib 1-3 -> 2-1\n')
    expect(await s.ok('info lib')).toContain('origin:       test\n')
  })
})

describe('the package equals its index entry', () => {
  test.each([
    ['dependencies', []],
    ['size_installed', 999],
    ['provides', [{ name: 'something' }]],
  ])('%s', async (field, value) => {
    const base = { name: 'base' }
    const lib = { name: 'lib', fields: { dependencies: [{ name: 'base' }] } }
    const edit: RepositoryDraft['edit'] = (index) => {
      const entry = index.packages.find(({ name }) => name === 'lib')
      if (entry) entry[field] = value
    }
    await publish([base, lib], { edit })
    await add()
    const { code, stderr } = await s.peipkg('install lib -y')
    expect(code).toBe(1)
    expect(stderr).toContain('lib')
    expect(s.tree()).toEqual([])
  })
})

describe('repo remove', () => {
  test('forgets everything but what is installed, and clean has nothing left to do', async () => {
    await publish([{ name: 'lib' }])
    await add()
    await s.ok('install lib -y')
    const removed = await s.peipkg('repo remove test')
    expect(removed).toMatchObject({ code: 0, stdout: 'removed repository "test"\n' })
    expect(removed.stderr).toContain('1 installed package(s) came from "test"')
    nothingLeft()
    expect(await s.ok('repo list')).toBe('no repositories configured\n')
    expect(JSON.parse(await s.ok('list --json'))).toMatchObject([{ name: 'lib', orphaned: true }])
    expect(await s.ok('clean')).toBe('the cache is already empty\n')
    expect(await s.ok('clean --packages')).toBe('removed 1 cache file(s)\n')
    expect(await s.peipkg('repo remove test')).toMatchObject({
      code: 1,
      stderr: 'peipkg: repo remove: no repository named "test"\n',
    })
    rmSync(repository, { recursive: true })
    expect((await add()).code).toBe(1)
    nothingLeft()
  })
})
