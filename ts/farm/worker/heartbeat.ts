/** Tells the server every few seconds that the attempt is alive, and finds out that it is over, or that nobody is there. */

import { reasonOf } from '../../native/errors.ts'
import type { HeartbeatAnswer } from '../api/attempt.ts'
import { isFenced } from '../client/refusal.ts'
import { pause } from './pause.ts'
import type { Timing } from './settings.ts'

/** The attempt is not ours any more: nothing of it is reported. */
export class Dropped extends Error {}

export interface HeartbeatRequest {
  readonly send: () => Promise<HeartbeatAnswer>
  /** How long the log has not been taken. */
  readonly stalledMs: () => number
  readonly answered: (answer: HeartbeatAnswer) => void
  /** Once, and nothing after it. */
  readonly lost: (why: Dropped) => void
  readonly timing: Timing
  /** The attempt is over. */
  readonly signal: AbortSignal
}

/** Resolves with the signal, or after `lost`. */
export async function keepAlive(request: HeartbeatRequest): Promise<void> {
  const { timing, signal } = request
  let heard = performance.now()
  const silentFor = () => Math.max(performance.now() - heard, request.stalledMs())
  // A question that hangs must not delay the verdict.
  const verdict = setInterval(
    () => {
      if (silentFor() >= timing.lost) {
        clearInterval(verdict)
        request.lost(new Dropped(`the server was out of reach for ${Math.round(timing.lost / 1000)} s`))
      }
    },
    Math.min(500, timing.lost / 4),
  )
  try {
    while (!signal.aborted) {
      await pause(timing.heartbeat, signal)
      try {
        const answer = await request.send()
        heard = performance.now()
        request.answered(answer)
      } catch (error) {
        if (signal.aborted) return
        if (isFenced(error))
          return request.lost(new Dropped(`the server gave the job away: ${reasonOf(error)}`))
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    clearInterval(verdict)
  }
}
