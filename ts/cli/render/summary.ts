/** A transaction in a few words: `upgrade nginx, zlib`. */
import type { TransactionRecord } from '../../native/system.ts'

type Operation = TransactionRecord['operations'][number]

/** Operations are told in this order. */
const verbs: readonly (readonly [verb: string, kinds: readonly Operation['kind'][]])[] = [
  ['install', ['install']],
  ['upgrade', ['upgrade']],
  ['reinstall', ['reinstall']],
  ['downgrade', ['downgrade']],
  ['remove', ['remove']],
  ['hold', ['hold']],
  ['unhold', ['unhold']],
  ['mark explicit', ['mark-explicit']],
  ['mark dependency', ['mark-dependency']],
]

const mostNames = 5

/** At most five names in all, then `and 12 more`. */
export function summarise({
  operations,
  command,
}: Pick<TransactionRecord, 'operations' | 'command'>): string {
  const parts: string[] = []
  let left = mostNames
  for (const [verb, kinds] of verbs) {
    const shownVerb = verb === 'reinstall' && isRepair(command) ? 'repair' : verb
    const names = operations.flatMap(({ kind, name }) => (kinds.includes(kind) ? [name] : [])).sort()
    const shown = names.slice(0, left)
    left -= shown.length
    if (shown.length > 0) parts.push(`${shownVerb} ${shown.join(', ')}`)
  }
  const more = operations.length - (mostNames - left)
  const text = parts.join(', ')
  return more > 0 ? `${text} and ${more} more` : text
}

/** Packages are put in place again by `reinstall` and by `verify --repair`; only the second has that option. */
const isRepair = (command: string): boolean => /\s--?repair(=(1|t|true))?(\s|$)/i.test(command)
