/** The trust ceremony of `repo add`: what a person must see before a repository is trusted (file 4). */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { PeiError } from '../native/errors.ts'
import { checkDetached, type DescriptorView, readDescriptor } from '../native/signature.ts'
import {
  type AdoptContext,
  checkFingerprint,
  fromSomewhere,
  requireDescriptor,
  whileInconsistent,
} from './adopt.ts'
import { isUnsigned } from './configured.ts'
import { fetchKey, ownFingerprint, type RepositorySource } from './documents.ts'

/** What was found at the base URL, verified with the anchors that were supplied. */
export interface Ceremony {
  /** The name that the repository gives itself; null in unsigned mode without descriptor. */
  readonly repoName: string | null
  /** Each supplied anchor beside the fingerprint of the key that was fetched for it (null: not there). */
  readonly anchors: readonly { readonly supplied: string; readonly fetched: string | null }[]
  /** The anchor whose key verified the descriptor; null in unsigned mode. */
  readonly verifiedBy: string | null
  /** Key files by fingerprint. */
  readonly keys: ReadonlyMap<string, Buffer>
  readonly warnings: readonly string[]
}

/** Fetches descriptor and anchors' keys and verifies the one with the other. Changes nothing. */
export async function holdCeremony(
  repository: RepositoryConfiguration,
  context: AdoptContext,
): Promise<Ceremony> {
  return await fromSomewhere(repository, context, (source) =>
    whileInconsistent(context.signal, () => holdAt(source, repository)),
  )
}

async function holdAt(source: RepositorySource, repository: RepositoryConfiguration): Promise<Ceremony> {
  const descriptor = await requireDescriptor(repository, source)
  const view = descriptor === null ? null : readDescriptor(descriptor.document)
  const empty = { repoName: view?.name ?? null, anchors: [], verifiedBy: null, keys: new Map(), warnings: [] }
  if (descriptor === null || view === null || isUnsigned(repository)) return empty
  const keys = await fetchAnchorKeys(repository, view, source)
  if (descriptor.signature === null) {
    throw new PeiError('PEI_TRUST_ANCHOR', `${source.location.baseUrl}/repo.json.sig does not exist`)
  }
  return {
    repoName: view.name,
    anchors: repository.trustAnchors.map((supplied) => ({
      supplied,
      fetched: fetchedPrint(keys, supplied),
    })),
    verifiedBy: checkDetached(descriptor.document, descriptor.signature, [...keys.values()]),
    keys,
    warnings: recommendations(repository, view),
  }
}

/** By fingerprint. At least one must be there, and none may be another than its anchor says. */
async function fetchAnchorKeys(
  repository: RepositoryConfiguration,
  view: DescriptorView,
  source: RepositorySource,
): Promise<ReadonlyMap<string, Buffer>> {
  const keys = new Map<string, Buffer>()
  for (const anchor of repository.trustAnchors) {
    const key = await fetchKey(source, anchor, view)
    if (key === null) continue
    checkFingerprint(anchor, key)
    keys.set(anchor, key)
  }
  if (keys.size > 0) return keys
  const offered = view.keys.map(({ fingerprint, status }) => `  ${fingerprint}  ${status}\n`).join('')
  throw new PeiError(
    'PEI_TRUST_ANCHOR',
    `the repository at ${repository.baseUrl} has no key with a supplied fingerprint; it lists:\n${offered}` +
      'trust one of these only if somebody other than this server vouches for it',
  )
}

function fetchedPrint(keys: ReadonlyMap<string, Buffer>, anchor: string): string | null {
  const key = keys.get(anchor)
  return key === undefined ? null : (ownFingerprint(key) ?? null)
}

function recommendations(repository: RepositoryConfiguration, view: DescriptorView): readonly string[] {
  const active = view.keys.filter(({ status }) => status === 'active')
  if (active.length < 2 || repository.trustAnchors.length > 1) return []
  const other = active.find(({ fingerprint }) => !repository.trustAnchors.includes(fingerprint))
  const text = `lists ${active.length} active keys: give a second --anchor, such as ${other?.fingerprint ?? ''}`
  return [text]
}
