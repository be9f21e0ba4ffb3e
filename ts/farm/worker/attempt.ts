/** One attempt, from the claim to its end. The server hears of an end, or has lost us, and then nothing of the job goes on. */
import { join } from 'node:path'
import { removeTree } from '../../build/workspace.ts'
import type { Children } from '../../manager/child.ts'
import { asPeiError, reasonOf } from '../../native/errors.ts'
import type { Attempt, FinishRequest } from '../api/attempt.ts'
import type { AttemptResult } from '../api/result.ts'
import { type Connection, isPassing } from '../client/connection.ts'
import { FarmRefusal, isFenced } from '../client/refusal.ts'
import { uploadArtifact } from './artifacts.ts'
import { type Executed, execute, sandboxOf } from './execute.ts'
import { Dropped, keepAlive } from './heartbeat.ts'
import { type AttemptLink, attemptLink } from './link.ts'
import { createLogStream, type LogStream } from './log-stream.ts'
import { pause } from './pause.ts'
import { Ending, infrastructure } from './run.ts'
import type { WorkerSettings } from './settings.ts'

export interface AttemptContext {
  readonly connection: Connection
  readonly settings: WorkerSettings
  /** Runs git. */
  readonly children: Children
  /** The server wants this worker to take nothing more. */
  readonly drain: () => void
  /** Ends the job with its reason, an `Ending`: somebody stops the worker. */
  readonly stop: AbortSignal
}

/** What became of it: a result that the server knows, or why it knows none from us. */
export type AttemptEnd =
  | { readonly kind: 'finished'; readonly result: AttemptResult }
  | { readonly kind: 'dropped'; readonly reason: string }

export async function runAttempt(attempt: Attempt, context: AttemptContext): Promise<AttemptEnd> {
  const { connection, settings, stop } = context
  /** Aborts with Dropped, or at the end: nothing is sent any more. */
  const over = new AbortController()
  /** Aborts with an Ending: the job is to stop, and its result to be sent. */
  const ending = new AbortController()
  const drop = (why: Dropped) => {
    ending.abort(new Ending(infrastructure(why.message)))
    over.abort(why)
  }
  const stopped = () => ending.abort(stop.reason)
  stop.addEventListener('abort', stopped, { once: true })
  if (stop.aborted) stopped()
  const link = attemptLink(connection, attempt, over.signal)
  const base = join(settings.directory, attempt.execution)
  let log: LogStream | undefined
  const alive = keepAlive({
    send: link.heartbeat,
    stalledMs: () => log?.stalledMs() ?? 0,
    answered({ cancel, drain }) {
      if (cancel) ending.abort(new Ending({ kind: 'cancelled' }))
      if (drain) context.drain()
    },
    lost: drop,
    timing: settings.timing,
    signal: over.signal,
  })
  try {
    // A disk that is full already is a result like any other.
    const opened = openLog(`${base}.log`, attempt, link, over.signal, (error) => {
      if (isFenced(error)) drop(new Dropped(`the server gave the job away: ${reasonOf(error)}`))
      else ending.abort(new Ending(infrastructure(`the log cannot be sent: ${reasonOf(error)}`)))
    })
    log = opened.log
    const executed =
      log === undefined
        ? { result: infrastructure(`cannot write job data: ${opened.problem}`), artifacts: [] }
        : await execute(attempt, { settings, children: context.children, base, log, signal: ending.signal })
    over.signal.throwIfAborted()
    const result = await report(attempt, executed, {
      link,
      log,
      settings,
      signal: over.signal,
      ending: ending.signal,
    })
    return { kind: 'finished', result }
  } catch (error) {
    if (error instanceof Dropped) return { kind: 'dropped', reason: error.message }
    if (isFenced(error)) return { kind: 'dropped', reason: reasonOf(error) }
    throw error
  } finally {
    stop.removeEventListener('abort', stopped)
    over.abort(new Dropped('it is over'))
    await alive
    log?.close()
    removeTree(base)
    removeTree(`${base}.log`)
  }
}

interface OpenedLog {
  readonly log?: LogStream
  readonly problem?: string
}

function openLog(
  path: string,
  { limits }: Attempt,
  link: AttemptLink,
  signal: AbortSignal,
  refused: (error: unknown) => void,
): OpenedLog {
  try {
    return { log: createLogStream(path, limits.log_bytes, link.log, refused, signal) }
  } catch (error) {
    return { problem: reasonOf(error) }
  }
}

interface Reporting {
  readonly link: AttemptLink
  readonly log: LogStream | undefined
  readonly settings: WorkerSettings
  readonly signal: AbortSignal
  /** Aborted when it was cancelled while its artifacts went out. */
  readonly ending: AbortSignal
}

/** Sends what is left: artifacts, the log's end, the result. Returns the result that the server took. */
async function report(attempt: Attempt, executed: Executed, reporting: Reporting): Promise<AttemptResult> {
  const { link, log, settings, signal, ending } = reporting
  const sandbox = sandboxOf(attempt, settings)
  const finish = (result: AttemptResult, artifacts: Executed['artifacts'], logBytes: number) =>
    finishAttempt(
      link,
      {
        result,
        artifacts: artifacts.map(({ name, sha256, bytes }) => ({ name, sha256, bytes })),
        log_bytes: logBytes,
        ...(executed.build === undefined ? {} : { build: executed.build }),
        sandbox,
      },
      signal,
    )
  let { result } = executed
  try {
    for (const artifact of executed.artifacts) {
      if (ending.aborted) break
      await uploadArtifact(link, artifact, signal)
    }
    if (ending.reason instanceof Ending && executed.artifacts.length > 0) result = ending.reason.result
    await log?.drained()
    const artifacts = ending.aborted ? [] : executed.artifacts
    await finish(result, artifacts, log?.length() ?? 0)
    return result
  } catch (error) {
    signal.throwIfAborted()
    if (isFenced(error) || asPeiError(error) === undefined) throw error
    const failure = infrastructure(reasonOf(error))
    await finish(failure, [], 0)
    return failure
  }
}

/** Asked until it is answered, or the attempt is dropped. */
async function finishAttempt(link: AttemptLink, request: FinishRequest, signal: AbortSignal): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      return await link.finish(request)
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error)) throw error
      const wait = error instanceof FarmRefusal ? error.retryAfter : undefined
      await pause(wait === undefined ? Math.min(2000, 100 * 2 ** failures) : wait * 1000, signal)
    }
  }
}
