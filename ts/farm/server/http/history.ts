/** What has ended, page by page, and the newest of all. */
import type { ExecutionView, HistoryAnswer } from '../../api/execution.ts'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { ExecutionRow } from '../rows.ts'
import { executionViews, shownColumns } from '../views.ts'

type Query = Readonly<Record<string, string>>

const MOST = 1000

export async function historyOf(context: Context, query: Query): Promise<HistoryAnswer> {
  const limit = Number(query.limit ?? 50)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
    throw new Refusal('bad-request', `"limit" is a whole number from 1 to ${MOST}`)
  }
  if (query.all === '1') return await everythingOf(context, query.job, limit)
  const [, time, id] = /^(\d+(?:\.\d+)?)_([0-9a-f-]{36})$/.exec(query.before ?? '') ?? []
  if (query.before !== undefined && time === undefined)
    throw new Refusal('bad-request', '"before" is what "next" was')
  const rows = await context.engine.query<ExecutionRow>(
    `select ${shownColumns} from farm.executions
     where state = 'ended' and ($1::text is null or job = $1) and ($2::text is null or platform = $2)
       and ($3::float8 is null or ended_at < $3 or (ended_at = $3 and id < $4))
     order by ended_at desc, id desc limit $5`,
    [query.job ?? null, query.platform ?? null, time === undefined ? null : Number(time), id ?? null, limit],
  )
  const last = rows.at(-1)
  return {
    executions: await executionViews(context, rows),
    next: last === undefined || rows.length < limit ? null : `${last.ended_at}_${last.id}`,
  }
}

/** Of one job also what has not ended, newest first. */
async function everythingOf(
  context: Context,
  job: string | undefined,
  limit: number,
): Promise<HistoryAnswer> {
  if (job === undefined) throw new Refusal('bad-request', '"all" is of one "job"')
  const rows = await context.engine.query<ExecutionRow>(
    `select ${shownColumns} from farm.executions where job = $1 order by created_at desc, id limit $2`,
    [job, limit],
  )
  return { executions: await executionViews(context, rows), next: null }
}

/** Of what runs the newest; with `running=0` of everything. */
export async function latestOf(context: Context, query: Query): Promise<ExecutionView> {
  const running = query.running !== '0'
  const rows = await context.engine.query<ExecutionRow>(
    `select ${shownColumns} from farm.executions
     where ($1::text is null or job = $1) and ($2::text is null or platform = $2)
       and ($3::boolean is false or state in ('running', 'publishing'))
     order by coalesce(started_at, created_at) desc, id limit 1`,
    [query.job ?? null, query.platform ?? null, running],
  )
  const [view] = await executionViews(context, rows)
  if (view !== undefined) return view
  throw new Refusal('not-found', 'No running jobs')
}
