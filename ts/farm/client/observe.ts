/** Follows an execution: its log from the start, then live, to its end; over broken connections, too. */
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { PeiError } from '../../native/errors.ts'
import type { LogEvents } from '../api/events.ts'
import type { ExecutionView } from '../api/execution.ts'
import { paths } from '../api/paths.ts'
import { type Connection, isPassing } from './connection.ts'
import { unreachable } from './refusal.ts'
import { readEvents } from './sse.ts'

export interface Observer {
  /** In order, each byte once. */
  log(bytes: Buffer): void
  state?(execution: ExecutionView): void
}

/** The server says something at least every 15 s. */
const SILENCE = 45_000

/** How long it is tried again, in milliseconds, and how often. */
const PATIENCE = 60_000
const WAIT = 500

/** Resolves with the execution at its end. */
export async function observe(
  connection: Connection,
  uuid: string,
  observer: Observer,
  patienceMs = PATIENCE,
): Promise<ExecutionView> {
  const progress = { offset: 0 }
  let heard = performance.now()
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', 'last-event-id': String(progress.offset) }
      const path = paths.events(uuid)
      const answer = await connection.open({ method: 'GET', path, headers, silenceMs: SILENCE })
      heard = performance.now()
      const end = await follow(answer, observer, progress)
      if (end !== undefined) return end
      heard = performance.now()
    } catch (error) {
      const passing = isPassing(error) || !(error instanceof PeiError)
      if (!passing) throw error
      if (performance.now() - heard > patienceMs) {
        throw error instanceof PeiError ? error : unreachable(connection.remote, String(error), error)
      }
    }
    await sleep(WAIT)
  }
}

/** Undefined: the connection ended before the execution did. */
async function follow(
  answer: IncomingMessage,
  observer: Observer,
  progress: { offset: number },
): Promise<ExecutionView | undefined> {
  try {
    for await (const { name, data } of readEvents(answer)) {
      if (name === 'log') {
        const { offset, content } = JSON.parse(data) as LogEvents['log']
        const bytes = Buffer.from(content, 'base64')
        const start = offset - bytes.length
        // After a reconnection it may begin earlier than was asked for.
        if (offset > progress.offset) observer.log(bytes.subarray(Math.max(0, progress.offset - start)))
        progress.offset = Math.max(progress.offset, offset)
      } else if (name === 'state') observer.state?.(JSON.parse(data) as ExecutionView)
      else if (name === 'end') return JSON.parse(data) as ExecutionView
    }
    return undefined
  } finally {
    answer.destroy()
  }
}
