/** Attacks on the first contact: `repo add third`, whose anchor is the second key. */
import { type RepositoryConfiguration, repositoryDefaults } from '../../../ts/config/repository-file.ts'
import { asPeiError } from '../../../ts/native/errors.ts'
import { addRepository } from '../../../ts/operations/add-repository.ts'
import { keys, now, type World } from '../world.ts'
import { type Attack, next, replace } from './attack.ts'

const anchor = keys.second
const active = (key: typeof anchor) => ({ key, status: 'active' as const })

const adding = async (world: World): Promise<string> => {
  const repository: RepositoryConfiguration = {
    ...repositoryDefaults,
    ...{ name: 'third', baseUrl: world.victim.url, trustAnchors: [anchor.fingerprint] },
    ...{ signaturePolicy: 'required', allowInsecureTransport: true, minIndexVersion: 0, official: false },
  }
  try {
    return (await addRepository(repository, world.session())).outcome
  } catch (error) {
    const known = asPeiError(error)
    if (known === undefined) throw error
    return `${known.code} ${known.message}`
  }
}

/** The server is now one that the anchor signs. */
const honestly = { keys: [active(anchor)], descriptorSigner: anchor, indexSigner: anchor }

const attacks: readonly Attack[] = [
  {
    name: 'a repository of somebody else',
    prepare: (world) => world.publish(next(world)),
    ends: /^PEI_TRUST_ANCHOR .*no key with a supplied fingerprint/,
  },
  {
    name: 'the anchor is listed, but somebody else signs',
    prepare: (world) =>
      world.publish({
        ...honestly,
        keys: [active(anchor), active(keys.attacker)],
        descriptorSigner: keys.attacker,
      }),
    ends: /^PEI_(SIGNATURE_KEY_UNKNOWN|SIGNATURE_INVALID) /,
  },
  {
    name: 'the anchor’s file is another key',
    prepare: (world) => {
      world.publish(honestly)
      world.victim.files.set(`keys/${anchor.fingerprint}.pub`, keys.attacker.publicPem)
    },
    ends: /^PEI_TRUST_KEY /,
  },
  {
    name: 'the anchor is revoked',
    prepare: (world) =>
      world.publish({ ...honestly, keys: [active(keys.attacker), { key: anchor, status: 'revoked' }] }),
    ends: /^PEI_(SIGNATURE_KEY_REVOKED|REPO_ANCHOR|REPO_KEY) /,
  },
  {
    name: 'the anchor has expired',
    prepare: (world) => {
      const validUntil = new Date((now - 60) * 1000).toISOString().replace('.000Z', 'Z')
      const expired = { key: anchor, status: 'transitioning' as const, validUntil }
      world.publish({ ...honestly, keys: [active(keys.attacker), expired] })
    },
    ends: /^PEI_SIGNATURE_KEY_EXPIRED /,
  },
  {
    name: 'a descriptor that was changed',
    prepare: (world) => {
      world.publish(honestly)
      replace(world, 'repo.json', (bytes) => bytes.toString().replace('victim', 'victor'))
    },
    ends: /^PEI_SIGNATURE_INVALID /,
  },
  {
    name: 'an index by somebody else',
    prepare: (world) => world.publish({ ...honestly, indexSigner: keys.attacker }),
    ends: /^PEI_SIGNATURE_KEY_UNKNOWN /,
  },
  {
    name: 'no signature at all',
    prepare: (world) => world.publish({ ...honestly, descriptorSigner: null }),
    ends: /^PEI_TRUST_ANCHOR .*repo.json.sig does not exist/,
  },
  {
    name: 'a name that is taken',
    prepare: (world) => {
      world.configure({ name: 'third' })
      world.publish(honestly)
    },
    ends: /^PEI_REPO_EXISTS /,
  },
]

export const ceremonyAttacks = attacks.map((attack): Attack => ({ ...attack, act: adding }))
