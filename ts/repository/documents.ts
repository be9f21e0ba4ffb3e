/** The documents of a repository as they are fetched, each within its bound (file 4). Nothing here is trusted yet. */
import type { FetchedDocument } from '../native/fetched.ts'
import { type DescriptorView, fingerprintOfKey, type IndexPointer } from '../native/signature.ts'
import type { HttpValidators, KnownIndex } from '../native/system.ts'
import { type Location, resolveReference } from './resolve-url.ts'
import type { Transport } from './transport.ts'

const kibibyte = 1024
const limits = {
  descriptor: 1024 * kibibyte,
  /** Signatures and keys. */
  small: 64 * kibibyte,
  index: 1024 * 1024 * kibibyte,
}

export interface SignedDocument {
  readonly document: Buffer
  /** Null where the server has none. */
  readonly signature: Buffer | null
}

export interface FetchedIndex {
  /** Null: the server says that it is still the cached one. */
  readonly document: FetchedDocument | null
  /** Null where the server has none. It is fetched whatever the index: nothing is believed because it was cached. */
  readonly signature: Buffer | null
  /** What the server said of this version. */
  readonly validators: HttpValidators | null
}

export interface RepositorySource {
  readonly location: Location
  readonly transport: Transport
}

/** Null when there is none: only a repository in unsigned mode may do without. */
export async function fetchDescriptor(source: RepositorySource): Promise<SignedDocument | null> {
  const address = descriptorAddress(source.location)
  const document = await source.transport.optionalDocument(request(source, address, limits.descriptor))
  if (document === null) return null
  return { document, signature: await fetchSmall(source, `${address}.sig`) }
}

export function descriptorAddress({ baseUrl }: Location): string {
  return `${baseUrl}/repo.json`
}

/** The index that `pointer` names, with its signature; not the index itself when it is still the `known` one. */
export async function fetchIndex(
  source: RepositorySource,
  pointer: IndexPointer,
  known: KnownIndex | null,
): Promise<FetchedIndex> {
  const descriptor = descriptorAddress(source.location)
  const address = resolveReference(pointer.url, descriptor, source.location)
  const signatureAddress = resolveReference(pointer.signatureUrl, descriptor, source.location)
  const unless = known?.validators.address === address ? known.validators : null
  const fetched = await source.transport.largeDocument(request(source, address, limits.index), unless)
  const signature = await fetchSmall(source, signatureAddress)
  if (fetched === null) return { document: null, signature, validators: null }
  return { document: fetched.document, signature, validators: { address, ...fetched.validators } }
}

/** Where the indexes are when no descriptor says so (unsigned mode). */
export const conventionalIndex = {
  active: { url: '/index/active.json', signatureUrl: '/index/active.json.sig' },
  archive: { url: '/index/archive.json', signatureUrl: '/index/archive.json.sig' },
} as const

/** The file of one key; null when there is none. Its fingerprint is the caller's to check. */
export async function fetchKey(
  source: RepositorySource,
  fingerprint: string,
  descriptor: DescriptorView | null,
): Promise<Buffer | null> {
  const declared = descriptor?.keys.find((key) => key.fingerprint === fingerprint)?.url
  const reference = declared ?? `/keys/${fingerprint}.pub`
  const address = resolveReference(reference, descriptorAddress(source.location), source.location)
  return await fetchSmall(source, address)
}

/** The fingerprint of a key file's own bytes; undefined when it holds no key. */
export function ownFingerprint(key: Buffer): string | undefined {
  try {
    return fingerprintOfKey(key)
  } catch {
    return undefined
  }
}

function fetchSmall(source: RepositorySource, address: string): Promise<Buffer | null> {
  return source.transport.optionalDocument(request(source, address, limits.small))
}

function request({ location }: RepositorySource, address: string, limit: number) {
  return { address, location, limit }
}
