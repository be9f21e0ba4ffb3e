/** Runs the programs that the manager is made of, each in a process group of its own, and ends them with all they started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { PeiError, reasonOf } from '../native/errors.ts'
import type { Clock } from './model.ts'
import { endGroup, endMarked, MARK, signalProcess } from './processes.ts'

/** Takes output as it comes; the child waits for what it returns. */
export type Sink = (chunk: Buffer) => void | Promise<void>

export interface ChildRequest {
  /** A path, or a name that is looked for in PATH now. */
  readonly program: string
  readonly args: readonly string[]
  /** Beside the manager's own environment. */
  readonly environment?: Readonly<Record<string, string>>
  readonly stdout: Sink
  readonly stderr: Sink
  /** Written to its standard input, which is empty else. */
  readonly input?: string
  /** Milliseconds. */
  readonly limit: number
  /** Ends this child only. */
  readonly signal?: AbortSignal
  /** What else it starts is told by (`processes.ts`); ended with it. */
  readonly marks?: readonly string[]
}

/** All children of one manager. */
export interface Children {
  /**
   * Resolves when it ended with 0 and all that it started is gone; else throws PEI_MANAGER_CHILD, which says how:
   * `exit status 3`, `killed by SIGKILL`, `killed after 2h0m0s`.
   */
  run(request: ChildRequest): Promise<void>
  /** Kills all that run now, and all that are asked for from now on. */
  killAll(): void
  /** Aborts with `killAll`, for what waits for others than children. */
  readonly killed: AbortSignal
}

/** From SIGTERM to SIGKILL, in milliseconds: peipkg-build ends its script within the first. */
const GRACE = 10_000

/** How often it is looked whether output still comes, in milliseconds, and at most how many times. */
const LOOK = 500
const LOOKS = 4

export function createChildren(
  clock: Clock,
  stateDir: string,
  formatLimit: (ms: number) => string,
): Children {
  const inherited = { ...process.env, [MARK]: stateDir }
  const killers = new Set<() => void>()
  const killed = new AbortController()
  return {
    killed: killed.signal,
    async run(request) {
      if (killed.signal.aborted || request.signal?.aborted) throw failed('not run: the manager is stopping')
      const child = start(request, inherited)
      const kill = () => killGroup(child, 'SIGKILL')
      killers.add(kill)
      try {
        await follow(child, request, clock, formatLimit)
      } finally {
        killers.delete(kill)
      }
    },
    killAll() {
      killed.abort()
      for (const kill of killers) kill()
    },
  }
}

function start(
  { program, args, environment, input }: ChildRequest,
  inherited: NodeJS.ProcessEnv,
): ChildProcess {
  return spawn(program, [...args], {
    // A session of its own: no terminal to ask on, and a group that can be ended as a whole.
    detached: true,
    env: { ...inherited, ...environment },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
}

async function follow(
  child: ChildProcess,
  request: ChildRequest,
  clock: Clock,
  formatLimit: (ms: number) => string,
): Promise<void> {
  const ending = endOf(child)
  const output = takeOutput(child, request)
  feed(child, request.input)
  let late = false
  let grace = () => {}
  const stop = () => {
    killGroup(child, 'SIGTERM')
    grace = clock.after(GRACE, () => killGroup(child, 'SIGKILL'))
  }
  const limit = clock.after(request.limit, () => {
    late = true
    stop()
  })
  request.signal?.addEventListener('abort', stop, { once: true })
  try {
    const end = await ending
    if (late) throw failed(`killed after ${formatLimit(request.limit)}`)
    if (end !== 'exit status 0') throw failed(end)
  } finally {
    limit()
    grace()
    request.signal?.removeEventListener('abort', stop)
    await clear(child, output, request.marks)
  }
}

/** Nothing may go on writing into what is used next. */
async function clear(child: ChildProcess, output: Output, marks: readonly string[] | undefined) {
  if (child.pid !== undefined) await endGroup(child.pid)
  if (marks !== undefined) await endMarked(marks, false)
  let heard = -1
  let looks = 0
  const timer = setInterval(() => {
    // What the child wrote lies in the pipe and comes at once. What comes then is of somebody who hides from its group.
    if (output.busy) return
    looks += 1
    const silent = output.bytes === heard
    heard = output.bytes
    if (!silent && looks < LOOKS) return
    child.stdout?.destroy()
    child.stderr?.destroy()
  }, LOOK)
  await output.ended
  clearInterval(timer)
}

/** What comes out of a child. */
interface Output {
  readonly ended: Promise<unknown>
  /** That came so far. */
  readonly bytes: number
  /** Whether somebody is taking what came last. */
  readonly busy: boolean
}

function takeOutput(child: ChildProcess, request: ChildRequest): Output {
  const seen = { bytes: 0, taking: 0 }
  const noting =
    (sink: Sink): Sink =>
    async (chunk) => {
      seen.bytes += chunk.length
      seen.taking += 1
      try {
        await sink(chunk)
      } finally {
        seen.taking -= 1
      }
    }
  return {
    ended: Promise.all([
      drain(child.stdout, noting(request.stdout)),
      drain(child.stderr, noting(request.stderr)),
    ]),
    get bytes() {
      return seen.bytes
    },
    get busy() {
      return seen.taking > 0
    },
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(failed(reasonOf(error), error)))
    child.on('exit', (status, signal) => {
      resolve(signal === null ? `exit status ${status}` : `killed by ${signal}`)
    })
  })
}

/** Reads to the end, as quickly as the sink takes it. A sink that fails loses the rest, the child does not notice. */
async function drain(stream: Readable | null, sink: Sink): Promise<void> {
  if (stream === null) return
  try {
    for await (const chunk of stream) await sink(chunk as Buffer)
  } catch {
    stream.resume()
    if (!stream.destroyed) await once(stream, 'close')
  }
}

/** A child need not read what it is told. */
function feed(child: ChildProcess, input: string | undefined): void {
  if (input === undefined) return
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) signalProcess(-child.pid, signal)
}

function failed(message: string, cause?: unknown): PeiError {
  return new PeiError('PEI_MANAGER_CHILD', message, { cause })
}
