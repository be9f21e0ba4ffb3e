/** Runs a build script as `sh <script>`, and ends it with everything it started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { PeiError } from '../native/errors.ts'
import { watchLeftovers } from './leftovers.ts'

export interface ScriptRequest {
  readonly script: string
  /** Where it starts: a fresh, empty directory. */
  readonly directory: string
  /** All of its environment. */
  readonly environment: Record<string, string>
  readonly timeoutSeconds: number | undefined
  readonly signal: AbortSignal
  /** Its standard output goes to our standard error. */
  readonly quiet?: boolean | undefined
}

/** From SIGTERM to SIGKILL, in milliseconds. */
const GRACE = 1000

/** Resolves when the script ended with 0; its output goes where ours goes, as it comes. */
export async function runScript(request: ScriptRequest): Promise<void> {
  if (request.signal.aborted) throw cancelled()
  const leftovers = watchLeftovers()
  const child = start(request)
  const ending = endOf(child)
  const stop = stopper(child)
  let late = false
  const timer = startTimer(request.timeoutSeconds, () => {
    late = true
    stop()
  })
  request.signal.addEventListener('abort', stop, { once: true })
  try {
    const end = await ending
    if (request.signal.aborted) throw cancelled()
    if (late) throw tooLate(request)
    if (end !== 'exit status 0')
      throw new PeiError('PEI_BUILD_SCRIPT', `the build script ${request.script} failed: ${end}`)
  } finally {
    clearTimeout(timer)
    request.signal.removeEventListener('abort', stop)
    // What the script left running must not write into a tree that is being packed.
    killGroup(child, 'SIGKILL')
    await leftovers.end()
  }
}

/** In a process group of its own. The umask is inherited at the spawn: it is ours for that moment only. */
function start(request: ScriptRequest): ChildProcess {
  const umask = process.umask(0o022)
  try {
    return spawn('sh', [request.script], {
      cwd: request.directory,
      env: request.environment,
      stdio: ['ignore', request.quiet === true ? 2 : 'inherit', 'inherit'],
      detached: true,
    })
  } finally {
    process.umask(umask)
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      reject(
        new PeiError('PEI_BUILD_SCRIPT', `cannot run sh: ${error.message} (is it on PATH?)`, {
          cause: error,
        }),
      )
    })
    child.on('exit', (status, signal) => {
      resolve(signal === null ? `exit status ${status}` : `killed by ${signal}`)
    })
  })
}

function stopper(child: ChildProcess): () => void {
  return () => {
    killGroup(child, 'SIGTERM')
    setTimeout(() => killGroup(child, 'SIGKILL'), GRACE).unref()
  }
}

function startTimer(seconds: number | undefined, action: () => void): NodeJS.Timeout | undefined {
  return seconds === undefined ? undefined : setTimeout(action, seconds * 1000)
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    // ESRCH: nobody is left in the group. EPERM: those that are left run as somebody else.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** What a build ends with when its signal aborts, wherever it is. */
export function cancelled(): PeiError {
  return new PeiError('PEI_CANCELLED', 'the build was cancelled; nothing was written')
}

function tooLate(request: ScriptRequest): PeiError {
  return new PeiError(
    'PEI_BUILD_TIMEOUT',
    `the build script ${request.script} ran longer than ${request.timeoutSeconds} s and was killed (see --timeout)`,
  )
}
