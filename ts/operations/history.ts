/** What was changed, and when. */
import { PeiError } from '../native/errors.ts'
import type { System, TransactionRecord } from '../native/system.ts'

export interface HistoryQuery {
  /** The newest so many; 0: all. */
  readonly limit: number
  /** Only transactions that touched this package. */
  readonly package: string | null
}

/** Newest first. */
export function history(query: HistoryQuery, system: System): readonly TransactionRecord[] {
  if (query.package === null) return system.history(query.limit)
  const matching = system
    .history(0)
    .filter(({ operations }) => operations.some(({ name }) => name === query.package))
  return query.limit === 0 ? matching : matching.slice(0, query.limit)
}

/** Throws PEI_NOT_FOUND. */
export function transactionOf(id: number, system: System): TransactionRecord {
  const record = system.history(0).find((transaction) => transaction.id === id)
  if (record === undefined) throw new PeiError('PEI_NOT_FOUND', `there is no transaction ${id}`)
  return record
}
