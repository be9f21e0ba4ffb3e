/** An execution as it goes on: server-sent events, each viewer at its own pace from the file (file 10, Promises). */
import type { Context as Call } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Context } from '../context.ts'
import { executionOf } from '../ending.ts'
import { Refusal } from '../refusal.ts'
import type { ExecutionRow } from '../rows.ts'
import { executionViews } from '../views.ts'
import type { Environment } from './asking.ts'

/** At once, in bytes. */
const PIECE = 64 << 10

/** A comment so often keeps proxies from closing a silent stream; milliseconds. */
const KEEP_ALIVE = 15_000

export async function sendEvents(
  context: Context,
  c: Call<Environment>,
  row: ExecutionRow,
): Promise<Response> {
  const { token } = c.var
  let offset = offsetOf(c.req.header('last-event-id') ?? c.req.query('offset'))
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, async (stream) => {
    const signal = createSignal()
    const unfollow = context.logs.follow(row.id, signal.wake)
    stream.onAbort(signal.wake)
    let shown = ''
    try {
      while (!stream.aborted && context.tokens.holds(token)) {
        // Looked at before the log is read: what an ended one has, has been written.
        const current = (await executionOf(context, row.id)) ?? row
        const state = stateOf(context, current)
        if (state !== shown) {
          await stream.writeSSE({ event: 'state', data: await viewOf(context, current) })
          shown = state
        }
        offset = await writeLog(context, current, offset, stream)
        if (current.state === 'ended') {
          await stream.writeSSE({ event: 'end', data: await viewOf(context, current) })
          return
        }
        if (!(await signal.wait(KEEP_ALIVE))) await stream.write(': still here\n\n')
      }
    } finally {
      unfollow()
    }
  })
}

interface Sink {
  readonly aborted: boolean
  writeSSE(message: { event: string; data: string; id?: string }): Promise<void>
}

/** All that is there by now; returns where it ends. */
async function writeLog({ logs }: Context, row: ExecutionRow, from: number, stream: Sink): Promise<number> {
  let offset = from
  while (!stream.aborted) {
    const piece = await logs.read(row.id, offset, PIECE)
    if (piece.length === 0) break
    offset += piece.length
    const data = JSON.stringify({ offset, content: piece.toString('base64') })
    await stream.writeSSE({ event: 'log', id: String(offset), data })
  }
  return offset
}

/** What a viewer is told about when it changes. */
function stateOf(context: Context, { id, state, reason, tries }: ExecutionRow): string {
  return JSON.stringify([state, reason, tries, context.live.get(id)?.cancel ?? false])
}

async function viewOf(context: Context, row: ExecutionRow): Promise<string> {
  const [view] = await executionViews(context, [row])
  return JSON.stringify(view)
}

function offsetOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new Refusal('bad-request', 'an event is named by the offset after it')
}

/** Calls while nobody waits are not lost. */
function createSignal() {
  let woken = false
  let resume: ((woken: boolean) => void) | undefined
  return {
    wake() {
      woken = true
      resume?.(true)
    },
    /** False: the time is over. */
    async wait(limit: number): Promise<boolean> {
      if (!woken) {
        let timer: NodeJS.Timeout | undefined
        await new Promise<boolean>((resolve) => {
          resume = resolve
          timer = setTimeout(() => resolve(false), limit)
        })
        clearTimeout(timer)
        resume = undefined
      }
      const result = woken
      woken = false
      return result
    },
  }
}
