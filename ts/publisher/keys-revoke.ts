/** A key is accepted never again. */
import type { PublishReport } from '../native/producer.ts'
import { type Control, changeRepository, type SignedChange } from './change-repository.ts'

export interface Revocation {
  readonly fingerprint: string
  /** The signing key need not be one that consumers know: each of them has to add it by hand. */
  readonly reAnchor: boolean
}

export function revokeKey(
  change: SignedChange,
  { fingerprint, reAnchor }: Revocation,
  control: Control,
): Promise<PublishReport> {
  return changeRepository(change, { kind: 'revoke', fingerprint, force: reAnchor }, control)
}
