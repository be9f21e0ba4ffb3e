/** Rows as clients see them. */
import type { ArtifactView, AttemptView, ExecutionRecord, ExecutionView } from '../api/execution.ts'
import type { InfoAnswer, ScheduleView, WorkerView } from '../api/info.ts'
import type { JobRequest, JobView, Period } from '../api/job.ts'
import { resultText } from '../api/result.ts'
import type { Context } from './context.ts'
import { contentsOf } from './hand-over.ts'
import { reasonFor } from './reasons.ts'
import type { ArtifactRow, AttemptRow, ExecutionRow, JobRow, Specification } from './rows.ts'
import { isDrained, isThere } from './workers.ts'

const timeOf = (time: number): string => new Date(time).toISOString()
const timeOrNull = (time: number | null): string | null => (time === null ? null : timeOf(time))

/** All but the specification, which may be large. */
export const shownColumns = `id, job, kind, platform, queue, needs, state, reason, priority, not_before, waits_for, tries, failures,
  cancelled, created_at, started_at, ended_at, result, log_bytes, kept, build, published`

export async function executionViews(
  context: Context,
  rows: readonly ExecutionRow[],
): Promise<readonly ExecutionView[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const attempts = await context.engine.query<AttemptRow>(
    'select * from farm.attempts where execution = any($1) order by number',
    [ids],
  )
  const artifacts = await context.engine.query<ArtifactRow>(
    'select * from farm.artifacts where execution = any($1) order by name',
    [ids],
  )
  const attemptsOf = grouped(attempts)
  const artifactsOf = grouped(artifacts)
  return await Promise.all(
    rows.map(async (row) => ({
      execution: row.id,
      job: row.job,
      kind: row.kind,
      platform: row.platform,
      state: row.state,
      reason: reasonFor(context, row),
      priority: row.priority,
      created_at: timeOf(row.created_at),
      started_at: timeOrNull(row.started_at),
      ended_at: timeOrNull(row.ended_at),
      result: row.result,
      result_text: row.result === null ? '' : resultText(row.result),
      attempts: (attemptsOf.get(row.id) ?? []).map(attemptView),
      artifacts: (artifactsOf.get(row.id) ?? []).map(artifactView),
      log_bytes: row.state === 'ended' ? row.log_bytes : await context.logs.length(row.id),
      kept: row.kept,
      published: row.published,
    })),
  )
}

function grouped<R extends { readonly execution: string }>(
  rows: readonly R[],
): ReadonlyMap<string, readonly R[]> {
  const groups = new Map<string, R[]>()
  for (const row of rows) groups.set(row.execution, [...(groups.get(row.execution) ?? []), row])
  return groups
}

function attemptView(row: AttemptRow): AttemptView {
  return {
    number: row.number,
    worker: row.worker,
    sandbox: row.sandbox,
    started_at: timeOf(row.started_at),
    ended_at: timeOrNull(row.ended_at),
    result: row.result,
    log_offset: row.log_offset,
  }
}

const artifactView = ({ name, bytes, sha256 }: ArtifactRow): ArtifactView => ({ name, bytes, sha256 })

export async function recordOf(context: Context, row: ExecutionRow): Promise<ExecutionRecord> {
  const [execution] = await executionViews(context, [row])
  const specification = await requestOf(context, row.specification)
  return { record: 1, server: context.settings.id, execution: execution as ExecutionView, specification }
}

/** As it was submitted, the contents of its files included. */
async function requestOf(context: Context, specification: Specification): Promise<JobRequest> {
  const { files, recipe, ...rest } = specification
  return {
    ...rest,
    files: await contentsOf(context, files),
    ...(recipe === undefined
      ? {}
      : { recipe: { ...recipe, files: await contentsOf(context, recipe.files) } }),
  }
}

export async function jobView(context: Context, row: JobRow): Promise<JobView> {
  const { period: _, cron: __, ...request } = await requestOf(context, row.specification)
  const [latest] = await context.engine.query<{ failures: number }>(
    'select failures from farm.executions where job = $1 order by created_at desc, id limit 1',
    [row.name],
  )
  return {
    ...request,
    ...(row.cron === ''
      ? { period: (row.period === '' ? 'never' : row.period) as Period }
      : { cron: row.cron }),
    next_run: timeOrNull(row.next_run),
    created_at: timeOf(row.created_at),
    failures: latest?.failures ?? 0,
    platforms: row.platforms,
  }
}

export function workerViews(context: Context): readonly WorkerView[] {
  const busy = new Map([...context.live.values()].map((live) => [live.worker, live]))
  return [...context.workers.values()]
    .sort((left, right) => (left.worker < right.worker ? -1 : 1))
    .map((known) => {
      const { worker, platforms, architecture, labels, sandboxes, seenAt } = known
      const live = busy.get(worker)
      const drained = isDrained(context, worker)
      const idle = drained ? 'drained' : 'idle'
      const free = isThere(context, known) ? idle : known.stopped ? 'stopped' : 'lost'
      const state = live === undefined ? free : drained ? 'draining' : 'busy'
      const execution = live?.execution ?? ''
      return {
        worker,
        platforms,
        architecture,
        labels,
        sandboxes,
        state,
        execution,
        last_seen: timeOf(seenAt),
      }
    })
}

/** Of each queue; the rest is counted only. */
const MOST_SHOWN = 1000

export async function infoOf(context: Context, version: string): Promise<InfoAnswer> {
  const { engine, settings, startedAt, dropped, problems, receiver } = context
  const open = await engine.query<ExecutionRow>(
    `select ${shownColumns} from farm.executions where state <> 'ended' order by priority desc, created_at, id limit ${MOST_SHOWN * 20}`,
  )
  const views = await executionViews(context, open)
  const waiting = views.filter(({ state }) => state !== 'running' && state !== 'publishing')
  const platforms = [...new Set(waiting.map(({ platform }) => platform))].sort()
  const full = receiver.full()
  return {
    server: settings.id,
    version,
    engine: engine.kind,
    started_at: timeOf(startedAt),
    schedule: await scheduleViews(context),
    queues: platforms.map((platform) => ({
      platform,
      executions: waiting.filter((view) => view.platform === platform).slice(0, MOST_SHOWN),
    })),
    running: views.filter(({ state }) => state === 'running' || state === 'publishing'),
    workers: workerViews(context),
    dropped_platforms: [...dropped].sort(),
    problems: [...problems.values(), ...(full === undefined ? [] : [full])],
  }
}

async function scheduleViews({ engine }: Context): Promise<readonly ScheduleView[]> {
  const rows = await engine.query<JobRow & { readonly last_result: ExecutionRow['result'] }>(
    `select j.name, j.kind, j.platforms, j.period, j.cron, j.next_run, j.last_execution, e.result as last_result
     from farm.jobs j left join farm.executions e on e.id = j.last_execution order by j.name`,
  )
  return rows.map((row) => ({
    job: row.name,
    kind: row.kind,
    platforms: row.platforms,
    period: row.period as Period | '',
    cron: row.cron,
    next_run: timeOrNull(row.next_run),
    last_result: row.last_result === null ? '' : resultText(row.last_result),
    last_execution: row.last_execution,
  }))
}
