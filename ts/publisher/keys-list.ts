/** The keys that a repository lists. */
import { openRepositoryDirectory } from '../native/producer.ts'
import { checkDirectory } from './directory.ts'

export interface ListedKey {
  readonly fingerprint: string
  readonly status: 'active' | 'transitioning' | 'revoked'
  /** RFC 3339 UTC, of a transitioning key. */
  readonly validUntil?: string
  /** It signed repo.json: whoever knows this key can follow. */
  readonly signsDescriptor: boolean
}

export function listKeys(repository: string): readonly ListedKey[] {
  checkDirectory(repository)
  const opened = openRepositoryDirectory(repository)
  return opened.keys().map(({ fingerprint, status, validUntil }) => ({
    fingerprint,
    status,
    ...(validUntil === undefined ? {} : { validUntil }),
    signsDescriptor: fingerprint === opened.signer,
  }))
}
