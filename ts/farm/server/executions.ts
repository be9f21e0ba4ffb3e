/** Executions: made of a job's specification, put into a queue, taken out of it. */
import { randomUUID } from 'node:crypto'
import type { JobKind } from '../api/job.ts'
import type { Result } from '../api/result.ts'
import type { Change, Context } from './context.ts'
import { type Needs, queueOf } from './needs.ts'
import type { ExecutionRow, Specification } from './rows.ts'

export interface Draft {
  readonly job: string
  readonly kind: JobKind
  readonly platform: string
  readonly specification: Specification
  readonly excluded?: readonly string[]
  /** Runs before everything that waits on its platform. */
  readonly front?: boolean
  /** Failures in a row of the executions before it. */
  readonly failures?: number
  readonly notBefore?: number
  readonly reason?: string
  /** Names of jobs. */
  readonly waitsFor?: readonly string[]
}

function needsOf({ kind, platform, specification, excluded = [] }: Draft): Needs {
  return {
    platform,
    capability: kind === 'recipe' || kind === 'rebuild' ? 'recipe' : 'script',
    labels: specification.require ?? [],
    sandbox: specification.sandbox ?? null,
    excluded,
  }
}

/** Queues cannot be made within a change. */
export async function prepareQueues(context: Context, drafts: readonly Draft[]): Promise<void> {
  for (const draft of drafts) await prepareQueue(context, needsOf(draft))
}

export async function prepareQueue({ engine, madeQueues }: Context, needs: Needs): Promise<string> {
  const queue = queueOf(needs)
  if (!madeQueues.has(queue)) {
    await engine.createQueue(queue)
    madeQueues.add(queue)
  }
  return queue
}

/** Returns its UUID. */
export async function createExecution(context: Context, change: Change, draft: Draft): Promise<string> {
  const { tx } = change
  const id = randomUUID()
  const needs = needsOf(draft)
  const priority = draft.front ? await frontOf(change, draft.platform) : (draft.specification.priority ?? 0)
  const now = context.clock.now()
  const blocked = (draft.waitsFor ?? []).length > 0
  const held = draft.notBefore !== undefined
  const state = held ? 'held' : blocked ? 'blocked' : 'queued'
  await tx.query(
    `insert into farm.executions (id, job, kind, platform, queue, needs, state, reason, priority, specification,
       not_before, waits_for, failures, created_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10::jsonb, $11, $12, $13, $14)`,
    [
      ...[id, draft.job, draft.kind, draft.platform, queueOf(needs), JSON.stringify(needs), state],
      ...[draft.reason ?? '', priority, JSON.stringify(draft.specification), draft.notBefore ?? null],
      ...[draft.waitsFor ?? [], draft.failures ?? 0, now],
    ],
  )
  await tx.query('update farm.jobs set last_execution = $2 where name = $1', [draft.job, id])
  if (state === 'queued') await enqueue(context, change, { id, needs, priority, created_at: now })
  return id
}

/** Above whatever was put to the front before. */
async function frontOf({ tx }: Change, platform: string): Promise<number> {
  const [row] = await tx.query<{ most: number | null }>(
    `select max(priority) as most from farm.executions where platform = $1 and state = 'queued'`,
    [platform],
  )
  return Math.max(1000, (row?.most ?? 0) + 1)
}

type Queued = Pick<ExecutionRow, 'id' | 'needs' | 'priority' | 'created_at'>

/** The row's state is the caller's to change. */
export async function enqueue(context: Context, { tx, after }: Change, row: Queued): Promise<void> {
  const queue = queueOf(row.needs)
  await tx.enqueue(queue, row.id, row.priority)
  const { id: execution, priority, created_at: createdAt } = row
  after(() => context.queues.add(queue, row.needs, { execution, priority, createdAt }))
}

/** Ends what does not run, and takes it out of its queue. */
export async function endWaiting(
  context: Context,
  { tx, after }: Change,
  row: Pick<ExecutionRow, 'id' | 'queue' | 'state'>,
  result: Result,
): Promise<void> {
  if (row.state === 'queued') await tx.remove(row.queue, row.id)
  await markEnded(context, { tx, after }, row.id, result)
}

export async function markEnded(
  context: Context,
  { tx, after }: Change,
  execution: string,
  result: Result,
): Promise<void> {
  const now = context.clock.now()
  await tx.query(
    `update farm.executions set state = 'ended', reason = '', ended_at = $2, result = $3::jsonb, log_bytes = $4
     where id = $1`,
    [execution, now, JSON.stringify(result), await context.logs.length(execution)],
  )
  if (context.settings.upload !== '') {
    await tx.query('insert into farm.uploads (execution, next_try) values ($1, $2) on conflict do nothing', [
      ...[execution, now],
    ])
  }
  after(() => {
    context.queues.remove(execution)
    context.logs.wake(execution)
    context.counts.add(result)
  })
}
