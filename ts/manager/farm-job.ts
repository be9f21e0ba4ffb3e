/** The job that a farm has for a build: handed in once, found again after a restart, taken away when nothing wants it (`[farm]`). */
import { createHash, randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { readTextFile } from '../config/text-file.ts'
import type { ExecutionView, HistoryAnswer } from '../farm/api/execution.ts'
import type { JobAnswer, JobRequest } from '../farm/api/job.ts'
import { paths } from '../farm/api/paths.ts'
import { type Connection, connect, isPassing } from '../farm/client/connection.ts'
import { readRecipeFiles } from '../farm/client/given-file.ts'
import type { Context } from './context.ts'
import { type FarmNote, readNote, removeNote, writeNote } from './farm-notes.ts'
import { injectedEnvironment } from './grants.ts'
import type { Job } from './judge.ts'

export function connectTo({ settings }: Context): Connection {
  const token = settings.farmTokenFile === '' ? undefined : readTextFile(settings.farmTokenFile, 4096).trim()
  return connect(settings.farmServer, token)
}

export const keyOf = ({ recipe, version }: Job) => ({ recipe: recipe.id, version })

interface HandedIn {
  readonly name: string
  readonly executions: readonly string[]
}

/** The job of an earlier run when the farm has it, else a new one. */
export async function handIn(context: Context, connection: Connection, job: Job): Promise<HandedIn> {
  const { settings, state, log } = context
  const draft = requestFor(context, job)
  const request = createHash('sha256').update(JSON.stringify(draft)).digest('hex')
  let note = readNote(state, keyOf(job))
  if (note !== undefined && (note.request !== request || note.server !== settings.farmServer)) {
    // Another recipe by now.
    await giveUp(context, connection, note, note.name)
    note = undefined
  }
  if (note !== undefined) {
    const executions = await executionsOf(connection, note.name)
    const { recipe, version, name } = note
    if (executions.length > 0) {
      log.info('the farm has this build already; going on with it', { recipe, version, job: name })
      return { name, executions: executions.map(({ execution }) => execution) }
    }
  }
  // One that was not accepted is handed in under its name.
  const name = note?.name ?? `${draft.name}-${randomBytes(6).toString('hex')}`
  const { recipe, version, tag, commit } = job
  const { id, git } = recipe
  const captured = recipe.pattern?.capture(tag) ?? ''
  const { farmServer: server } = settings
  writeNote(state, { ...{ server, name, request, recipe: id, git, tag, captured, commit, version } })
  const { executions } = await connection.ask<JobAnswer>({
    ...{ method: 'POST', path: paths.jobs, json: { ...draft, name } },
  })
  return { name, executions }
}

async function executionsOf(connection: Connection, name: string): Promise<readonly ExecutionView[]> {
  return (await connection.ask<HistoryAnswer>({ method: 'GET', path: paths.executionsOf(name) })).executions
}

/** Its history stays at the farm; the next try has a name of its own. */
export async function forget(
  { state }: Context,
  connection: Connection,
  key: Pick<FarmNote, 'recipe' | 'version'>,
  name: string,
): Promise<void> {
  await connection.ask({ method: 'DELETE', path: paths.job(name) }).catch(() => undefined)
  removeNote(state, key)
}

/** Cancels it there first. Throws when the farm cannot be asked; the note stays then. */
export async function giveUp(
  context: Context,
  connection: Connection,
  key: Pick<FarmNote, 'recipe' | 'version'>,
  name: string,
): Promise<void> {
  const open = (await executionsOf(connection, name)).filter(({ state }) => state !== 'ended')
  for (const { execution } of open) {
    await connection.ask({ method: 'POST', path: paths.cancel(execution) }).catch((error: unknown) => {
      // It may have ended meanwhile.
      if (isPassing(error)) throw error
    })
  }
  await forget(context, connection, key, name)
}

/** Its name lacks the part that makes it the only one. */
function requestFor({ settings, publicKeys }: Context, { recipe, version, tag, commit }: Job): JobRequest {
  const { git, submodules } = recipe
  const ref = `refs/tags/${tag}`
  const name = `${settings.id}-${recipe.id}-${version}`
    .replace(/[^A-Za-z0-9._+-]/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
  return {
    name: name.slice(0, 110),
    kind: 'recipe',
    recipe: {
      files: readRecipeFiles(dirname(recipe.path)),
      version,
      source: { git, ref, commit, submodules },
      source_ref: `git+${git}#${ref}`,
      farm_id: settings.id,
      timestamp: '',
      environment: injectedEnvironment(settings, publicKeys, recipe.id),
      needs: [],
      publish: false,
    },
    timeout_ms: Math.max(1, Math.round(settings.limits.build)),
  }
}
