/** One more key that consumers accept. */
import type { PublishReport } from '../native/producer.ts'
import { type Control, changeRepository, type SignedChange } from './change-repository.ts'

/** `key`: its file, public or private. */
export function addKey(change: SignedChange, key: string, control: Control): Promise<PublishReport> {
  return changeRepository(change, { kind: 'add', key }, control)
}
