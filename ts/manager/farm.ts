/**
 * Builds handed to a farm (`[farm]`): the farm fetches the sources and keeps the unsigned packages; this manager fetches those, signs
 * and publishes them itself (file 10, Jobs).
 */
import { createHash, randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { readTextFile } from '../config/text-file.ts'
import type { ExecutionView, HistoryAnswer } from '../farm/api/execution.ts'
import type { JobAnswer, JobRequest } from '../farm/api/job.ts'
import { paths } from '../farm/api/paths.ts'
import { type Connection, connect, isPassing } from '../farm/client/connection.ts'
import { fetchArtifact } from '../farm/client/fetch-artifact.ts'
import { readRecipeFiles } from '../farm/client/given-file.ts'
import { observe } from '../farm/client/observe.ts'
import { PeiError, reasonOf } from '../native/errors.ts'
import { inspectPackage, signPackage } from '../native/packages.ts'
import type { Context } from './context.ts'
import { type FarmNote, readNote, readNotes, removeNote, writeNote } from './farm-notes.ts'
import { injectedEnvironment } from './grants.ts'
import { type Job, judge, readPublished } from './judge.ts'
import type { Roster } from './model.ts'

export interface FarmBuilt {
  /** File names, sorted. */
  readonly outputs: readonly string[]
  /** Of the build, as the manifests have it. */
  readonly timestamp: string
}

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

function connectTo({ settings }: Context): Connection {
  const token = settings.farmTokenFile === '' ? undefined : readTextFile(settings.farmTokenFile, 4096).trim()
  return connect(settings.farmServer, token)
}

const keyOf = ({ recipe, version }: Job) => ({ recipe: recipe.id, version })

interface HandedIn {
  readonly name: string
  readonly executions: readonly string[]
}

/** The job of an earlier run when the farm has it, else a new one. */
async function handIn(context: Context, connection: Connection, job: Job): Promise<HandedIn> {
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
async function forget(
  { state }: Context,
  connection: Connection,
  key: Pick<FarmNote, 'recipe' | 'version'>,
  name: string,
): Promise<void> {
  await connection.ask({ method: 'DELETE', path: paths.job(name) }).catch(() => undefined)
  removeNote(state, key)
}

/** Cancels it there first. Throws when the farm cannot be asked; the note stays then. */
async function giveUp(
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

async function collect(
  { settings }: Context,
  connection: Connection,
  { recipe, version }: Job,
  views: readonly ExecutionView[],
  stage: string,
): Promise<FarmBuilt> {
  const failed = views.find(({ result }) => result?.kind !== 'exited' || result.code !== 0)
  const fail = (message: string) =>
    new PeiError('PEI_MANAGER_CHILD', `farm build ${recipe.id} ${version}: ${message}`)
  if (failed !== undefined) throw fail(`${failed.result_text} on ${failed.platform} (${failed.execution})`)
  const outputs = new Map<string, string>()
  let timestamp = ''
  for (const { execution, artifacts } of views) {
    for (const artifact of artifacts.filter(({ name }) => /^[^/]+\.peipkg$/.test(name))) {
      const known = outputs.get(artifact.name)
      if (known === artifact.sha256) continue
      if (known !== undefined) throw fail(`two platforms made different ${artifact.name}`)
      const path = await fetchArtifact(connection, execution, artifact, stage)
      timestamp = await check(path, artifact.name, version).catch((error: unknown) => {
        throw fail(reasonOf(error))
      })
      await signPackage({ path, out: path, signKey: settings.signingKeyFile })
      outputs.set(artifact.name, artifact.sha256)
    }
  }
  if (outputs.size === 0) throw fail('no .peipkg files came back')
  return { outputs: [...outputs.keys()].sort(), timestamp }
}

/** A farm is not trusted to say what it built. Returns the time of the build. */
async function check(path: string, file: string, version: string): Promise<string> {
  const { manifest: text } = await inspectPackage(path)
  const manifest = JSON.parse(text) as Readonly<Record<'name' | 'version' | 'architecture', string>> & {
    readonly build: { readonly timestamp: string }
  }
  const own = `${manifest.name}_${manifest.version}_${manifest.architecture}.peipkg`
  if (own !== file) throw new Error(`${file} is the package ${own}`)
  if (manifest.version !== version) throw new Error(`${file} is not of version ${version}`)
  return manifest.build.timestamp
}
