/** What time, mirrors, conditions and credentials do to the trust in a repository that is not attacked. */
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { asPeiError } from '../../ts/native/errors.ts'
import { auditRecords } from '../../ts/operations/audit.ts'
import { upgrade } from '../../ts/operations/upgrade.ts'
import { installing, next, refreshing, replace } from './attacks/attack.ts'
import { buildPackage } from './packages.ts'
import { render } from './publication.ts'
import { honest } from './site.ts'
import {
  changeOptions,
  day,
  initial,
  keys,
  now,
  openWorld,
  type Stock,
  stateOf,
  type World,
} from './world.ts'

let stock: Stock
let newer: Stock['victim'][number]
beforeAll(async () => {
  stock = {
    victim: [await buildPackage({ name: 'app', version: '1-1' }, keys.victim)],
    other: [await buildPackage({ name: 'tool', version: '1-1' }, keys.other)],
  }
  newer = await buildPackage({ name: 'app', version: '2-1' }, keys.victim)
})

let world: World
beforeEach(async () => {
  world = await openWorld(stock)
})
afterEach(() => world.close())

const upgrading = async (...names: readonly string[]): Promise<string> => {
  try {
    return (await upgrade(names, changeOptions, world.session())).outcome
  } catch (error) {
    const known = asPeiError(error)
    return `${known?.code} ${known?.message}`
  }
}

describe('age', () => {
  test('a repository that grew too old is refreshed before an installation', async () => {
    world.clock = now + 31 * day
    world.publish({ ...next(world), generatedAt: now + 30 * day, packages: [newer] })
    expect(await installing(world)).toBe('applied')
    expect(world.system.findPackage('app')?.version).toBe('2-1')
    expect(world.asked).toEqual([])
  })

  test.each([
    [
      'nothing new for longer than max_trusted_age',
      31,
      /has brought nothing new for 31 days \(30 days are allowed\)/,
    ],
    ['an index older than max_index_age', 95, /nothing new for 95 days|95 days old/],
  ])('a freeze, %s: nothing is installed without an authorisation', async (_, days, reason) => {
    world.clock = now + days * day
    const before = stateOf(world)
    expect(await installing(world)).toBe('unauthorised')
    expect(stateOf(world)).toBe(before)
    expect(world.asked).toEqual([expect.stringMatching(reason)])
    world.answer = 'granted'
    expect(await installing(world)).toBe('applied')
  })

  test('a server that is gone is the same, and said', async () => {
    world.clock = now + 31 * day
    world.victim.handlers.set('*', (_, response) => response.writeHead(500).end())
    expect(await installing(world)).toBe('unauthorised')
    expect(world.warnings).toContainEqual(
      expect.stringMatching(/^refreshing "victim" failed: .*answered 500/),
    )
  })

  test('an index may be old by itself, however new the refresh', async () => {
    world.configure({ maxIndexAge: 3600 })
    expect(await installing(world)).toBe('unauthorised')
    expect(world.asked).toEqual([expect.stringContaining('offers an index that is 24 hours old')])
  })

  test('a weaker repository is not held against a stronger one, nor the other way a removal', async () => {
    const fresh = { ...initial('victim', keys.victim, stock.victim), version: 6, generatedAt: now + 30 * day }
    world.clock = now + 31 * day
    world.publish(fresh)
    expect(await installing(world)).toBe('applied')
    expect(world.asked).toEqual([])
  })

  test('refresh says that a repository is quiet once half of its time is gone', async () => {
    world.clock = now + 14 * day
    expect(await refreshing(world)).toBe('already-current')
    expect(world.warnings.filter((text) => text.includes('nothing new'))).toEqual([])
    world.clock = now + 16 * day
    expect(await refreshing(world)).toBe('already-current')
    expect(world.warnings).toContain(
      'repository "victim" has brought nothing new for 16 days: after 30 days installing from it needs an authorisation',
    )
    expect(world.system.repositories().find(({ name }) => name === 'victim')?.lastRefreshAt).toBe(
      new Date(now * 1000).toISOString().replace('.000Z', 'Z'),
    )
  })

  test('ages that are not prudent are warned about each time', async () => {
    world.configure({ maxTrustedAge: 181 * day, maxIndexAge: 366 * day })
    await refreshing(world)
    expect(world.warnings).toEqual(
      [
        expect.stringContaining('fetched over http'),
        expect.stringContaining('may stay without refresh for 181 days (max_trusted_age)'),
        expect.stringContaining('an index that is 366 days old (max_index_age)'),
      ].map((matcher) => matcher),
    )
  })
})

describe('fast-forward', () => {
  test('cannot be refreshed away, only forgotten with the repository', async () => {
    world.publish({ ...next(world), version: Number.MAX_SAFE_INTEGER })
    expect(await refreshing(world)).toBe('adopted')
    world.publish({ version: 7, generatedAt: now - 60 })
    expect(await refreshing(world)).toMatch(/^PEI_REPO_ROLLBACK /)
    world.system.removeRepository('victim', 0)
    world.configure({ minIndexVersion: 7 })
    expect(await refreshing(world)).toBe('adopted')
    expect(await installing(world)).toBe('applied')
  })
})

describe('mirrors', () => {
  test('are tried in order, for documents and packages; what they have is verified alike', async () => {
    world.configure({ baseUrl: 'http://127.0.0.1:1', mirrors: [world.other.url, world.victim.url] })
    world.publish(next(world))
    expect(await refreshing(world)).toBe('adopted')
    expect(world.warnings).toContainEqual(
      expect.stringContaining('http://127.0.0.1:1 was passed over for a mirror'),
    )
    expect(await installing(world)).toBe('applied')
    expect(world.warnings).toContainEqual(
      expect.stringMatching(/^http:\/\/127.0.0.1:1\/p\/app.* was passed over/),
    )
  })

  test('when all fail, each reason is told', async () => {
    world.configure({ mirrors: [world.other.url] })
    world.victim.handlers.set('*', (_, response) => response.writeHead(403).end())
    const before = stateOf(world)
    expect(await refreshing(world)).toMatch(/^PEI_FETCH_STATUS .*answered 403\n {2}and a mirror: .*"other"/)
    expect(stateOf(world)).toBe(before)
  })

  test('a package that one has wrong is taken from the next', async () => {
    const wrong = render(world.publication)
    world.configure({ mirrors: [world.other.url] })
    world.other.files = new Map(wrong)
    replace(world, 'p/app_1-1_noarch.peipkg', (bytes) => Buffer.alloc(bytes.length))
    expect(await installing(world)).toBe('applied')
  })
})

describe('conditional requests', () => {
  test('an index that did not change is not sent again, and verified all the same', async () => {
    expect(await refreshing(world)).toBe('already-current')
    let sent = 0
    world.victim.handlers.set('index/active.json', (request, response, body) => {
      if (request.headers['if-none-match'] === undefined) sent += 1
      honest(request, response, body)
    })
    expect(await refreshing(world)).toBe('already-current')
    expect(sent).toBe(0)
    world.publish({ ...next(world), keys: [...world.publication.keys], packages: [newer] })
    expect(await refreshing(world)).toBe('adopted')
    expect(await installing(world)).toBe('applied')
  })

  test('a key that signed the cached index and is revoked now is found out', async () => {
    const [victim] = world.publication.keys
    const second = { key: keys.second, status: 'active' as const }
    if (victim === undefined) throw new RangeError('no key')
    world.publish({ ...next(world), keys: [victim, second], indexSigner: keys.second })
    expect(await refreshing(world)).toBe('adopted')
    const { files } = world.victim
    world.publish({ keys: [victim, { ...second, status: 'revoked' }] })
    for (const path of ['index/active.json', 'index/active.json.sig']) {
      world.victim.files.set(path, files.get(path) as Buffer)
    }
    expect(await refreshing(world)).toMatch(/^PEI_SIGNATURE_KEY_REVOKED /)
  })

  test('a cached index that was damaged is fetched again', async () => {
    const directory = join(world.root, 'var/lib/peipkg/cache/repositories/victim')
    for (const file of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
      writeFileSync(join(directory, file), 'damaged')
    }
    expect(await installing(world)).toMatch(/^PEI_/)
    expect(await refreshing(world)).toBe('already-current')
    expect(await installing(world)).toBe('applied')
  })
})

describe('credentials', () => {
  test('open a private repository', async () => {
    const seen = new Set<string | undefined>()
    world.victim.handlers.set('*', (request, response, body) => {
      seen.add(request.headers.authorization)
      if (request.headers.authorization === undefined) response.writeHead(401).end()
      else honest(request, response, body)
    })
    expect(await refreshing(world)).toMatch(/^PEI_FETCH_STATUS .*answered 401$/)
    const host = world.victim.url.slice('http://'.length)
    writeFileSync(
      join(world.root, 'conf/peipkg/victim.netrc'),
      `machine ${host} login me password secret\n`,
      {
        mode: 0o600,
      },
    )
    world.configure({ credentialsFile: 'victim.netrc' })
    world.publish(next(world))
    expect(await refreshing(world)).toBe('adopted')
    expect(await installing(world)).toBe('applied')
    expect(seen).toEqual(new Set([undefined, `Basic ${Buffer.from('me:secret').toString('base64')}`]))
    expect(world.warnings.join('\n')).not.toContain('secret')
  })
})

describe('unencrypted transport', () => {
  test('turned on for a trusted repository, it takes an authorisation, once', async () => {
    world.configure({ allowInsecureTransport: false, baseUrl: `file://${world.root}/repository` })
    mkdirSync(join(world.root, 'repository'))
    for (const [path, bytes] of render({ ...world.publication, ...next(world) })) {
      mkdirSync(join(world.root, 'repository', path, '..'), { recursive: true })
      writeFileSync(join(world.root, 'repository', path), bytes)
    }
    expect(await refreshing(world)).toBe('adopted')
    world.configure({})
    const before = stateOf(world)
    expect(await refreshing(world)).toMatch(/^PEI_AUTH_REQUIRED allow_insecure_transport was turned on/)
    expect(await installing(world)).toBe('unauthorised')
    expect(stateOf(world)).toBe(before)
    expect(world.asked[0]).toContain('"victim" would be fetched over unencrypted transport')
    world.answer = 'refused'
    expect((await world.refresh('victim')).outcome).toBe('refused')
    expect(stateOf(world)).toBe(before)
    world.answer = 'granted'
    world.publish({ ...next(world), version: 9, generatedAt: now - 60 })
    expect(await refreshing(world)).toBe('adopted')
    const changed = auditRecords(0, world.system).filter(({ type }) => type === 'peipkg.config-change')
    expect(changed).toMatchObject([{ operation: 'insecure-transport', repository: 'victim' }])
    world.answer = 'unauthorised'
    expect(await refreshing(world)).toBe('already-current')
    expect(await installing(world)).toBe('applied')
  })
})

describe('orphans', () => {
  test('say so, and are not upgraded until somebody offers them', async () => {
    expect(await installing(world)).toBe('applied')
    unlinkSync(join(world.root, 'conf/peipkg/victim.repo'))
    expect(await upgrading('app')).toBe(
      'PEI_RESOLVE_NOT_FOUND app is orphaned: its repository "victim" is not configured any more, and no configured repository offers it',
    )
    expect(await upgrading()).toBe('nothing')
    const offered = await buildPackage({ name: 'app', version: '3-1' }, keys.other)
    const other = initial('other', keys.other, [offered])
    world.other.files = render({ ...other, version: 6, generatedAt: now - 60 })
    expect((await world.refresh('other')).outcome).toBe('adopted')
    expect(await upgrading('app')).toBe('applied')
    expect(world.warnings).toContain('app is orphaned: its repository "victim" is not configured any more')
  })

  test('also when no accepted key of the repository is left', async () => {
    const [victim] = world.publication.keys
    if (victim === undefined) throw new RangeError('no key')
    const validUntil = new Date((now + day) * 1000).toISOString().replace('.000Z', 'Z')
    const expiring = { ...victim, status: 'transitioning' as const, validUntil }
    const absent = { key: keys.second, status: 'active' as const }
    world.publish({ ...next(world), keys: [expiring, absent] })
    world.victim.files.delete(`keys/${keys.second.fingerprint}.pub`)
    expect(await refreshing(world)).toBe('adopted')
    expect(await installing(world)).toBe('applied')
    world.clock = now + 2 * day
    expect(await upgrading('app')).toMatch(
      /^PEI_RESOLVE_NOT_FOUND app is orphaned: no key of its repository "victim" is accepted any more/,
    )
  })
})
