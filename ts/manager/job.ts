/** Builds and publishes one version of a recipe (§10.4): the steps, their ends, and what is told of them. */
import { mkdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { formatGoDuration } from '../config/duration.ts'
import { PeiError, reasonOf } from '../native/errors.ts'
import { buildPackages } from './build.ts'
import type { OpenLog } from './build-log.ts'
import type { Sink } from './child.ts'
import { timestampOf } from './clock.ts'
import type { Context } from './context.ts'
import { failureKey } from './failures.ts'
import { grantArguments } from './grants.ts'
import { isVersion, type Job } from './judge.ts'
import type { HistoryEntry } from './model.ts'
import type { Publication } from './publication.ts'
import { reportFailure } from './report-failure.ts'
import { fetchSource } from './source.ts'
import { stageOutputs } from './staging.ts'

/** What a build gave. */
interface Built {
  readonly outputs: readonly string[]
  /** The commit's time. */
  readonly timestamp: string
}

/** A published job whose upload is still to come. */
export interface Waiting {
  readonly job: Job
  readonly built: Built
}

/** Never throws: every failure of a job is logged and kept. Returns the job when only its upload failed. */
export async function runJob(
  context: Context,
  publication: Publication,
  job: Job,
): Promise<Waiting | undefined> {
  const { clock, counters, log, logs } = context
  const { recipe, version, tag, source } = job
  log.info('starting build', { recipe: recipe.id, tag, version, source })
  counters.attempted += 1
  const startedAt = clock.now()
  counters.inFlight = { recipe: recipe.id, version, startedAt, log: undefined }
  let file: OpenLog | undefined
  try {
    file = await logs.open(recipe.id, isVersion(version) ? version : 'invalid', startedAt)
    counters.inFlight = { recipe: recipe.id, version, startedAt, log: file.name }
    const outcome = await steps(teed(context, file), publication, job)
    if (outcome.error !== undefined) file.write(`\n${outcome.stage} failed: ${reasonOf(outcome.error)}\n`)
    remember(context, job, startedAt, file.name, outcome)
    return outcome.waiting
  } catch (error) {
    fail(context, job, 'build', error)
    remember(context, job, startedAt, file?.name, { stage: 'build', error, outputs: [] })
    return undefined
  } finally {
    file?.close()
    counters.inFlight = undefined
  }
}

/** Ends a job whose packages are where consumers find them. */
export function succeed(context: Context, { job, built }: Waiting): void {
  const { counters, failures, log } = context
  failures.clear(failureKey(job.recipe.id, job.version))
  counters.succeeded += 1
  log.info('build + publish complete', {
    recipe: job.recipe.id,
    version: job.version,
    outputs: built.outputs.length,
    build_timestamp: built.timestamp,
  })
}

/** How the steps of a job ended. */
interface Outcome {
  readonly outputs: readonly string[]
  readonly stage?: NonNullable<HistoryEntry['stage']>
  readonly error?: unknown
  readonly waiting?: Waiting
}

async function steps(context: Context, publication: Publication, job: Job): Promise<Outcome> {
  const { state, log } = context
  const places = { source: join(state.sources, jobName(job)), stage: join(state.stage, jobName(job)) }
  let step: 'fetch' | 'build' = 'fetch'
  let built: Built
  try {
    await prepare(context, job, places)
    if (context.settings.farmServer === '') {
      const timestamp = await fetchFor(context, job, places)
      step = 'build'
      built = { timestamp, outputs: await build(context, job, places, timestamp) }
    } else {
      step = 'build'
      built = await (await import('./farm.ts')).buildAtFarm(context, job, places.stage)
    }
  } catch (error) {
    await rm(places.stage, { recursive: true, force: true })
    fail(context, job, 'build', error)
    return { stage: step, error, outputs: [] }
  }
  const { outputs } = built
  try {
    stageOutputs(state, places.stage, outputs)
  } catch (error) {
    log.error('stage outputs failed', { recipe: job.recipe.id, version: job.version, err: reasonOf(error) })
    return { stage: 'stage', error, outputs }
  }
  try {
    const { uploadError } = await publication.publish(outputs)
    if (uploadError === undefined) {
      succeed(context, { job, built })
      return { outputs }
    }
    fail(context, job, 'publish', uploadError)
    return { stage: 'upload', error: uploadError, outputs, waiting: { job, built } }
  } catch (error) {
    fail(context, job, 'publish', error)
    return { stage: 'publish', error, outputs }
  }
}

/** The directories of one job. */
interface Places {
  readonly source: string
  readonly stage: string
}

async function prepare(context: Context, { version, tag }: Job, places: Places): Promise<void> {
  if (!isVersion(version)) {
    throw new PeiError('PEI_VERSION_INVALID', `tag ${tag} gives "${version}", which is no package version`)
  }
  await checkSpace(context)
  for (const path of Object.values(places)) await rm(path, { recursive: true, force: true })
  await mkdir(context.state.sources, { recursive: true })
  await mkdir(places.stage, { recursive: true })
}

/** Resolves with the time of the commit that lies in `places.source` now. */
async function fetchFor(context: Context, { recipe, tag, commit }: Job, places: Places): Promise<string> {
  return await fetchSource(context.children, {
    git: recipe.git,
    tag,
    commit,
    submodules: recipe.submodules,
    destination: places.source,
    stderr: context.output.stderr,
    limit: context.settings.limits.git,
  })
}

/** The source is gone afterwards, whatever the end. */
async function build(
  { settings, children, output, programs, publicKeys }: Context,
  { recipe, version, tag }: Job,
  { source, stage }: Places,
  timestamp: string,
): Promise<readonly string[]> {
  try {
    return await buildPackages(children, {
      program: programs.build,
      recipe,
      source,
      version,
      sourceRef: `git+${recipe.git}#refs/tags/${tag}`,
      farmId: settings.id,
      timestamp,
      out: stage,
      signKey: settings.signingKeyFile,
      grants: grantArguments(settings, publicKeys, recipe.id),
      ...output,
      limit: settings.limits.build,
    })
  } finally {
    await rm(source, { recursive: true, force: true })
  }
}

/** `<id>-<version>`. */
function jobName({ recipe, version }: Job): string {
  return `${recipe.id}-${version}`
}

async function checkSpace({ settings, state }: Context): Promise<void> {
  const { bavail, bsize } = await statfs(state.root)
  const free = bavail * bsize
  if (free >= settings.limits.minFree) return
  throw new PeiError(
    'PEI_DISK_SPACE',
    `${state.root} has ${free} bytes free, fewer than the ${settings.limits.minFree} of [limits].min_free`,
  )
}

/** What children print goes where it went and into the log. */
function teed(context: Context, file: OpenLog): Context {
  const both =
    (sink: Sink): Sink =>
    (chunk) => {
      file.write(chunk)
      return sink(chunk)
    }
  const { stdout, stderr } = context.output
  return { ...context, output: { stdout: both(stdout), stderr: both(stderr) } }
}

function fail(context: Context, job: Job, what: 'build' | 'publish', error: unknown): void {
  const { recipe, version, tag } = job
  const key = failureKey(recipe.id, version)
  const delay = context.failures.record(key, context.clock.now())
  const failures = context.failures.snapshot().get(key)?.failures ?? 1
  const err = reasonOf(error)
  context.log.error(`${what} failed`, {
    recipe: recipe.id,
    version,
    err,
    next_retry_after: formatGoDuration(delay),
  })
  reportFailure(context, { what, error: err, recipe: recipe.id, version, tag, failures })
}

function remember(
  { history, clock, log }: Context,
  { recipe, version, tag, commit, source }: Job,
  startedAt: number,
  file: string | undefined,
  { stage, error, outputs }: Outcome,
): void {
  const published = error === undefined || stage === 'upload'
  try {
    history.append({
      recipe: recipe.id,
      version,
      tag,
      commit,
      source,
      started_at: timestampOf(startedAt),
      ended_at: timestampOf(clock.now()),
      result: published ? 'published' : 'failed',
      ...(stage === undefined ? {} : { stage }),
      ...(error === undefined ? {} : { error: reasonOf(error) }),
      outputs,
      ...(file === undefined ? {} : { log: file }),
    })
  } catch (problem) {
    log.warn('history not written', { err: reasonOf(problem) })
  }
}
