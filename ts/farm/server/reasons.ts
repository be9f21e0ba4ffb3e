/** Why an execution waits: never silence (file 10, Promises). */
import type { Context, Worker } from './context.ts'
import { misfit, type Needs } from './needs.ts'
import type { ExecutionRow } from './rows.ts'
import { isDrained, isThere } from './workers.ts'

type Waiting = Pick<ExecutionRow, 'state' | 'reason' | 'needs' | 'waits_for' | 'not_before'>

export function reasonFor(context: Context, row: Waiting): string {
  switch (row.state) {
    case 'blocked':
      return `needs ${row.waits_for.join(', ')}, which ${row.waits_for.length === 1 ? 'is' : 'are'} not published yet`
    case 'held':
      return `${row.reason}; next try at ${new Date(row.not_before ?? 0).toISOString()}`
    case 'queued': {
      const why = queuedReason(context, row.needs)
      return row.reason === '' ? why : `${row.reason}; ${why}`
    }
    case 'publishing':
      return 'its packages are examined and published'
    case 'running':
    case 'ended':
      return ''
  }
}

function queuedReason(context: Context, needs: Needs): string {
  const all = [...context.workers.values()].filter(({ platforms }) => platforms.includes(needs.platform))
  const here = all.filter((worker) => isThere(context, worker))
  if (all.length === 0) return `no worker fits: none of platform ${needs.platform} has ever connected`
  if (here.length === 0) return `no worker fits: those of platform ${needs.platform} are not connected`
  const fitting = here.filter((worker) => obstacle(context, worker, needs) === undefined)
  if (fitting.length > 0) {
    return `waits for a free worker (${fitting.length === 1 ? '1 fits' : `${fitting.length} fit`})`
  }
  const why = here.slice(0, 5).map((worker) => `${worker.worker} ${obstacle(context, worker, needs)}`)
  return `no worker fits: ${why.join('; ')}${here.length > 5 ? '; …' : ''}`
}

function obstacle(context: Context, worker: Worker, needs: Needs): string | undefined {
  if (isDrained(context, worker.worker)) return 'is drained'
  if (needs.excluded.includes(worker.worker))
    return 'failed it before and gets it again only when no other is there'
  return misfit(worker, needs)
}
