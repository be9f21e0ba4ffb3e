/** Attacks by what an index says, or which one is served. */
import { day, keys, now } from '../world.ts'
import { type Attack, next, replace } from './attack.ts'

const badEntry =
  (change: (entry: Record<string, unknown>) => unknown): Attack['prepare'] =>
  (world) =>
    world.publish({ ...next(world), editIndex: ({ packages }) => void packages.slice(0, 1).forEach(change) })

const badText =
  (change: (text: string) => string | Buffer): Attack['prepare'] =>
  (world) => {
    world.publish({ ...next(world), indexSigner: null })
    replace(world, 'index/active.json', (bytes) => change(bytes.toString()))
  }

export const indexAttacks: readonly Attack[] = [
  {
    name: 'rollback: a lower version',
    prepare: (world) => world.publish({ version: 4 }),
    ends: /^PEI_REPO_ROLLBACK the active index went back: index_version 4 is below 5/,
  },
  {
    name: 'rollback: a higher version that was made earlier',
    prepare: (world) => world.publish({ version: 6, generatedAt: now - 2 * day }),
    ends: /^PEI_REPO_ROLLBACK the active index went back: it was generated at/,
  },
  {
    name: 'rollback: the same version, made earlier',
    prepare: (world) => world.publish({ generatedAt: now - 2 * day }),
    ends: /^PEI_REPO_ROLLBACK /,
  },
  {
    name: 'rollback: below the version that the operator demands',
    prepare: (world) => {
      world.configure({ minIndexVersion: 100 })
      world.publish(next(world))
    },
    ends: /^PEI_REPO_ROLLBACK .*index_version 6 is below 100/,
  },
  {
    name: 'freeze: the same for ever',
    prepare: (world) => {
      world.clock = now + 3 * day
    },
    ends: /^already-current$/,
  },
  {
    name: 'equivocation: the same version and time, other packages',
    prepare: (world) => world.publish({ packages: [] }),
    ends: /^PEI_REPO_EQUIVOCATION equivocation: /,
  },
  {
    name: 'equivocation: the same version, made later',
    prepare: (world) => world.publish({ generatedAt: now - 60 }),
    ends: /^PEI_REPO_EQUIVOCATION /,
  },
  {
    name: 'fast-forward in time: more than a day ahead of the clock',
    prepare: (world) => world.publish({ ...next(world), generatedAt: now + 2 * day }),
    ends: /^PEI_REPO_FUTURE .*more than a day ahead/,
  },
  ...[0, -1, 1.5, '7', 2 ** 64, null].map((version) => ({
    name: `a version that is none: ${JSON.stringify(version)}`,
    prepare: ((world) =>
      world.publish({
        ...next(world),
        editIndex: (index) => {
          index.index_version = version
        },
      })) satisfies Attack['prepare'],
    ends: /^PEI_REPO_INDEX /,
  })),
  {
    name: 'mix and match: a new index with the old signature',
    prepare: (world) => {
      const old = world.victim.files.get('index/active.json.sig') as Buffer
      world.publish(next(world))
      world.victim.files.set('index/active.json.sig', old)
    },
    ends: /^PEI_SIGNATURE_INVALID the signature of active index/,
  },
  {
    name: 'mix and match: the old index with the new signature',
    prepare: (world) => {
      const old = world.victim.files.get('index/active.json') as Buffer
      world.publish(next(world))
      world.victim.files.set('index/active.json', old)
    },
    ends: /^PEI_SIGNATURE_INVALID |^PEI_FETCH_STATUS .*304/,
  },
  {
    name: 'mix and match: the archive index in place of the active one',
    prepare: (world) => {
      world.publish(next(world))
      for (const ending of ['', '.sig']) {
        const archive = world.victim.files.get(`index/archive.json${ending}`) as Buffer
        world.victim.files.set(`index/active.json${ending}`, archive)
      }
    },
    ends: /^PEI_REPO_INDEX .*kind .*archive/,
  },
  {
    name: 'mix and match: the index of another repository that shares the key',
    prepare: (world) =>
      world.publish({
        ...next(world),
        editIndex: (index) => {
          index.repo = 'elsewhere'
        },
      }),
    ends: /^PEI_REPO_INDEX the active index is of repository .*elsewhere/,
  },
  {
    name: 'the index of the other repository, with its own signature',
    prepare: (world) => {
      for (const path of ['index/active.json', 'index/active.json.sig']) {
        world.victim.files.set(path, world.other.files.get(path) as Buffer)
      }
    },
    ends: /^PEI_(SIGNATURE_KEY_UNKNOWN|REPO_INDEX) /,
  },
  {
    name: 'an index without signature',
    prepare: (world) => world.publish({ ...next(world), indexSigner: null }),
    ends: /^PEI_REPO_UNSIGNED active index has no signature/,
  },
  {
    name: 'an index that was changed after it was signed',
    prepare: (world) => {
      world.publish(next(world))
      replace(world, 'index/active.json', (bytes) => bytes.toString().replace('"app"', '"apx"'))
    },
    ends: /^PEI_SIGNATURE_INVALID /,
  },
  {
    name: 'an index signed by an attacker',
    prepare: (world) => world.publish({ ...next(world), indexSigner: keys.attacker }),
    ends: /^PEI_SIGNATURE_KEY_UNKNOWN .*not in the trust set/,
  },
  {
    name: 'an index signed by an attacker, who names no key',
    prepare: (world) =>
      world.publish({
        ...next(world),
        indexSigner: keys.attacker,
        form: 'bare',
        descriptorSigner: keys.victim,
      }),
    ends: /^PEI_SIGNATURE_INVALID .*does not verify with any of the 1 trusted keys/,
  },
  {
    name: 'an entry without hash',
    prepare: badEntry((entry) => {
      entry.hash = undefined
    }),
    ends: /^PEI_REPO_INDEX .*hash/,
  },
  {
    name: 'an entry with another hash algorithm',
    prepare: badEntry((entry) => {
      entry.hash = { algorithm: 'md5', value: 'ab'.repeat(16) }
    }),
    ends: /^PEI_REPO_INDEX /,
  },
  {
    name: 'an entry whose name leads elsewhere',
    prepare: badEntry((entry) => {
      entry.name = '../../etc/passwd'
    }),
    ends: /^PEI_REPO_INDEX /,
  },
  {
    name: 'an entry with a size below nothing',
    prepare: badEntry((entry) => {
      entry.size_compressed = -1
    }),
    ends: /^PEI_REPO_INDEX /,
  },
  {
    name: 'the same package twice',
    prepare: (world) =>
      world.publish({ ...next(world), editIndex: ({ packages }) => packages.push({ ...packages[0] }) }),
    ends: /^PEI_REPO_INDEX /,
  },
  { name: 'not JSON at all', prepare: badText(() => '<html>log in</html>'), ends: /^PEI_REPO_INDEX / },
  {
    name: 'a key twice in one object',
    prepare: badText((text) => text.replace('{', '{"repo":"victim",')),
    ends: /^PEI_REPO_INDEX .*repo/,
  },
  {
    name: 'something after the end',
    prepare: badText((text) => `${text}{}`),
    ends: /^PEI_REPO_INDEX /,
  },
  {
    name: 'bytes that are no UTF-8',
    prepare: badText((text) =>
      Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.of(0xff), Buffer.from(']}')]),
    ),
    ends: /^PEI_REPO_INDEX /,
  },
  {
    name: 'nesting without end',
    prepare: badText((text) => text.replace('{', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},`)),
    ends: /^PEI_REPO_INDEX /,
  },
]
