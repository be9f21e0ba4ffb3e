/** What follows from an attempt's end: a retry elsewhere, the end of its execution, and what waits for that. */
import { backOff } from '../../manager/failures.ts'
import type { AttemptResult, Result } from '../api/result.ts'
import { resultText } from '../api/result.ts'
import type { Change, Context } from './context.ts'
import { createExecution, endWaiting, enqueue, markEnded, prepareQueue } from './executions.ts'
import { type Needs, queueOf } from './needs.ts'
import type { ExecutionRow } from './rows.ts'

/** Retries after failures that are not the script's (file 10, Promises). */
const MOST_RETRIES = 3

export interface AttemptEnd {
  readonly execution: string
  readonly number: number
  readonly worker: string
  readonly result: AttemptResult
  readonly sandbox: string
  readonly build?: { readonly commit: string; readonly timestamp: string } | undefined
  /** Written with the end. */
  readonly artifacts?: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[]
}

/** False: it had ended before. */
export async function endAttempt(context: Context, end: AttemptEnd): Promise<boolean> {
  const row = await executionOf(context, end.execution)
  if (row === undefined) return false
  // Where it would go: queues are made before the change begins.
  const needs: Needs = { ...row.needs, excluded: [...new Set([...row.needs.excluded, end.worker])] }
  await prepareQueue(context, needs)
  const logBytes = await context.logs.close(end.execution)
  const ended = await context.changes.run(async (change) => {
    const { tx, after } = change
    const now = context.clock.now()
    const rows = await tx.query(
      `update farm.attempts set ended_at = $3, result = $4::jsonb, sandbox = $5
       where execution = $1 and number = $2 and ended_at is null returning execution`,
      [end.execution, end.number, now, JSON.stringify(end.result), end.sandbox],
    )
    if (rows.length === 0) return false
    for (const { name, sha256, bytes } of end.artifacts ?? []) {
      await tx.query(
        `insert into farm.artifacts (execution, name, sha256, bytes) values ($1, $2, $3, $4)
         on conflict (execution, name) do update set sha256 = excluded.sha256, bytes = excluded.bytes`,
        [end.execution, name, sha256, bytes],
      )
    }
    await tx.query('update farm.executions set log_bytes = $2, build = $3::jsonb where id = $1', [
      ...[end.execution, logBytes, end.build === undefined ? null : JSON.stringify(end.build)],
    ])
    const [current] = await tx.query<ExecutionRow>('select * from farm.executions where id = $1', [
      end.execution,
    ])
    await tx.remove(row.queue, row.id)
    after(() => {
      if (context.live.get(end.execution)?.number === end.number) context.live.delete(end.execution)
      context.logs.wake(end.execution)
    })
    await decide(context, change, { ...row, ...current } as ExecutionRow, end, needs)
    return true
  })
  if (ended) await context.receiver.forget(end.execution).catch(() => undefined)
  return ended
}

async function decide(context: Context, change: Change, row: ExecutionRow, end: AttemptEnd, needs: Needs) {
  const { result } = end
  if (row.cancelled) {
    await conclude(context, change, row, result.kind === 'infrastructure' ? { kind: 'cancelled' } : result)
  } else if (result.kind === 'infrastructure' && row.tries <= MOST_RETRIES) {
    const reason = `retried after attempt ${end.number} on ${end.worker}: ${result.reason}`
    await change.tx.query(
      `update farm.executions set state = 'queued', reason = $2, needs = $3::jsonb, queue = $4 where id = $1`,
      [row.id, reason, JSON.stringify(needs), queueOf(needs)],
    )
    await enqueue(context, change, { ...row, needs })
    change.after(() => context.requeuedAt.set(row.id, context.clock.now()))
  } else if (result.kind === 'exited' && result.code === 0 && toBeExamined(context, row)) {
    await change.tx.query(`update farm.executions set state = 'publishing' where id = $1`, [row.id])
    change.after(() => context.publishing.add(row.id))
  } else {
    await conclude(context, change, row, result)
  }
}

/** Whether the server has something to do with the packages before the execution's end is known. */
function toBeExamined({ settings }: Context, { kind, specification }: ExecutionRow): boolean {
  if (kind === 'rebuild') return true
  return kind === 'recipe' && settings.publish.repository !== '' && specification.recipe?.publish === true
}

/** The end, and what waits for it. */
export async function conclude(
  context: Context,
  change: Change,
  row: ExecutionRow,
  result: Result,
): Promise<void> {
  await markEnded(context, change, row.id, result)
  if (row.kind !== 'recipe') return
  const good = result.kind === 'exited' && result.code === 0
  if (!good && result.kind !== 'cancelled' && row.specification.recipe?.publish === true) {
    await putOff(context, change, row, result)
  }
  if (good) await release(context, change, row)
  else await failDependents(context, change, row)
}

/** A recipe that failed is tried again by itself, later and later, as the manager does it. */
async function putOff(context: Context, change: Change, row: ExecutionRow, result: Result): Promise<void> {
  const [job] = await change.tx.query('select name from farm.jobs where name = $1', [row.job])
  if (job === undefined) return
  const failures = row.failures + 1
  const notBefore = context.clock.now() + backOff(failures)
  const { job: name, kind, platform, specification } = row
  const reason = `failed ${failures === 1 ? 'once' : `${failures} times in a row`} (${resultText(result)})`
  await createExecution(context, change, {
    job: name,
    kind,
    platform,
    specification,
    failures,
    notBefore,
    reason,
  })
}

/** Those that waited for this job on this platform, and those that had failed because of it. */
async function release(context: Context, change: Change, row: ExecutionRow): Promise<void> {
  const { tx } = change
  const waiting = await tx.query<ExecutionRow>(
    `select * from farm.executions where state = 'blocked' and platform = $1 and $2 = any(waits_for)`,
    [row.platform, row.job],
  )
  for (const dependent of waiting) {
    const left = dependent.waits_for.filter((name) => name !== row.job)
    await tx.query('update farm.executions set waits_for = $2, state = $3 where id = $1', [
      ...[dependent.id, left, left.length === 0 ? 'queued' : 'blocked'],
    ])
    if (left.length === 0) await enqueue(context, change, dependent)
  }
  const failed = await tx.query<ExecutionRow>(
    `select * from (select distinct on (job) * from farm.executions where platform = $1 and kind = 'recipe'
       order by job, created_at desc, id) newest
     where result ->> 'kind' = 'dep-failed' and result ->> 'job' = $2`,
    [row.platform, row.job],
  )
  for (const { job, kind, platform, specification } of failed) {
    const waitsFor = await unmetNeeds(change, specification.recipe?.needs ?? [], platform)
    await createExecution(context, change, { job, kind, platform, specification, waitsFor })
  }
}

/** The engine would leave them blocked for ever. */
async function failDependents(context: Context, change: Change, row: ExecutionRow): Promise<void> {
  const waiting = await change.tx.query<ExecutionRow>(
    `select * from farm.executions where state = 'blocked' and platform = $1 and $2 = any(waits_for)`,
    [row.platform, row.job],
  )
  for (const dependent of waiting) {
    await endWaiting(context, change, dependent, { kind: 'dep-failed', job: row.job })
    await failDependents(context, change, dependent)
  }
}

/** Those of the jobs whose newest execution on the platform has not ended well. */
export async function unmetNeeds(
  { tx }: Pick<Change, 'tx'>,
  jobs: readonly string[],
  platform: string,
): Promise<readonly string[]> {
  if (jobs.length === 0) return []
  const met = await tx.query<{ job: string }>(
    `select job from (select distinct on (job) job, result from farm.executions
       where job = any($1) and platform = $2 order by job, created_at desc, id) newest
     where result ->> 'kind' = 'exited' and (result ->> 'code')::int = 0`,
    [jobs, platform],
  )
  const names = new Set(met.map(({ job }) => job))
  return jobs.filter((job) => !names.has(job))
}

export async function executionOf({ engine }: Context, id: string): Promise<ExecutionRow | undefined> {
  const [row] = await engine.query<ExecutionRow>('select * from farm.executions where id = $1', [id])
  return row
}
