/** Old pre-releases leave the archive. */
import type { PublishReport } from '../native/producer.ts'
import { preparePrune } from '../native/publication.ts'
import { type Control, changeWith, type SignedChange } from './change-repository.ts'

export interface Pruning {
  /** RFC 3339 UTC: pre-releases that were built before it go, but for current versions. */
  readonly before: string
  /** Only says what would go. */
  readonly dryRun: boolean
}

/** The report's `added` are the packages that go. */
export async function prunePrereleases(
  change: SignedChange,
  { before, dryRun }: Pruning,
  control: Control,
): Promise<PublishReport> {
  if (!dryRun) {
    return await changeWith(change, control, (fields) => preparePrune({ ...fields, before }))
  }
  const { repository: directory, signKey, timestamp, signatureFormat } = change
  const publication = await preparePrune({ directory, signKey, timestamp, signatureFormat, before })
  try {
    return publication.report()
  } finally {
    publication.release()
  }
}
