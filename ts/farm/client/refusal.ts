/** What a farm says no with, and what it means that it says nothing. */
import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../../native/codes.ts'
import { PeiError } from '../../native/errors.ts'
import { apiVersion, type ErrorAnswer, type ErrorWord } from '../api/version.ts'

/** The message is the server's, for people: `job name already used`. */
export class FarmRefusal extends PeiError {
  readonly status: number
  readonly word: ErrorWord
  /** Its other fields, as `offset` of a gap. */
  readonly answer: Readonly<Record<string, unknown>>
  /** Seconds after which to ask again, where it says so. */
  readonly retryAfter: number | undefined

  constructor(
    code: ErrorCode,
    status: number,
    word: ErrorWord,
    message: string,
    answer: Readonly<Record<string, unknown>>,
    retryAfter: number | undefined,
  ) {
    super(code, message)
    this.status = status
    this.word = word
    this.answer = answer
    this.retryAfter = retryAfter
  }
}

/** Of any answer that is no success; of HEAD there is no text. */
export function readRefusal(answer: IncomingMessage, text: string): FarmRefusal {
  const status = answer.statusCode ?? 0
  const found = parse(text)
  const { code, message } = found?.error ?? {
    code: 'internal',
    message: `the farm answers with status ${status}`,
  }
  const ours: ErrorCode = status === 401 || status === 403 ? 'PEI_FARM_TOKEN' : 'PEI_FARM_REFUSED'
  const seconds = Number(answer.headers['retry-after'])
  const retryAfter = Number.isSafeInteger(seconds) ? seconds : undefined
  return new FarmRefusal(ours, status, code, message, { ...found }, retryAfter)
}

function parse(text: string): ErrorAnswer | undefined {
  try {
    const found = JSON.parse(text) as Partial<ErrorAnswer> | null
    return typeof found?.error?.message === 'string' ? (found as ErrorAnswer) : undefined
  } catch {
    return undefined
  }
}

export function unreachable(remote: string, reason: string, cause?: unknown): PeiError {
  const message = `cannot reach the farm at ${remote}: ${reason} (is it running? see --remote)`
  return new PeiError('PEI_FARM_UNREACHABLE', message, { cause })
}

export function otherVersion(
  remote: string,
  theirs: string | string[] | undefined,
  status: number,
): PeiError {
  const what =
    theirs === undefined
      ? `what answers at ${remote} is no peipkg-farm${status < 400 ? '' : ` (it answers with status ${status})`}`
      : `the farm at ${remote} speaks version ${theirs} of the API, this program version ${apiVersion}`
  return new PeiError('PEI_FARM_REFUSED', what)
}

/** Whether another worker has the attempt, or nobody any more. */
export function isFenced(error: unknown): boolean {
  return (
    error instanceof FarmRefusal && (error.status === 409 || error.status === 404 || error.status === 410)
  )
}
