/** Runs one command in its sandbox to its end, whatever that is, and leaves nothing of it running. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { reasonOf } from '../../native/errors.ts'
import type { AttemptResult } from '../api/result.ts'
import { openFifo } from './fifo.ts'
import { guardGroup } from './guardian.ts'
import { type JobProcesses, jobProcesses } from './processes.ts'
import type { JobLimits, SandboxedCommand } from './sandbox/request.ts'
import { readStatus } from './sandbox/shell.ts'
import { watchTime, watchUsage } from './watch.ts'

export interface RunRequest {
  readonly command: SandboxedCommand
  /** Not there yet: a pipe is made by that name. */
  readonly pipe: string
  readonly limits: JobLimits
  readonly wallMs: number
  readonly silenceMs: number
  /** Takes the output; what it throws ends the job as `infrastructure`. */
  readonly output: (chunk: Buffer) => void
  /** What a watcher that ends the job has to say about it. */
  readonly note: (text: string) => void
  /** Its reason is the result. */
  readonly stop: AbortSignal
  /** `NAME=VALUE` of its environment, by which is found what left its group, where nothing contains it. */
  readonly mark?: string
  /** From TERM to KILL, in milliseconds. */
  readonly graceMs?: number
}

const GRACE = 10_000

/** How long output may still come from what hides, in milliseconds. */
const LAST_WORDS = 500

/** Why a job is ended before it ends itself. An abort's reason may be one: `new Ending(...)`. */
export class Ending {
  readonly result: AttemptResult
  constructor(result: AttemptResult) {
    this.result = result
  }
}

/** Never throws for what the job does. */
export async function run(request: RunRequest): Promise<AttemptResult> {
  const { command, stop } = request
  if (stop.aborted) return endingOf(stop)
  const fifo = await openFifo(request.pipe)
  const child = start(command, fifo.writeEnd)
  fifo.closeWriteEnd()
  const ended = endOf(child, command.reports, request.note)
  if (child.pid === undefined) {
    fifo.destroy()
    return await ended
  }
  const processes = jobProcesses(child.pid, command.contains ? undefined : request.mark)
  const guardian = guardGroup(child.pid)
  const ending = new Stopper(child, processes, command, request.graceMs ?? GRACE)
  const time = watchTime(request, (result) => ending.stop(result))
  const usage = watchUsage(processes, request.limits, (text) => {
    request.note(text)
    ending.kill({ kind: 'signalled', signal: 9 })
  })
  const stopped = () => ending.stop(endingOf(stop))
  stop.addEventListener('abort', stopped, { once: true })
  if (stop.aborted) stopped()
  const output = fifo
    .read((chunk) => {
      time.heard()
      request.output(chunk)
    })
    .catch((error) => ending.kill(infrastructure(`cannot keep the output: ${reasonOf(error)}`)))
  const own = await ended
  time.end()
  usage.end()
  stop.removeEventListener('abort', stopped)
  await ending.over()
  // In a namespace all is gone with its first process; elsewhere daemons may have stayed.
  await processes.end()
  guardian.release()
  await Promise.race([output, later(LAST_WORDS, () => fifo.destroy())])
  await output
  return ending.result ?? own
}

/** Ends the job once: the first reason counts. */
class Stopper {
  result: AttemptResult | undefined
  readonly #child: ChildProcess
  readonly #processes: JobProcesses
  readonly #command: SandboxedCommand
  readonly #graceMs: number
  #timer: NodeJS.Timeout | undefined
  #killing: Promise<void> | undefined

  constructor(child: ChildProcess, processes: JobProcesses, command: SandboxedCommand, graceMs: number) {
    this.#child = child
    this.#processes = processes
    this.#command = command
    this.#graceMs = graceMs
  }

  /** TERM to all of it, then KILL. */
  stop(result: AttemptResult): void {
    if (this.result !== undefined) return
    this.result = result
    this.#processes.signalInner('SIGTERM')
    // The sandbox itself would take all with it at once.
    if (!this.#command.contains) this.#child.kill('SIGTERM')
    this.#timer = setTimeout(() => this.#killAll(), this.#graceMs)
  }

  kill(result: AttemptResult): void {
    this.result ??= result
    this.#killAll()
  }

  /** Resolves when nothing is killed any more: the next job must not meet what ends this one. */
  async over(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#killing
  }

  #killAll(): void {
    this.#killing ??= this.#processes.end()
  }
}

/** In a session of its own: no terminal, and a group that can be ended as a whole. */
function start(
  { program, args, environment, directory, reports }: SandboxedCommand,
  output: number,
): ChildProcess {
  return spawn(program, [...args], {
    cwd: directory,
    env: { ...environment },
    detached: true,
    stdio: ['ignore', output, output, reports ? 'pipe' : 'ignore'],
  })
}

async function endOf(
  child: ChildProcess,
  reports: boolean,
  note: (text: string) => void,
): Promise<AttemptResult> {
  const report = reports ? textOf(child.stdio[3] as Readable | null | undefined) : Promise.resolve('')
  return await new Promise((resolve) => {
    child.on('error', (error) => resolve(infrastructure(`cannot start the sandbox: ${error.message}`)))
    child.on('exit', async (code, signal) => {
      if (!reports) return resolve(plainEnd(code, signal))
      const status = readStatus(await report)
      if (status === undefined) {
        return resolve(infrastructure(`the sandbox was not made (${ended(code, signal)})`))
      }
      if (status.words !== '') note(status.words)
      resolve(status.result)
    })
  })
}

/** Bounded: the shell says a line or two. */
async function textOf(stream: Readable | null | undefined): Promise<string> {
  if (!stream) return ''
  let text = ''
  stream.setEncoding('utf8').on('error', () => {})
  for await (const part of stream) if (text.length < 4096) text += part
  return text
}

function plainEnd(code: number | null, signal: NodeJS.Signals | null): AttemptResult {
  if (signal === null) return { kind: 'exited', code: code ?? 0 }
  return { kind: 'signalled', signal: constants.signals[signal] }
}

function ended(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit status ${code}` : `killed by ${signal}`
}

function endingOf(stop: AbortSignal): AttemptResult {
  return stop.reason instanceof Ending ? stop.reason.result : { kind: 'cancelled' }
}

export function infrastructure(reason: string): AttemptResult {
  return { kind: 'infrastructure', reason }
}

function later(ms: number, action: () => void): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      action()
      resolve()
    }, ms).unref()
  })
}
