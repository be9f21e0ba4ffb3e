/** Another key takes the place of the signing key; both are accepted until the window ends (PSD-009 §5.2.6). */
import type { PublishReport } from '../native/producer.ts'
import { type Control, changeRepository, type SignedChange } from './change-repository.ts'

export interface Rotation {
  /** The private key file that signs the indexes from now on. */
  readonly key: string
  /** RFC 3339 UTC: the old one is accepted until then. */
  readonly until: string
}

/** `change.signKey` is the old key: it signs repo.json until the window ends. */
export function rotateKey(
  change: SignedChange,
  rotation: Rotation,
  control: Control,
): Promise<PublishReport> {
  return changeRepository(change, { kind: 'rotate', ...rotation }, control)
}
