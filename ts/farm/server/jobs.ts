/** Jobs: submitted, changed, run, taken away (file 10, Client). */
import type { ExecuteRequest, JobChange, JobRequest, RescheduleRequest } from '../api/job.ts'
import type { Change, Context } from './context.ts'
import { checkKind } from './decode-job.ts'
import { conclude, executionOf, unmetNeeds } from './ending.ts'
import { createExecution, type Draft, endWaiting, prepareQueues } from './executions.ts'
import { specificationFor, type Target, targetsOf } from './matrix.ts'
import { Refusal } from './refusal.ts'
import type { ExecutionRow, FileReference, JobRow, Specification } from './rows.ts'
import { firstRun, type Plan } from './schedule.ts'

/** Returns the UUIDs of the executions that were made at once. */
export async function submitJob(context: Context, request: JobRequest): Promise<readonly string[]> {
  checkDropped(context, request.platform)
  if ((await findJob(context, request.name)) !== undefined) throw nameUsed()
  const specification = await keepFiles(context, request)
  const targets = await targetsOf(context, specification)
  for (const { platform } of targets) checkDropped(context, platform)
  await checkNeeds(context, specification)
  // What is wrong with a template or a recipe is said at once, whenever it is to run.
  const drafts = await draftsOf(context, specification, targets)
  await prepareQueues(context, drafts)
  const plan = planOf(request)
  return await context.changes.run(async (change) => {
    const now = context.clock.now()
    const made = await change.tx.query(
      `insert into farm.jobs (name, kind, specification, platforms, period, cron, next_run, created_at)
       values ($1, $2, $3::jsonb, $4, $5, $6, $7, $8) on conflict do nothing returning name`,
      [
        ...[
          request.name,
          request.kind,
          JSON.stringify(specification),
          targets.map(({ platform }) => platform),
        ],
        ...[plan.period, plan.cron, firstRun(plan, now) ?? null, now],
      ],
    )
    if (made.length === 0) throw nameUsed()
    return request.run_now === false ? [] : await createAll(context, change, drafts)
  })
}

const nameUsed = () => new Refusal('name-used', 'job name already used')

function planOf({ kind, period, cron }: Pick<JobRequest, 'kind' | 'period' | 'cron'>): Plan {
  if (cron !== undefined) return { period: '', cron }
  const usual = kind === 'recipe' || kind === 'rebuild' ? 'never' : 'daily'
  return { period: period ?? usual, cron: '' }
}

function checkDropped({ dropped }: Context, platform: string | undefined): void {
  if (platform === undefined || !dropped.has(platform)) return
  throw new Refusal('platform-dropped', "platform dropped; can't schedule jobs")
}

async function findJob({ engine }: Context, name: string): Promise<JobRow | undefined> {
  const [row] = await engine.query<JobRow>('select * from farm.jobs where name = $1', [name])
  return row
}

export async function jobOf(context: Context, name: string): Promise<JobRow> {
  const row = await findJob(context, name)
  if (row !== undefined) return row
  throw new Refusal('not-found', `unknown job ${name}`)
}

/** The contents of its files go into the store. */
async function keepFiles(context: Context, request: JobRequest): Promise<Specification> {
  const keep = (files: JobRequest['files'] = []): Promise<readonly FileReference[]> =>
    Promise.all(
      files.map(async ({ name, content, executable }) => {
        const stored = await context.store.put(Buffer.from(content, 'base64'))
        return { name, executable, ...stored }
      }),
    )
  const { recipe, files, ...rest } = request
  return {
    ...rest,
    files: await keep(files),
    ...(recipe === undefined ? {} : { recipe: { ...recipe, files: await keep(recipe.files) } }),
  }
}

/** Needed jobs are there, and none of them needs this one. */
async function checkNeeds(context: Context, { name, recipe }: Specification): Promise<void> {
  const path = new Map<string, readonly string[]>()
  let edge: readonly string[] = recipe?.needs ?? []
  for (const need of edge) path.set(need, [name, need])
  while (edge.length > 0) {
    const next: string[] = []
    for (const need of edge) {
      if (need === name)
        throw new Refusal('bad-request', `jobs need each other: ${path.get(need)?.join(' → ')}`)
      const row = await jobOf(context, need)
      for (const further of row.specification.recipe?.needs ?? []) {
        if (path.has(further)) continue
        path.set(further, [...(path.get(need) ?? []), further])
        next.push(further)
      }
    }
    edge = next
  }
}

export async function draftsOf(
  context: Context,
  specification: Specification,
  targets: readonly Target[],
): Promise<readonly Draft[]> {
  const { name: job, kind } = specification
  return await Promise.all(
    targets.map(async ({ platform, excluded }) => ({
      ...{ job, kind, platform, excluded },
      specification: await specificationFor(context, specification, platform),
    })),
  )
}

/** In the same change as what makes them necessary. */
async function createAll(
  context: Context,
  change: Change,
  drafts: readonly Draft[],
): Promise<readonly string[]> {
  const made: string[] = []
  for (const draft of drafts) {
    const waitsFor = await unmetNeeds(change, draft.specification.recipe?.needs ?? [], draft.platform)
    made.push(await createExecution(context, change, { ...draft, waitsFor }))
  }
  return made
}

/** What runs goes on as it is; whatever comes next runs as changed. */
export async function modifyJob(context: Context, name: string, change: JobChange): Promise<void> {
  const row = await jobOf(context, name)
  const { files, recipe, ...rest } = change
  const request = { ...row.specification, ...rest, name, kind: row.kind }
  if (change.period !== undefined) delete (request as { cron?: string }).cron
  if (change.cron !== undefined) delete (request as { period?: string }).period
  const kept = await keepFiles(context, {
    name,
    kind: row.kind,
    ...(files && { files }),
    ...(recipe && { recipe }),
  })
  const specification: Specification = {
    ...request,
    ...(files === undefined ? {} : { files: kept.files }),
    ...(kept.recipe === undefined ? {} : { recipe: kept.recipe }),
  }
  checkKind({ ...specification, files: [], ...(recipe && { recipe }) } as JobRequest)
  const targets = await targetsOf(context, specification)
  for (const { platform } of targets) checkDropped(context, platform)
  await checkNeeds(context, specification)
  await draftsOf(context, specification, targets)
  const plan = planOf(specification)
  const replanned = change.period !== undefined || change.cron !== undefined
  const next = replanned ? (firstRun(plan, context.clock.now()) ?? null) : row.next_run
  await context.engine.query(
    `update farm.jobs set specification = $2::jsonb, platforms = $3, period = $4, cron = $5, next_run = $6 where name = $1`,
    [
      name,
      JSON.stringify(specification),
      targets.map(({ platform }) => platform),
      plan.period,
      plan.cron,
      next,
    ],
  )
}

/** Also out of the queues; what runs goes on. */
export async function unscheduleJob(context: Context, name: string): Promise<void> {
  await context.changes.run(async (change) => {
    const gone = await change.tx.query('delete from farm.jobs where name = $1 returning name', [name])
    if (gone.length === 0) throw new Refusal('not-found', `unknown job ${name}`)
    await cancelWaiting(context, change, 'job = $1', name)
  })
}

/** `where` names what is cancelled, of everything that waits. */
async function cancelWaiting(context: Context, change: Change, where: string, value: string): Promise<void> {
  const rows = await change.tx.query<ExecutionRow>(
    `select * from farm.executions where state in ('queued', 'held', 'blocked') and ${where}`,
    [value],
  )
  for (const row of rows) await endWaiting(context, change, row, { kind: 'cancelled' })
}

/** Runs at that time, then by period. */
export async function rescheduleJob(
  context: Context,
  name: string,
  request: RescheduleRequest,
): Promise<void> {
  const row = await jobOf(context, name)
  const period = request.period ?? (row.period as Plan['period'])
  const cron = request.period === undefined ? row.cron : ''
  const specification = { ...row.specification, ...(period === '' ? {} : { period }) }
  await context.engine.query(
    'update farm.jobs set next_run = $2, period = $3, cron = $4, specification = $5::jsonb where name = $1',
    [name, Date.parse(request.next), period, cron, JSON.stringify(specification)],
  )
}

/** To the front of the queue. */
export async function executeJob(
  context: Context,
  name: string,
  { platform }: ExecuteRequest,
): Promise<readonly string[]> {
  const row = await jobOf(context, name)
  const all = await targetsOf(context, row.specification)
  const targets = platform === undefined ? all : all.filter((target) => target.platform === platform)
  if (targets.length === 0) {
    const other = all.map((target) => target.platform).join(', ')
    throw new Refusal('wrong-platform', `job is for a different platform: ${other}`)
  }
  for (const target of targets) checkDropped(context, target.platform)
  const drafts = (await draftsOf(context, row.specification, targets)).map((draft) => ({
    ...draft,
    front: true,
  }))
  await prepareQueues(context, drafts)
  return await context.changes.run((change) => createAll(context, change, drafts))
}

/** The same again, as it was. */
export async function retryExecution(context: Context, id: string): Promise<readonly string[]> {
  const row = await knownExecution(context, id)
  if (row.state !== 'ended') throw new Refusal('conflict', `${id} has not ended`)
  checkDropped(context, row.platform)
  const { job, kind, platform, specification } = row
  const draft: Draft = { job, kind, platform, specification, excluded: [] }
  await prepareQueues(context, [draft])
  return await context.changes.run((change) => createAll(context, change, [draft]))
}

export async function knownExecution(context: Context, id: string): Promise<ExecutionRow> {
  const row = await executionOf(context, id)
  if (row !== undefined) return row
  throw new Refusal('not-found', 'uuid not found')
}

/** What waits ends at once; what runs, when its worker has heard of it. */
export async function cancelExecution(context: Context, id: string): Promise<void> {
  await context.changes.run(async (change) => {
    const { tx, after } = change
    const [row] = await tx.query<ExecutionRow>('select * from farm.executions where id = $1', [id])
    if (row === undefined) throw new Refusal('not-found', 'uuid not found')
    if (row.state === 'ended') throw new Refusal('conflict', `${id} has ended already`)
    if (row.state === 'publishing') throw new Refusal('conflict', `${id} is being published`)
    if (row.state !== 'running') {
      if (row.state === 'queued') await tx.remove(row.queue, row.id)
      await conclude(context, change, row, { kind: 'cancelled' })
      return
    }
    await tx.query('update farm.executions set cancelled = true where id = $1', [id])
    after(() => {
      const live = context.live.get(id)
      if (live !== undefined) live.cancel = true
    })
  })
}

/** Its queue and its script jobs go; its workers drain. */
export async function dropPlatform(context: Context, platform: string): Promise<void> {
  const known = await context.engine.query(
    `select 1 from farm.executions where platform = $1 union select 1 from farm.workers where $1 = any(platforms)
     union select 1 from farm.jobs where $1 = any(platforms) limit 1`,
    [platform],
  )
  if (known.length === 0) throw new Refusal('not-found', `no such platform: ${platform}`)
  await context.changes.run(async (change) => {
    const { tx, after } = change
    await tx.query(
      'insert into farm.dropped_platforms (platform, dropped_at) values ($1, $2) on conflict do nothing',
      [...[platform, context.clock.now()]],
    )
    await tx.query(`delete from farm.jobs where kind = 'script' and $1 = any(platforms)`, [platform])
    await cancelWaiting(context, change, 'platform = $1', platform)
    after(() => context.dropped.add(platform))
  })
}

export async function undropPlatform(context: Context, platform: string): Promise<void> {
  if (!context.dropped.has(platform)) throw new Refusal('not-found', `platform ${platform} is not dropped`)
  await context.engine.query('delete from farm.dropped_platforms where platform = $1', [platform])
  context.dropped.delete(platform)
}
