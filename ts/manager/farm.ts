/**
 * Builds handed to a farm (`[farm]`): the farm fetches the sources and keeps the unsigned packages; this manager fetches those, signs
 * and publishes them itself (file 10, Jobs).
 */
import type { ExecutionView } from '../farm/api/execution.ts'
import { type Connection, isPassing } from '../farm/client/connection.ts'
import { observe } from '../farm/client/observe.ts'
import { PeiError, reasonOf } from '../native/errors.ts'
import type { Context } from './context.ts'
import { connectTo, forget, giveUp, handIn, keyOf } from './farm-job.ts'
import { type FarmNote, readNotes } from './farm-notes.ts'
import { collect, type FarmBuilt } from './farm-packages.ts'
import { type Job, judge, readPublished } from './judge.ts'
import type { Roster } from './model.ts'

/** Into the directory `stage`. Throws PEI_MANAGER_CHILD with the farm's result, and what the farm refuses. */
export async function buildAtFarm(context: Context, job: Job, stage: string): Promise<FarmBuilt> {
  const { children } = context
  const connection = connectTo(context)
  try {
    const { name, executions } = await handIn(context, connection, job)
    try {
      const views: ExecutionView[] = []
      for (const execution of executions) views.push(await follow(context, connection, execution))
      const built = await collect(context, connection, job, views, stage)
      await forget(context, connection, keyOf(job), name)
      return built
    } catch (error) {
      // While the farm is out of reach the job goes on there, and the next try finds it again.
      if (children.killed.aborted) await giveUp(context, connection, keyOf(job), name).catch(() => undefined)
      else if (!isPassing(error)) await forget(context, connection, keyOf(job), name)
      throw error
    }
  } finally {
    connection.close()
  }
}

/** At the start: what a farm still has of an earlier run, and nobody wants any more, is cancelled there. */
export async function settleFarmJobs(context: Context, roster: Roster): Promise<void> {
  const { state, log } = context
  for (const note of readNotes(state)) {
    const fields = { recipe: note.recipe, version: note.version, job: note.name }
    if (isWanted(context, roster, note)) {
      log.info('a farm has a job of an earlier run; its build will be gone on with', fields)
      continue
    }
    const connection = connectTo(context)
    try {
      await giveUp(context, connection, note, note.name)
      log.info('a job of an earlier run was cancelled at the farm: nothing wants it any more', fields)
    } catch (error) {
      log.warn('a job of an earlier run could not be cancelled at the farm', {
        ...fields,
        err: reasonOf(error),
      })
    } finally {
      connection.close()
    }
  }
}

function isWanted(context: Context, { recipes, problems }: Roster, note: FarmNote): boolean {
  if (note.server !== context.settings.farmServer) return false
  if (problems.has(note.recipe)) return true
  const recipe = recipes.find(({ id }) => id === note.recipe)
  if (recipe === undefined || recipe.git !== note.git) return false
  const { tag, captured, commit } = note
  const published = readPublished(context, note.recipe)
  const job = judge(context, recipe, { recipe, tag, captured, commit, source: 'poll' }, published)
  return job?.version === note.version
}

/** Its log goes where that of a build goes. */
async function follow(
  { children, output }: Context,
  connection: Connection,
  execution: string,
): Promise<ExecutionView> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(new PeiError('PEI_MANAGER_CHILD', 'not built: the manager is stopping'))
    if (children.killed.aborted) stop()
    else children.killed.addEventListener('abort', stop, { once: true })
  })
  const end = observe(connection, execution, { log: (bytes) => void output.stdout(bytes) })
  return await Promise.race([end, stopped])
}
