/** A key that nothing needs any more is listed no longer. */
import type { PublishReport } from '../native/producer.ts'
import { type Control, changeRepository, type SignedChange } from './change-repository.ts'

export interface Retirement {
  readonly fingerprint: string
  /** Even when archived packages are signed with it, which then cannot be installed. */
  readonly force: boolean
}

export function retireKey(
  change: SignedChange,
  retirement: Retirement,
  control: Control,
): Promise<PublishReport> {
  return changeRepository(change, { kind: 'retire', ...retirement }, control)
}
