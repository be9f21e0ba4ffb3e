/** Attacks on packages: the index is right, or at least rightly signed; what is fetched is not. */
import { honest } from '../site.ts'
import { type Attack, installing, next, refreshingAndInstalling, replace } from './attack.ts'

const app = 'p/app_1-1_noarch.peipkg'

/** The next index, rightly signed, has another `app`, or says something else of it. */
const offering = (
  change: (entry: Record<string, unknown>) => unknown,
  which?: 'unsigned' | 'byAttacker' | 'byOther',
): Attack => ({
  name: '',
  prepare: (world, stock) => {
    const packages = which === undefined ? world.publication.packages : [stock[which]]
    world.publish({
      ...next(world),
      packages,
      editIndex: (index) => void index.packages.slice(0, 1).forEach(change),
    })
  },
  act: refreshingAndInstalling,
  mayAdopt: true,
  ends: /./,
})

export const packageAttacks: readonly Attack[] = [
  {
    name: 'arbitrary package: other bytes of the same length',
    prepare: (world) => replace(world, app, (bytes) => Buffer.alloc(bytes.length, 7)),
    act: installing,
    ends: /^PEI_DOWNLOAD_DIGEST .*not the package that the index describes/,
  },
  {
    name: 'arbitrary package: one bit of it',
    prepare: (world) =>
      replace(world, app, (bytes) => {
        const changed = Buffer.from(bytes)
        changed[changed.length >> 1] = (changed[changed.length >> 1] as number) ^ 1
        return changed
      }),
    act: installing,
    ends: /^PEI_DOWNLOAD_DIGEST /,
  },
  {
    name: 'arbitrary package: the newer version under the older name',
    prepare: (world, { newer }) => replace(world, app, () => newer.bytes),
    act: installing,
    ends: /^PEI_DOWNLOAD_(DIGEST|SIZE) /,
  },
  {
    name: 'wrong length: a longer package',
    prepare: (world) => replace(world, app, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
    act: installing,
    ends: /^PEI_DOWNLOAD_SIZE .*longer than/,
  },
  {
    name: 'wrong length: a shorter package',
    prepare: (world) => replace(world, app, (bytes) => bytes.subarray(0, -1)),
    act: installing,
    ends: /^PEI_DOWNLOAD_SIZE .*ended after/,
  },
  {
    name: 'endless data: a package without end',
    prepare: (world) =>
      world.victim.handlers.set(app, (_, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
        }
        response.on('drain', more)
        more()
      }),
    act: installing,
    ends: /^PEI_DOWNLOAD_SIZE /,
  },
  {
    name: 'slow drip: a package byte by byte',
    prepare: (world) =>
      world.victim.handlers.set(app, (_, response) => {
        const timer = setInterval(() => response.write('x'), 20)
        response.on('close', () => clearInterval(timer))
      }),
    act: installing,
    ends: /^PEI_FETCH_TIMEOUT /,
  },
  {
    name: 'a package that is encoded on the way',
    prepare: (world) =>
      world.victim.handlers.set(app, (_, response, body) => {
        response.setHeader('content-encoding', 'gzip')
        response.end(body)
      }),
    act: installing,
    ends: /^PEI_FETCH_FAILED .*not asked for/,
  },
  {
    name: 'partial content: the rest of another file',
    prepare: (world, { large }) => {
      world.publish({ ...next(world), packages: [large] })
      let asked = 0
      world.victim.handlers.set(app, (request, response, body) => {
        const bytes = body as Buffer
        asked += 1
        if (request.headers.range === undefined && asked > 1)
          return honest(request, response, Buffer.alloc(bytes.length))
        response.setHeader('etag', '"same"')
        if (asked === 1) {
          response.setHeader('content-length', bytes.length)
          return response.write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20))
        }
        const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1])
        response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` })
        return response.end(Buffer.alloc(bytes.length - from, 7))
      })
    },
    act: refreshingAndInstalling,
    mayAdopt: true,
    ends: /^PEI_DOWNLOAD_DIGEST /,
  },
  {
    name: 'partial content: more of it than there is',
    prepare: (world, { large }) => {
      world.publish({ ...next(world), packages: [large] })
      let asked = 0
      world.victim.handlers.set(app, (request, response, body) => {
        const bytes = body as Buffer
        asked += 1
        response.setHeader('etag', '"same"')
        if (asked === 1) {
          response.setHeader('content-length', bytes.length)
          return response.write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20))
        }
        const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1])
        response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` })
        return response.end(Buffer.concat([bytes.subarray(from), Buffer.alloc(1_000_000)]))
      })
    },
    act: refreshingAndInstalling,
    mayAdopt: true,
    ends: /^PEI_DOWNLOAD_SIZE /,
  },
  {
    ...offering(() => undefined, 'byAttacker'),
    name: 'a package signed by an attacker',
    ends: /^PEI_SIGNATURE_KEY_UNKNOWN /,
  },
  {
    ...offering(() => undefined, 'byOther'),
    name: 'cross-repository: a package signed by the other repository’s key',
    ends: /^PEI_SIGNATURE_KEY_UNKNOWN /,
  },
  {
    ...offering(() => undefined, 'unsigned'),
    name: 'a package without signature',
    ends: /^PEI_SIGNATURE_MISSING /,
  },
  ...Object.entries({
    provides: [{ name: 'something' }],
    size_installed: 1,
    version: '9-1',
    conflicts: [{ name: 'enemy' }],
  }).map(
    ([field, value]): Attack => ({
      ...offering((entry) => {
        entry[field] = value
      }),
      name: `the index says something else of a package: ${field}`,
      ends: /^PEI_PACKAGE_(MISMATCH|CONTENT) .*app/,
    }),
  ),
  ...['file:///etc/passwd', 'ftp://127.0.0.1/x', '//', 'https://127.0.0.1:1/app.peipkg'].map((url) => ({
    ...offering((entry) => {
      entry.url = url
    }),
    name: `the index says that a package is at ${url}`,
    ends: /^PEI_(FETCH|REPO)_/,
  })),
  {
    name: 'a package of another farm',
    prepare: (world) => world.configure({ farmIds: ['ours'] }),
    act: installing,
    ends: /^PEI_PACKAGE_MISMATCH .*was built by the farm "farm", which farm_ids/,
  },
  {
    name: 'a package that a revoked key signed',
    prepare: async (world, { bySecond }) => {
      const [victim] = world.publication.keys as [(typeof world.publication.keys)[number]]
      const { keys } = await import('../world.ts')
      const second = { key: keys.second, status: 'active' as const }
      world.publish({ ...next(world), keys: [victim, second], packages: [bySecond] })
      if ((await world.refresh('victim')).outcome !== 'adopted') throw new Error('not adopted')
      world.publish({ ...next(world), keys: [victim, { ...second, status: 'revoked' }] })
    },
    act: refreshingAndInstalling,
    mayAdopt: true,
    ends: /^PEI_SIGNATURE_KEY_REVOKED /,
  },
]
