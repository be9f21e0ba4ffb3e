/** What is kept, and for how long: what is among the last of its job, or young (file 10, Promises). */
import type { Context } from './context.ts'
import type { ArtifactRow, Specification } from './rows.ts'
import { forgetWorkers } from './workers.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

/** Records of what was not published, once log and artifacts are gone. */
const RECORD_DAYS = 365

export async function sweep(context: Context): Promise<void> {
  const { engine, settings, clock, logs, store } = context
  const now = clock.now()
  const before = now - settings.keep.days * DAY
  const old = await engine.query<{ id: string }>(
    `select id from (
       select id, ended_at, kept, row_number() over (partition by job order by created_at desc, id) as place
       from farm.executions where state = 'ended') e
     where kept and place > $1 and ended_at < $2
       and not exists (select 1 from farm.uploads u where u.execution = e.id)`,
    [settings.keep.executions, before],
  )
  for (const { id } of old) {
    // The row first: a log that is there without one is swept the next time.
    await context.changes.run(async ({ tx }) => {
      await tx.query('update farm.executions set kept = false where id = $1', [id])
      await tx.query('delete from farm.artifacts where execution = $1', [id])
    })
    await logs.remove(id)
  }
  await engine.query(
    `delete from farm.executions where state = 'ended' and not kept and ended_at < $1 and published = '{}'
       and not exists (select 1 from farm.packages p where p.execution = farm.executions.id)`,
    [now - RECORD_DAYS * DAY],
  )
  await forgetWorkers(context, before)
  await removeStrayLogs(context)
  const named = await namedFiles(context)
  await store.sweep((sha256) => named.has(sha256), Date.now() - HOUR)
}

async function removeStrayLogs({ engine, logs }: Context): Promise<void> {
  const there = await logs.list()
  if (there.length === 0) return
  const rows = await engine.query<{ id: string }>(
    'select id from farm.executions where id = any($1) and kept',
    [there],
  )
  const kept = new Set(rows.map(({ id }) => id))
  for (const execution of there) if (!kept.has(execution)) await logs.remove(execution)
}

/** Artifacts, and the files of jobs and of executions that may run again. */
async function namedFiles({ engine }: Context): Promise<ReadonlySet<string>> {
  const artifacts = await engine.query<Pick<ArtifactRow, 'sha256'>>(
    'select distinct sha256 from farm.artifacts',
  )
  const specifications = await engine.query<{
    files: Specification['files'] | null
    recipe: Specification['files'] | null
  }>(
    `select distinct specification -> 'files' as files, specification -> 'recipe' -> 'files' as recipe from farm.executions
     union select specification -> 'files', specification -> 'recipe' -> 'files' from farm.jobs`,
  )
  const files = specifications.flatMap(({ files, recipe }) => [...(files ?? []), ...(recipe ?? [])])
  return new Set([...artifacts, ...files].map(({ sha256 }) => sha256))
}
