/** A worker: asks for a job, runs it, asks again. One job at a time, until it is told to stop. */
import { randomUUID } from 'node:crypto'
import { formatGoDuration } from '../../config/duration.ts'
import { createChildren } from '../../manager/child.ts'
import { systemClock } from '../../manager/clock.ts'
import { reasonOf } from '../../native/errors.ts'
import type { Attempt, ClaimAnswer, ClaimRequest } from '../api/attempt.ts'
import { paths } from '../api/paths.ts'
import { resultText } from '../api/result.ts'
import { type Connection, isPassing } from '../client/connection.ts'
import { FarmRefusal } from '../client/refusal.ts'
import { runAttempt } from './attempt.ts'
import { pause } from './pause.ts'
import type { WorkerSettings } from './settings.ts'

export interface WorkerRequest {
  readonly connection: Connection
  readonly settings: WorkerSettings
  /** One job, then the end. */
  readonly once: boolean
  /** A line for the operator. */
  readonly say: (line: string) => void
  /** Takes nothing more; what runs is finished. */
  readonly leave: AbortSignal
  /** Ends what runs, too; its reason is an `Ending`. */
  readonly stop: AbortSignal
}

/** The server waits as long as it was asked to; that and a little later the question is lost. */
const SLACK = 5000

/** After a job that this machine could not do, so that it does not burn one after the other. */
const PENANCE = 2000

/** How long a worker that ends waits for the server to hear of it. */
const GOODBYE = 3000

/** Resolves when it is done. Throws FarmRefusal when the server will never give it anything: a wrong token, another version. */
export async function work(request: WorkerRequest): Promise<void> {
  const { connection, settings, say, leave } = request
  const children = createChildren(systemClock, settings.directory, formatGoDuration)
  const instance = randomUUID()
  let draining = false
  let failures = 0
  while (!leave.aborted) {
    let answer: ClaimAnswer
    try {
      answer = await claim(request, instance)
      if (failures > 0) say(`${connection.remote} answers again`)
      failures = 0
    } catch (error) {
      if (leave.aborted) break
      if (!isPassing(error)) throw error
      if (failures === 0) say(`${reasonOf(error)}; trying again`)
      await pause(waitAfter(error, failures++), leave).catch(() => {})
      continue
    }
    if (answer.drain !== draining) say(answer.drain ? 'drained: takes no jobs' : 'takes jobs again')
    draining = answer.drain
    if (answer.attempt === null) {
      // A drained worker is answered at once; it asks on, to be seen and to hear of the end of it.
      if (draining) await pause(1000, leave).catch(() => {})
      continue
    }
    const context = { connection, settings, children, drain: () => {}, stop: request.stop }
    await runOne(answer.attempt, context, say, leave)
    if (request.once) break
  }
  await sayGoodbye(request, instance)
}

/** So that it is not taken for idle, then for lost. Where nobody hears it, that is what happens. */
async function sayGoodbye({ connection, settings }: WorkerRequest, instance: string): Promise<void> {
  const path = paths.leave(settings.name)
  await connection.ask({ method: 'POST', path, json: { instance }, silenceMs: GOODBYE }).catch(() => {})
}

function claim({ connection, settings, leave }: WorkerRequest, instance: string): Promise<ClaimAnswer> {
  const { name, platforms, architecture, labels, sandboxes, buildProgram, timing } = settings
  const json: ClaimRequest = {
    worker: name,
    instance,
    platforms,
    architecture,
    labels,
    sandboxes,
    capabilities: buildProgram === undefined ? ['script'] : ['script', 'recipe'],
    wait_ms: timing.claim,
  }
  const silenceMs = timing.claim + SLACK
  return connection.ask({ method: 'POST', path: paths.claims, json, signal: leave, silenceMs })
}

/** Soon at first: a server that was restarted is back within seconds. */
function waitAfter(error: unknown, failures: number): number {
  if (error instanceof FarmRefusal && error.retryAfter !== undefined) return error.retryAfter * 1000
  return Math.min(3000, 100 * 2 ** failures) * (0.5 + Math.random() / 2)
}

async function runOne(
  attempt: Attempt,
  context: Parameters<typeof runAttempt>[1],
  say: (line: string) => void,
  leave: AbortSignal,
): Promise<void> {
  const name = `${attempt.job} ${attempt.execution}`
  say(`${name}: attempt ${attempt.number} on ${attempt.platform}`)
  const end = await runAttempt(attempt, context)
  say(`${name}: ${end.kind === 'finished' ? resultText(end.result) : `dropped: ${end.reason}`}`)
  if (end.kind === 'finished' && end.result.kind === 'infrastructure') {
    await pause(PENANCE, AbortSignal.any([leave, context.stop])).catch(() => {})
  }
}
