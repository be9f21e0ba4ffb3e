/** A transaction as `history` numbers it. */
import { UsageError } from '../usage-error.ts'

export function parseTransaction(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError('malformed', `"${text}" is no transaction number`)
}
