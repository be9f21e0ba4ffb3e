/**
 * Builds handed to a farm (`[farm]`): the farm fetches the sources and keeps the unsigned packages; this manager fetches those, signs
 * and publishes them itself (file 10, Jobs).
 */
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { readTextFile } from '../config/text-file.ts'
import type { ExecutionView } from '../farm/api/execution.ts'
import type { JobAnswer, JobRequest } from '../farm/api/job.ts'
import { paths } from '../farm/api/paths.ts'
import { type Connection, connect } from '../farm/client/connection.ts'
import { fetchArtifact } from '../farm/client/fetch-artifact.ts'
import { readRecipeFiles } from '../farm/client/given-file.ts'
import { observe } from '../farm/client/observe.ts'
import { PeiError, reasonOf } from '../native/errors.ts'
import { inspectPackage, signPackage } from '../native/packages.ts'
import type { Context } from './context.ts'
import { injectedEnvironment } from './grants.ts'
import type { Job } from './judge.ts'

export interface FarmBuilt {
  /** File names, sorted. */
  readonly outputs: readonly string[]
  /** Of the build, as the manifests have it. */
  readonly timestamp: string
}

/** Into the directory `stage`. Throws PEI_MANAGER_CHILD with the farm's result, and what the farm refuses. */
export async function buildAtFarm(context: Context, job: Job, stage: string): Promise<FarmBuilt> {
  const { settings, children } = context
  const token = settings.farmTokenFile === '' ? undefined : readTextFile(settings.farmTokenFile, 4096).trim()
  const connection = connect(settings.farmServer, token)
  const request = requestFor(context, job)
  try {
    const { executions } = await connection.ask<JobAnswer>({
      method: 'POST',
      path: paths.jobs,
      json: request,
    })
    const views: ExecutionView[] = []
    try {
      for (const execution of executions) views.push(await follow(context, connection, execution))
    } catch (error) {
      if (children.killed.aborted) await cancelAll(connection, executions)
      throw error
    }
    return await collect(context, connection, job, views, stage)
  } finally {
    // Its history stays at the farm; the next try has a name of its own.
    await connection.ask({ method: 'DELETE', path: paths.job(request.name) }).catch(() => undefined)
    connection.close()
  }
}

function requestFor({ settings, publicKeys }: Context, { recipe, version, tag, commit }: Job): JobRequest {
  const { git, submodules } = recipe
  const ref = `refs/tags/${tag}`
  const name = `${settings.id}-${recipe.id}-${version}`
    .replace(/[^A-Za-z0-9._+-]/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
  return {
    name: `${name.slice(0, 110)}-${randomBytes(6).toString('hex')}`,
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

async function cancelAll(connection: Connection, executions: readonly string[]): Promise<void> {
  for (const execution of executions) {
    await connection.ask({ method: 'POST', path: paths.cancel(execution) }).catch(() => undefined)
  }
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
