/** What a repository says of itself. */
import type { PublishReport } from '../native/producer.ts'
import { type Control, changeRepository, type SignedChange } from './change-repository.ts'

export interface Description {
  readonly name?: string
  /** May be empty: then there is none. */
  readonly description?: string
  /** Even a name that consumers know, who then refuse the repository. */
  readonly force: boolean
}

export function setDescriptor(
  change: SignedChange,
  described: Description,
  control: Control,
): Promise<PublishReport> {
  return changeRepository(change, { kind: 'describe', ...described }, control)
}
