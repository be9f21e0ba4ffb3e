/** One published state of a repository, as the files that a server has. */
import { type Key, type SignatureForm, signatureOf } from './keys.ts'
import type { BuiltPackage } from './packages.ts'

interface ListedKey {
  readonly key: Key
  readonly status: 'active' | 'transitioning' | 'revoked'
  /** RFC 3339, of a transitioning one. */
  readonly validUntil?: string
}

export interface Publication {
  /** The name that the repository gives itself. */
  readonly name: string
  readonly version: number
  /** Seconds since 1970. */
  readonly generatedAt: number
  readonly keys: readonly ListedKey[]
  /** Null: nobody signs. */
  readonly descriptorSigner: Key | null
  readonly indexSigner: Key | null
  readonly form: SignatureForm
  readonly packages: readonly BuiltPackage[]
  /** Changes documents before they are signed. */
  readonly editDescriptor?: (descriptor: Descriptor) => void
  readonly editIndex?: (index: Index) => void
}

export interface Descriptor {
  repo: { name: string; signing: { algorithm: string; keys: Record<string, unknown>[] } }
  indexes: Record<string, { url: string; signature_url: string }>
}

interface Index {
  repo: string
  kind: string
  index_version: unknown
  generated_at: string
  packages: Record<string, unknown>[]
}

/** By path, without slash at the beginning. */
export type Files = Map<string, Buffer>

export function render(publication: Publication): Files {
  const files: Files = new Map()
  const { form, keys, packages } = publication
  const put = (path: string, document: unknown, signer: Key | null) => {
    const bytes = Buffer.from(JSON.stringify(document))
    files.set(path, bytes)
    if (signer !== null) files.set(`${path}.sig`, signatureOf(bytes, signer, form))
  }
  const descriptor = descriptorOf(publication)
  publication.editDescriptor?.(descriptor)
  put('repo.json', descriptor, publication.descriptorSigner)
  for (const kind of ['active', 'archive']) {
    const index = indexOf(publication, kind)
    if (kind === 'active') publication.editIndex?.(index)
    put(`index/${kind}.json`, index, publication.indexSigner)
  }
  for (const { key } of keys) files.set(`keys/${key.fingerprint}.pub`, key.publicPem)
  for (const { filename, bytes } of packages) files.set(`p/${filename}`, bytes)
  return files
}

function descriptorOf({ name, keys }: Publication): Descriptor {
  const listed = keys.map(({ key: { fingerprint }, status, validUntil }) => ({
    fingerprint,
    url: `/keys/${fingerprint}.pub`,
    status,
    ...(validUntil === undefined ? {} : { valid_until: validUntil }),
  }))
  listed.sort((left, right) => (left.fingerprint < right.fingerprint ? -1 : 1))
  const pointer = (kind: string) => ({
    url: `/index/${kind}.json`,
    signature_url: `/index/${kind}.json.sig`,
  })
  return {
    ...{ schema_version: 1 },
    repo: { name, signing: { algorithm: 'ed25519', keys: listed } },
    indexes: { active: pointer('active'), archive: pointer('archive') },
  }
}

function indexOf({ name, version, generatedAt, packages }: Publication, kind: string): Index {
  const entries = [...packages].sort((left, right) => (left.filename < right.filename ? -1 : 1))
  return {
    ...{ schema_version: 1, repo: name, kind, index_version: version },
    generated_at: new Date(generatedAt * 1000).toISOString().replace('.000Z', 'Z'),
    packages: entries.map(({ entry }) => structuredClone(entry)),
  }
}
