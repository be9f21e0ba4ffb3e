/** Attacks on keys and descriptors. */

import { signatureOf } from '../keys.ts'
import type { Descriptor } from '../publication.ts'
import { day, keys, now } from '../world.ts'
import { type Attack, next, refreshing, replace } from './attack.ts'

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
const active = (key: (typeof keys)[keyof typeof keys]) => ({ key, status: 'active' as const })
const revoked = (key: (typeof keys)[keyof typeof keys]) => ({ key, status: 'revoked' as const })

/** The repository has two keys, and then revokes the second. */
const withRevoked = async (world: Parameters<Attack['prepare']>[0], form: 'envelope' | 'bare') => {
  world.publish({ ...next(world), form, keys: [active(keys.victim), active(keys.second)] })
  if ((await refreshing(world)) !== 'adopted') throw new Error('the second key was not adopted')
  world.publish({ ...next(world), keys: [active(keys.victim), revoked(keys.second)] })
  if ((await refreshing(world)) !== 'adopted') throw new Error('the revocation was not adopted')
}

const badDescriptor =
  (edit: (descriptor: Descriptor) => unknown): Attack['prepare'] =>
  (world) =>
    world.publish({ ...next(world), editDescriptor: (descriptor) => void edit(descriptor) })

export const trustAttacks: readonly Attack[] = [
  {
    name: 'a descriptor by an attacker, which lists only the attacker',
    prepare: (world) =>
      world.publish({
        ...next(world),
        ...{ keys: [active(keys.attacker)], descriptorSigner: keys.attacker, indexSigner: keys.attacker },
      }),
    ends: /^PEI_SIGNATURE_KEY_UNKNOWN the signature of repo.json/,
  },
  {
    name: 'a descriptor by an attacker, which lists the trusted key, too',
    prepare: (world) =>
      world.publish({
        ...next(world),
        ...{ keys: [active(keys.victim), active(keys.attacker)], descriptorSigner: keys.attacker },
      }),
    ends: /^PEI_SIGNATURE_KEY_UNKNOWN the signature of repo.json/,
  },
  {
    name: 'the key of another repository',
    prepare: (world) =>
      world.publish({
        ...next(world),
        ...{ keys: [active(keys.other)], descriptorSigner: keys.other, indexSigner: keys.other },
      }),
    ends: /^PEI_SIGNATURE_KEY_UNKNOWN /,
  },
  {
    name: 'a descriptor without signature',
    prepare: (world) => world.publish({ ...next(world), descriptorSigner: null }),
    ends: /^PEI_REPO_UNSIGNED repo.json has no signature/,
  },
  {
    name: 'a descriptor that was changed after it was signed',
    prepare: (world) => {
      world.publish(next(world))
      replace(world, 'repo.json', (bytes) => bytes.toString().replace('active.json', 'archive.json'))
    },
    ends: /^PEI_(SIGNATURE_INVALID|REPO_INDEX) /,
  },
  {
    name: 'a signature for other bytes',
    prepare: (world) => {
      world.publish(next(world))
      const wrong = signatureOf(Buffer.from('{}'), keys.victim, 'envelope')
      world.victim.files.set('repo.json.sig', wrong)
    },
    ends: /^PEI_SIGNATURE_INVALID /,
  },
  ...Object.entries({
    'a web page': ['<html>', /^PEI_SIGNATURE_ENVELOPE /],
    nothing: ['', /^PEI_SIGNATURE_ENVELOPE /],
    'an envelope with more in it': [undefined, /^PEI_SIGNATURE_SCHEMA /],
    'an envelope of another algorithm': [undefined, /^PEI_SIGNATURE_ALGORITHM /],
  } as const).map(([what, [text, ends]]) => ({
    name: `in place of a signature ${what}`,
    prepare: ((world) => {
      world.publish(next(world))
      replace(world, 'repo.json.sig', (bytes) => {
        if (text !== undefined) return text
        const envelope = bytes.toString().trim()
        return what.endsWith('algorithm')
          ? envelope.replace('ed25519', 'none')
          : envelope.replace('{', '{"comment":"trust me",')
      })
    }) satisfies Attack['prepare'],
    ends,
  })),
  {
    name: 'an expired key signs the descriptor',
    prepare: async (world) => {
      const expiring = { key: keys.second, status: 'transitioning' as const, validUntil: iso(now + day) }
      world.publish({ ...next(world), keys: [active(keys.victim), expiring] })
      if ((await refreshing(world)) !== 'adopted') throw new Error('the second key was not adopted')
      world.clock = now + day + 1
      world.publish({ ...next(world), descriptorSigner: keys.second })
    },
    ends: /^PEI_SIGNATURE_KEY_EXPIRED the signature of repo.json .*expired at/,
  },
  {
    name: 'an expired key signs the index',
    prepare: (world) => {
      const expired = { key: keys.second, status: 'transitioning' as const, validUntil: iso(now - 1) }
      world.publish({ ...next(world), keys: [active(keys.victim), expired], indexSigner: keys.second })
    },
    ends: /^PEI_SIGNATURE_KEY_EXPIRED the signature of active index/,
  },
  ...(['envelope', 'bare'] as const).flatMap((form): Attack[] => [
    {
      name: `a revoked key signs the index (${form})`,
      prepare: async (world) => {
        await withRevoked(world, form)
        world.publish({ ...next(world), indexSigner: keys.second })
      },
      ends: /^PEI_SIGNATURE_KEY_REVOKED .*is revoked/,
    },
    {
      name: `a revoked key signs the descriptor (${form})`,
      prepare: async (world) => {
        await withRevoked(world, form)
        world.publish({ ...next(world), descriptorSigner: keys.second })
      },
      ends: /^PEI_SIGNATURE_KEY_REVOKED /,
    },
    {
      name: `a revoked key is listed as active again, and signs (${form})`,
      prepare: async (world) => {
        await withRevoked(world, form)
        const again = [active(keys.victim), active(keys.second)]
        world.publish({ ...next(world), keys: again, indexSigner: keys.second })
      },
      ends: /^PEI_SIGNATURE_KEY_REVOKED /,
    },
  ]),
  {
    name: 'a key that revokes itself',
    prepare: (world) =>
      world.publish({
        ...next(world),
        keys: [revoked(keys.victim), active(keys.second)],
        indexSigner: keys.second,
      }),
    ends: /^PEI_REPO_KEY .*itself lists it as revoked/,
  },
  {
    name: 'a listed key whose file is another key',
    prepare: (world) => {
      world.publish({ ...next(world), keys: [active(keys.victim), active(keys.second)] })
      world.victim.files.set(`keys/${keys.second.fingerprint}.pub`, keys.attacker.publicPem)
    },
    ends: /^PEI_TRUST_KEY the key that was fetched as .* has the fingerprint/,
  },
  {
    name: 'a listed key whose file is no key',
    prepare: (world) => {
      world.publish({ ...next(world), keys: [active(keys.victim), active(keys.second)] })
      world.victim.files.set(`keys/${keys.second.fingerprint}.pub`, Buffer.from('no key'))
    },
    ends: /^PEI_TRUST_KEY .* is no key at all/,
  },
  {
    name: 'another name',
    prepare: (world) => world.publish({ ...next(world), name: 'impostor' }),
    ends: /^PEI_REPO_RENAMED .*impostor/,
  },
  {
    name: 'no active key',
    prepare: (world) => world.publish({ ...next(world), keys: [revoked(keys.second)] }),
    ends: /^PEI_REPO_DESCRIPTOR /,
  },
  {
    name: 'a key twice',
    prepare: (world) => world.publish({ ...next(world), keys: [active(keys.victim), revoked(keys.victim)] }),
    ends: /^PEI_REPO_DESCRIPTOR /,
  },
  {
    name: 'no archive index',
    prepare: badDescriptor(({ indexes }) => Reflect.deleteProperty(indexes, 'archive')),
    ends: /^PEI_REPO_DESCRIPTOR .*archive/,
  },
  ...['file:///etc/passwd', 'ftp://127.0.0.1/x', 'gopher:x', 'javascript:alert(1)'].map((url) => ({
    name: `an index at ${url}`,
    prepare: badDescriptor(({ indexes }) => {
      indexes.active = { url, signature_url: '/index/active.json.sig' }
    }),
    ends: /^PEI_FETCH_SCHEME /,
  })),
  {
    name: 'a descriptor that is no object',
    prepare: (world) => replace(world, 'repo.json', () => '[]'),
    ends: /^PEI_REPO_DESCRIPTOR /,
  },
  {
    name: 'a captive portal: a page for everything',
    prepare: (world) => world.victim.handlers.set('*', (_, response) => response.end('<html>log in</html>')),
    ends: /^PEI_REPO_DESCRIPTOR /,
  },
]
