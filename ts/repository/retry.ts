/** Tries again what may pass: a busy server, a broken connection, a transfer that stood still (file 4). */
import { setTimeout as delay } from 'node:timers/promises'
import type { ErrorCode } from '../native/codes.ts'
import { PeiError } from '../native/errors.ts'
import type { Patience } from './fetch-request.ts'

/** A failure that may pass. */
export class TemporaryFailure extends PeiError {
  /** `Retry-After`: seconds, or a date. */
  readonly after: string | undefined
  /** What had been fetched before cannot be gone on with. */
  readonly restart: boolean

  constructor(code: ErrorCode, message: string, after?: string, restart = false) {
    super(code, message)
    this.after = after
    this.restart = restart
  }
}

/** Broken connections, by the codes of Node and undici. (A refused one means that nobody is there.) */
const passing: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_SOCKET',
])

/** Runs `attempt` until it succeeds, fails for good, or patience is at its end; the last failure is thrown. */
export async function patiently<T>(
  { attempts, firstPause, longestPause }: Patience,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (signal.aborted || tried >= attempts || !mayPass(error)) throw error
      const asked = error instanceof TemporaryFailure ? askedPause(error.after) : undefined
      if (asked !== undefined && asked > longestPause) throw error
      const backoff = Math.min(longestPause, firstPause * 2 ** (tried - 1)) * (0.5 + Math.random() / 2)
      await delay(asked ?? backoff, undefined, { signal })
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof TemporaryFailure) return true
  if (error instanceof PeiError) return error.code === 'PEI_FETCH_TIMEOUT'
  const inner = error instanceof AggregateError ? error.errors[0] : error
  return passing.has(String((inner as { code?: unknown } | undefined)?.code ?? ''))
}

/** Milliseconds; undefined when the server said nothing that can be understood. */
function askedPause(after: string | undefined): number | undefined {
  if (after === undefined) return undefined
  if (/^\d{1,9}$/.test(after)) return Number(after) * 1000
  const date = Date.parse(after)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
