/** What is due: jobs by their schedule, and executions whose time to wait is over. */
import { reasonOf } from '../../native/errors.ts'
import type { Period } from '../api/job.ts'
import type { Context } from './context.ts'
import { unmetNeeds } from './ending.ts'
import { createExecution, enqueue, markEnded, prepareQueues } from './executions.ts'
import { draftsOf } from './jobs.ts'
import { targetsOf } from './matrix.ts'
import { Refusal } from './refusal.ts'
import type { ExecutionRow, JobRow } from './rows.ts'
import { followingRun } from './schedule.ts'

export async function runDue(context: Context): Promise<void> {
  const now = context.clock.now()
  const due = await context.engine.query<JobRow>(
    'select * from farm.jobs where next_run <= $1 order by next_run',
    [now],
  )
  for (const job of due) await runJob(context, job, now)
  await releaseHeld(context, now)
}

/** At most one execution a platform waits: runs that were missed collapse. */
async function runJob(context: Context, job: JobRow, now: number): Promise<void> {
  const plan = { period: job.period as Period | '', cron: job.cron }
  const next = followingRun(plan, job.next_run ?? now, now) ?? null
  const made = await planRun(context, job)
  await prepareQueues(context, made.drafts)
  await context.changes.run(async (change) => {
    const { tx } = change
    const rows = await tx.query(
      'update farm.jobs set next_run = $3, platforms = $4 where name = $1 and next_run = $2 returning name',
      [
        ...[
          job.name,
          job.next_run,
          next,
          made.drafts.length === 0 ? job.platforms : made.drafts.map(({ platform }) => platform),
        ],
      ],
    )
    if (rows.length === 0) return
    for (const draft of made.drafts) {
      const open = await tx.query(
        `select 1 from farm.executions where job = $1 and platform = $2 and state in ('queued', 'held', 'blocked') limit 1`,
        [job.name, draft.platform],
      )
      if (open.length > 0) continue
      const waitsFor = await unmetNeeds(change, draft.specification.recipe?.needs ?? [], draft.platform)
      const id = await createExecution(context, change, {
        ...draft,
        waitsFor,
        ...(made.failure && { notBefore: now }),
      })
      if (made.failure !== undefined)
        await markEnded(context, change, id, { kind: 'failed', reason: made.failure })
    }
  })
}

/** A template that is wrong by now is the result of an execution that never ran. */
async function planRun(context: Context, job: JobRow) {
  try {
    const targets = await targetsOf(context, job.specification)
    const usable = targets.filter(({ platform }) => !context.dropped.has(platform))
    return { drafts: await draftsOf(context, job.specification, usable) }
  } catch (error) {
    if (!(error instanceof Refusal))
      context.log.error('job not planned', { job: job.name, err: reasonOf(error) })
    const platform = job.platforms[0] ?? 'none'
    const draft = { job: job.name, kind: job.kind, platform, specification: job.specification }
    return { drafts: [draft], failure: reasonOf(error) }
  }
}

async function releaseHeld(context: Context, now: number): Promise<void> {
  const held = await context.engine.query<ExecutionRow>(
    `select * from farm.executions where state = 'held' and not_before <= $1 order by not_before`,
    [now],
  )
  for (const row of held) {
    await context.changes.run(async (change) => {
      const waitsFor = await unmetNeeds(change, row.specification.recipe?.needs ?? [], row.platform)
      const state = waitsFor.length === 0 ? 'queued' : 'blocked'
      const rows = await change.tx.query(
        `update farm.executions set state = $2, waits_for = $3, reason = '' where id = $1 and state = 'held' returning id`,
        [row.id, state, waitsFor],
      )
      if (rows.length > 0 && state === 'queued') await enqueue(context, change, row)
    })
  }
}
