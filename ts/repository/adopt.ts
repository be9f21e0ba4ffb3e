/** From fetched documents to trusted state: fetches what a descriptor lists and hands everything to the core at once. */
import { setTimeout as delay } from 'node:timers/promises'
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { asPeiError, PeiError, reasonOf } from '../native/errors.ts'
import { type DescriptorView, readDescriptor } from '../native/signature.ts'
import type { Adoption, RepositoryRecord, System } from '../native/system.ts'
import { isUnsigned, policyOf } from './configured.ts'
import {
  conventionalIndex,
  descriptorAddress,
  fetchDescriptor,
  fetchIndex,
  fetchKey,
  ownFingerprint,
  type RepositorySource,
  type SignedDocument,
} from './documents.ts'
import { atFirst, locationsOf } from './mirrors.ts'
import type { Transport } from './transport.ts'

export interface AdoptContext {
  readonly system: System
  readonly transport: Transport
  readonly signal: AbortSignal
  /** Seconds since 1970. */
  readonly now: number
}

/** A refresh (of a hand-written configuration nothing is known before the first), or a new repository. */
export type AdoptMode =
  | { readonly mode: 'refresh'; readonly known: RepositoryRecord | null }
  | {
      readonly mode: 'add'
      /** The text of the file that is written together with the state. */
      readonly configuration: string
      /** Keys that the ceremony fetched, by fingerprint. */
      readonly keys: ReadonlyMap<string, Buffer>
    }

const attempts = 3
const pauseMilliseconds = 200

/**
 * Fetches descriptor, keys and active index, verifies and adopts them. A failure leaves every bit of the state before.
 * Documents and signatures that do not verify together may come from two publishes: they are fetched again, up to 3
 * times. Everything comes from one address; when that fails, from the next.
 */
export async function adoptRepository(
  repository: RepositoryConfiguration,
  how: AdoptMode,
  context: AdoptContext,
): Promise<Adoption> {
  return await fromSomewhere(repository, context, (source) =>
    whileInconsistent(context.signal, (isFirst) => adoptFrom(source, repository, how, context, isFirst)),
  )
}

/** Runs `attempt` with the first address of the repository that serves; says so when that is a mirror. */
export async function fromSomewhere<T extends { readonly warnings: readonly string[] }>(
  repository: RepositoryConfiguration,
  { system, transport }: AdoptContext,
  attempt: (source: RepositorySource) => Promise<T>,
): Promise<T> {
  const passed: string[] = []
  const result = await atFirst(
    locationsOf(repository, system),
    (location) => attempt({ location, transport }),
    ({ baseUrl }, reason) => passed.push(`${baseUrl} was passed over for a mirror: ${reason}`),
  )
  return passed.length === 0 ? result : { ...result, warnings: [...passed, ...result.warnings] }
}

async function adoptFrom(
  source: RepositorySource,
  repository: RepositoryConfiguration,
  how: AdoptMode,
  { system, now }: AdoptContext,
  mayBeCached: boolean,
): Promise<Adoption> {
  const descriptor = await requireDescriptor(repository, source)
  const view = descriptor === null ? null : readDescriptor(descriptor.document)
  const { keys, warnings } = await fetchKeys(repository, view, how, source)
  const known = mayBeCached && how.mode === 'refresh' ? system.knownIndex(repository.name, 'active') : null
  const index = await fetchIndex(source, view?.active ?? conventionalIndex.active, known)
  const update = {
    name: repository.name,
    mode: how.mode,
    insecure: repository.allowInsecureTransport,
    keys,
    ...(descriptor === null ? {} : { descriptor: descriptor.document }),
    ...(descriptor?.signature ? { descriptorSignature: descriptor.signature } : {}),
    ...(index.signature ? { indexSignature: index.signature } : {}),
    ...(index.document === null && known ? { cachedIndex: known.sha256 } : {}),
    ...(index.validators === null ? {} : { validators: index.validators }),
    ...(how.mode === 'add' ? { configuration: how.configuration } : {}),
  }
  const adoption = await system.adopt(update, index.document, policyOf(repository, now))
  return { ...adoption, warnings: [...warnings, ...adoption.warnings] }
}

/**
 * Runs `attempt` again while what it fetched does not verify: the server may be between two publishes, or what is cached
 * here may be damaged.
 */
export async function whileInconsistent<T>(
  signal: AbortSignal,
  attempt: (isFirst: boolean) => Promise<T>,
): Promise<T> {
  for (let left = attempts; ; left--) {
    try {
      return await attempt(left === attempts)
    } catch (error) {
      const code = asPeiError(error)?.code ?? ''
      if (left === 1 || !(code.startsWith('PEI_SIGNATURE_') || code === 'PEI_REPO_CACHE')) throw error
      await delay(pauseMilliseconds, undefined, { signal }).catch(() => {
        throw new PeiError('PEI_CANCELLED', 'cancelled')
      })
    }
  }
}

/** Only a repository in unsigned mode may have no descriptor. */
export async function requireDescriptor(
  repository: RepositoryConfiguration,
  source: RepositorySource,
): Promise<SignedDocument | null> {
  const descriptor = await fetchDescriptor(source)
  if (descriptor !== null || isUnsigned(repository)) return descriptor
  throw new PeiError(
    'PEI_FETCH_STATUS',
    `${descriptorAddress(source.location)} does not exist: is this the base URL of a repository?`,
  )
}

interface FetchedKeys {
  readonly keys: Buffer[]
  readonly warnings: readonly string[]
}

/** Every listed key that is neither revoked nor held. One that cannot be fetched is left out; a wrong one is fatal. */
async function fetchKeys(
  repository: RepositoryConfiguration,
  view: DescriptorView | null,
  how: AdoptMode,
  source: RepositorySource,
): Promise<FetchedKeys> {
  if (view === null || isUnsigned(repository)) return { keys: [], warnings: [] }
  const held = how.mode === 'refresh' ? (how.known?.keys ?? []).filter((key) => key.held) : []
  const heldPrints = new Set(held.map((key) => key.fingerprint))
  const keys: Buffer[] = []
  const warnings: string[] = []
  for (const { fingerprint, status } of view.keys) {
    if (status === 'revoked' || heldPrints.has(fingerprint)) continue
    const fetched = how.mode === 'add' ? how.keys.get(fingerprint) : undefined
    const key = fetched ?? (await fetchListedKey(source, fingerprint, view))
    if (typeof key === 'string') warnings.push(`key ${fingerprint} ${key}`)
    else keys.push(key)
  }
  return { keys, warnings }
}

/** The key's bytes, or why it is left out of the trust set. */
async function fetchListedKey(
  source: RepositorySource,
  fingerprint: string,
  view: DescriptorView,
): Promise<Buffer | string> {
  try {
    const key = await fetchKey(source, fingerprint, view)
    if (key === null) return 'is listed but not there: it is not trusted'
    checkFingerprint(fingerprint, key)
    return key
  } catch (error) {
    if (asPeiError(error)?.code.startsWith('PEI_FETCH_') !== true) throw error
    return `cannot be fetched, and is not trusted: ${reasonOf(error)}`
  }
}

/** PSD-009 §5.2: a key is what its own bytes say, whatever it is called. */
export function checkFingerprint(expected: string, key: Buffer): void {
  const own = ownFingerprint(key)
  if (own === expected) return
  const found = own === undefined ? 'is no key at all' : `has the fingerprint ${own}`
  throw new PeiError('PEI_TRUST_KEY', `the key that was fetched as ${expected} ${found}`)
}
