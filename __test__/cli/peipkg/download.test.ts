/** Downloads as a person sees them: through the built program, against a server that breaks off and misbehaves. */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Key, makeKey } from '../../simulator/keys.ts'
import { type BuiltPackage, buildPackage } from '../../simulator/packages.ts'
import { type Publication, render } from '../../simulator/publication.ts'
import { honest, openSite, type Site } from '../../simulator/site.ts'
import { onTerminal } from '../../terminal.ts'
import { screen } from '../screen.ts'
import { type Scratch, scratch } from './scratch.ts'

const key: Key = makeKey(1)
let large: BuiltPackage
let small: BuiltPackage
beforeAll(async () => {
  large = await buildPackage({ name: 'large', version: '1-1', ballast: randomBytes(400_000) }, key)
  small = await buildPackage({ name: 'small', version: '1-1' }, key)
})

let s: Scratch
let site: Site
let publication: Publication
beforeEach(async () => {
  s = scratch()
  site = await openSite()
  publication = {
    ...{ name: 'test', version: 1, generatedAt: Math.floor(Date.now() / 1000) - 3600, form: 'envelope' },
    ...{
      keys: [{ key, status: 'active' }],
      descriptorSigner: key,
      indexSigner: key,
      packages: [large, small],
    },
  }
  site.files = render(publication)
  await s.ok(`repo add test ${site.url} --insecure --anchor ${key.fingerprint}`)
})
afterEach(async () => {
  await site.close()
  s.remove()
})

const cache = (): readonly string[] => {
  const directory = join(s.root, 'var/lib/peipkg/cache/packages')
  return existsSync(directory) ? readdirSync(directory) : []
}

/** Sends half of the package, and then nothing. */
const stall = (path: string, sent: () => void) =>
  site.handlers.set(path, (_, response, body) => {
    const bytes = body as Buffer
    response.setHeader('etag', '"one"').setHeader('content-length', bytes.length)
    response.write(bytes.subarray(0, bytes.length >> 1), () => setTimeout(sent, 100))
  })

/** Both packages are under way, their beginnings and middles apart by more than an update lasts; then they end. */
function bothSlowly(): void {
  const waiting: (() => void)[] = []
  for (const { filename } of [large, small]) {
    site.handlers.set(`p/${filename}`, (_, response, body) => {
      const bytes = body as Buffer
      const third = Math.floor(bytes.length / 3)
      response.setHeader('content-length', bytes.length)
      response.write(bytes.subarray(0, third))
      waiting.push(() => {
        setTimeout(() => response.write(bytes.subarray(third, 2 * third)), 150)
        setTimeout(() => response.end(bytes.subarray(2 * third)), 300)
      })
      if (waiting.length === 2) for (const go of waiting) go()
    })
  }
}

describe('progress', () => {
  const program = fileURLToPath(new URL('../../../bin/peipkg', import.meta.url))
  const rate = String.raw`\d+(\.\d)? [KM]?i?B/s`

  test('on a terminal each download has a moving line, and one with its rate that stays', async () => {
    bothSlowly()
    const words = [process.execPath, program, 'install', '-y', 'large', 'small', '--root', s.root]
    const { shown } = await onTerminal(words, '', s.directory)
    const { write, lines } = screen(80, 24)
    expect(shown).toContain('\x1b[1A\x1b[J')
    expect(shown).toMatch(
      new RegExp(`\\x1b\\[Jdownload large[^\\n]*${rate}\\n.*download small[^\\n]*${rate}`),
    )
    write(shown)
    for (const { filename } of [large, small]) {
      const final = new RegExp(`^download ${filename} {2}100 % .*${rate}$`)
      expect(lines().filter((line) => final.test(line))).toHaveLength(1)
    }
    expect(lines().slice(-2)).toEqual(['done — 2 operations applied', ''])
  })

  test('there is none of it through pipes', async () => {
    bothSlowly()
    const { stderr } = await s.peipkg('install -y large small')
    expect(stderr).toMatch(/^peipkg: warning: [^\n]* http [^\n]*\n$/)
  })
})

describe('downloads', () => {
  test('--download-only fills the cache and changes nothing', async () => {
    expect(await s.ok('install large small --download-only -y')).toContain('downloaded — 2 packages ready\n')
    expect(await s.ok('list')).toBe('no packages are installed\n')
    expect(cache()).toHaveLength(2)
    site.handlers.set('*', (_, response) => response.writeHead(500).end())
    expect(await s.ok('install large small -y')).toContain('done — 2 operations applied\n')
  })

  test.each([
    'SIGTERM',
    'SIGKILL',
  ] as const)('after %s the next run goes on where it stopped', async (signal) => {
    const path = `p/${large.filename}`
    const stalled = new Promise<void>((resolve) => stall(path, resolve))
    const { child, ended } = s.start('install large -y')
    await stalled
    child.kill(signal)
    await ended
    expect(cache().filter((name) => name.endsWith('.part'))).toHaveLength(1)
    const ranges: (string | undefined)[] = []
    site.handlers.set(path, (request, response, body) => {
      const bytes = body as Buffer
      ranges.push(request.headers.range)
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` })
      response.end(bytes.subarray(from))
    })
    expect(await s.ok('install large -y')).toContain('done — 1 operation applied\n')
    expect(ranges).toEqual([expect.stringMatching(/^bytes=[1-9]\d+-$/)])
    expect(cache().filter((name) => !name.endsWith('.peipkg'))).toEqual([])
  })

  test('[cache] bytes: what was not used for longest goes after a command', async () => {
    writeFileSync(join(s.root, 'conf/peipkg/peipkg.toml'), '[cache]\nbytes = "100KiB"\n')
    await s.ok('install large -y')
    expect(cache()).toEqual([])
    await s.ok('install small -y')
    expect(cache()).toHaveLength(1)
  })

  test('--progress=json tells of each download', async () => {
    const { stderr } = await s.peipkg('install large small -y --progress=json')
    const events = stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    for (const { filename, bytes } of [large, small]) {
      expect(events).toContainEqual({
        ...{ phase: 'download', done: bytes.length, total: bytes.length, unit: 'bytes', item: filename },
      })
    }
  })
})

describe('attacks, through the built program', () => {
  test.each([
    ['refresh', 'a page for everything', 'PEI_REPO_DESCRIPTOR'],
    ['refresh', 'a redirect to a file', 'PEI_FETCH_REDIRECT'],
    ['install small', 'another package', 'PEI_DOWNLOAD_DIGEST'],
    ['install small', 'a longer package', 'PEI_DOWNLOAD_SIZE'],
  ])('%s: %s', async (command, attack, code) => {
    site.handlers.set('*', (request, response, body) => {
      if (attack === 'a page for everything') response.end('<html>')
      else if (attack === 'a redirect to a file')
        response.writeHead(302, { location: 'file:///etc/passwd' }).end()
      else if (body === undefined) honest(request, response, body)
      else
        response.end(attack === 'another package' ? Buffer.alloc(body.length) : Buffer.concat([body, body]))
    })
    const options = command === 'refresh' ? '' : ' -y'
    const { code: exit, stdout } = await s.peipkg(`${command}${options} --json`)
    const document = JSON.parse(stdout)
    expect(exit).toBe(1)
    expect((document.error ?? document[0].error).code).toBe(code)
    expect(s.tree()).toEqual([])
    site.handlers.clear()
    expect(await s.ok('refresh')).toContain('refreshed "test"')
    expect(await s.ok('install small -y')).toContain('done — 1 operation applied\n')
  })

  test('trust that grew old: nobody is there to authorise it', async () => {
    site.files = render({ ...publication, version: 2, generatedAt: publication.generatedAt + 60 })
    writeFileSync(
      join(s.root, 'conf/peipkg/test.repo'),
      `${s.read('conf/peipkg/test.repo')}max_index_age = "30m"\n`,
    )
    const { code, stdout } = await s.peipkg('install small -y')
    expect(code).toBe(1)
    expect(stdout).toContain(
      '  ! elevated: the repository "test" would be relied upon although it offers an index',
    )
    expect(stdout).toContain('cancelled — required authorisation was not given\n')
    expect(await s.ok('list')).toBe('no packages are installed\n')
  })
})
