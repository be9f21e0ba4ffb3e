/** The job itself: its directories, its command, its sandbox, and what it leaves. */
import { statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Children } from '../../manager/child.ts'
import { MARK } from '../../manager/processes.ts'
import { asPeiError, PeiError, reasonOf } from '../../native/errors.ts'
import type { Attempt, FinishRequest } from '../api/attempt.ts'
import type { Sandbox } from '../api/job.ts'
import type { AttemptResult } from '../api/result.ts'
import { collect } from './artifacts.ts'
import { writeGiven } from './given-files.ts'
import { createJobDirectories } from './job-directories.ts'
import type { Artifact } from './link.ts'
import type { LogStream } from './log-stream.ts'
import { isForArchitecture, prepareRecipe } from './recipe.ts'
import { Ending, infrastructure, run } from './run.ts'
import { pathsInside, sandboxedCommand } from './sandbox/command.ts'
import type { InnerPaths, JobDirectories, JobLimits } from './sandbox/request.ts'
import type { WorkerSettings } from './settings.ts'

export interface ExecuteContext {
  readonly settings: WorkerSettings
  readonly children: Children
  /** Not there yet. */
  readonly base: string
  readonly log: LogStream
  /** Its reason may be an Ending. */
  readonly signal: AbortSignal
}

export interface Executed {
  readonly result: AttemptResult
  /** Of a job that exited, whatever its code. */
  readonly artifacts: readonly Artifact[]
  readonly build?: NonNullable<FinishRequest['build']>
}

/** What the sandbox lets a job find programs in. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Never throws for what the job or the disk does. */
export async function execute(attempt: Attempt, context: ExecuteContext): Promise<Executed> {
  const { log, signal } = context
  let prepared: Prepared
  try {
    prepared = await prepare(attempt, context)
  } catch (error) {
    if (signal.reason instanceof Ending) return { result: signal.reason.result, artifacts: [] }
    return failed(log, 'cannot prepare the job', error)
  }
  const result = await run(prepared.run)
  if (result.kind !== 'exited') {
    if (result.kind === 'infrastructure') tell(log, result.reason)
    return { result, artifacts: [] }
  }
  if (result.code !== 0 && isFull(dirname(context.base))) {
    return failed(log, `exited ${result.code}`, new PeiError('PEI_IO', "the worker's disk is full"))
  }
  try {
    return { result, artifacts: await leftBy(attempt, prepared, context), ...buildOf(prepared) }
  } catch (error) {
    return failed(log, 'cannot collect the artifacts', error)
  }
}

export function sandboxOf({ sandbox }: Pick<Attempt, 'sandbox'>, { sandboxes }: WorkerSettings): Sandbox {
  return sandbox ?? sandboxes[0] ?? 'none'
}

interface Prepared {
  readonly run: Parameters<typeof run>[0]
  readonly directories: JobDirectories
  /** Name → SHA-256 of what lay in the output directory before. */
  readonly given: ReadonlyMap<string, string>
  readonly build: NonNullable<FinishRequest['build']> | undefined
}

async function prepare(attempt: Attempt, context: ExecuteContext): Promise<Prepared> {
  const { settings, log, base, signal } = context
  const mode = sandboxOf(attempt, settings)
  if (!settings.sandboxes.includes(mode)) {
    throw new PeiError('PEI_FARM_SANDBOX', `the job wants sandbox ${mode}, which this worker does not have`)
  }
  const directories = createJobDirectories(base)
  const inside = pathsInside(mode, directories)
  const limits = limitsOf(attempt, settings)
  const job =
    attempt.recipe === null
      ? script(attempt, directories, inside)
      : await recipe(attempt, directories, inside, context)
  const command = sandboxedCommand(mode, {
    command: job.command,
    directories,
    environment: environmentOf(attempt, inside, settings, mode),
    limits,
    network: attempt.network,
    readable: job.readable,
  })
  return {
    run: {
      command,
      pipe: join(base, 'output'),
      limits,
      wallMs: attempt.limits.wall_ms,
      silenceMs: attempt.limits.silence_ms,
      output: (chunk) => log.append(chunk),
      note: (text) => tell(log, text),
      stop: signal,
      mark: `${MARK}=${settings.directory}`,
      graceMs: settings.timing.grace,
    },
    directories,
    given: job.given,
    build: job.build,
  }
}

interface Job {
  readonly command: readonly string[]
  readonly readable: readonly string[]
  readonly given: ReadonlyMap<string, string>
  readonly build: Prepared['build']
}

function script(attempt: Attempt, directories: JobDirectories, inside: InnerPaths): Job {
  const name = 'script'
  writeFileSync(join(directories.given, name), attempt.script, { mode: 0o755 })
  const path = join(inside.given, name)
  return {
    command: attempt.script.startsWith('#!') ? [path] : ['/bin/sh', path],
    readable: [],
    given: writeGiven(directories.output, attempt.files),
    build: undefined,
  }
}

async function recipe(
  attempt: Attempt,
  directories: JobDirectories,
  inside: InnerPaths,
  { settings, children, log, signal }: ExecuteContext,
): Promise<Job> {
  if (attempt.recipe === null || settings.buildProgram === undefined) {
    throw new PeiError('PEI_FARM_REFUSED', 'this worker has no peipkg-build')
  }
  const fetching = { children, output: (chunk: Buffer) => log.append(chunk), signal }
  const prepared = await prepareRecipe(
    attempt,
    attempt.recipe,
    directories,
    inside,
    { buildProgram: settings.buildProgram, architecture: settings.architecture },
    fetching,
  )
  return { ...prepared, given: new Map() }
}

function limitsOf({ limits }: Attempt, settings: WorkerSettings): JobLimits {
  return {
    cpuMs: limits.cpu_ms || settings.cpuMs,
    memoryBytes: limits.memory_bytes || settings.memoryBytes,
    fileBytes: limits.output_bytes,
    processes: limits.processes || settings.processes,
  }
}

/** All that a job has. The mark is for the worker that finds it again after its own death (mode `none`). */
function environmentOf(
  attempt: Attempt,
  inside: InnerPaths,
  { directory }: WorkerSettings,
  mode: Sandbox,
): Readonly<Record<string, string>> {
  return {
    PATH,
    HOME: inside.work,
    TMPDIR: inside.temporary,
    LANG: 'C.UTF-8',
    SHELL: '/bin/sh',
    USER: 'build',
    LOGNAME: 'build',
    OUTPUT_DIR: inside.output,
    WORK_DIR: inside.work,
    PEIPKG_FARM_EXECUTION: attempt.execution,
    PEIPKG_FARM_JOB: attempt.job,
    PEIPKG_FARM_PLATFORM: attempt.platform,
    ...(attempt.recipe === null ? attempt.environment : {}),
    ...(mode === 'none' ? { [MARK]: directory } : {}),
  }
}

async function leftBy(
  attempt: Attempt,
  { directories, given }: Prepared,
  { log, settings }: ExecuteContext,
): Promise<readonly Artifact[]> {
  const { artifacts, notes } = await collect(directories.output, given, attempt.limits)
  for (const note of notes) tell(log, note)
  if (attempt.recipe === null) return artifacts
  const { architecture } = settings
  const ours = artifacts.filter(({ name }) => isForArchitecture(name, architecture))
  for (const { name } of artifacts.filter((artifact) => !ours.includes(artifact))) {
    tell(log, `${name} is not for ${architecture}, and is left to another platform`)
  }
  return ours
}

function buildOf({ build }: Prepared): Pick<Executed, 'build'> {
  return build === undefined ? {} : { build }
}

/** A word of the worker in the log. A disk that is full loses it; the result says it, too. */
function tell(log: LogStream, text: string): void {
  try {
    log.append(`[peipkg-farm: ${text}]\n`)
  } catch (error) {
    if (asPeiError(error) === undefined && (error as NodeJS.ErrnoException).code === undefined) throw error
  }
}

function failed(log: LogStream, what: string, error: unknown): Executed {
  const known = asPeiError(error)
  if (known === undefined && (error as NodeJS.ErrnoException).code === undefined) throw error
  const reason =
    known?.code.startsWith('PEI_FARM') || known?.code === 'PEI_LIMIT'
      ? known.message
      : `${what}: ${reasonOf(error)}`
  tell(log, reason)
  return { result: infrastructure(reason), artifacts: [] }
}

/** Less than a script could do anything with. */
function isFull(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize < 2 ** 20
}
