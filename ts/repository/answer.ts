/** Makes an answer of an HTTP response: what its status, range and encoding mean for what was asked. */
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { PeiError } from '../native/errors.ts'
import type { Answer, Ask, FetchRequest, Opened, TimeLimits, Validators } from './fetch-request.ts'
import { TemporaryFailure } from './retry.ts'
import { unpacked } from './unpack.ts'
import { watched } from './watch.ts'

type Response = Dispatcher.ResponseData

/** Throws PEI_FETCH_STATUS, PEI_FETCH_FAILED. A response that is not read is ended. */
export function answerOf(response: Response, request: FetchRequest, ask: Ask, limits: TimeLimits): Answer {
  const { statusCode, body } = response
  if (statusCode === 200) return opened('whole', response, request, ask, limits)
  if (statusCode === 206 && ask.after !== undefined) {
    checkRange(response, request, ask.after.offset)
    return opened('rest', response, request, ask, limits)
  }
  discard(body)
  if (statusCode === 304 && ask.unless !== undefined) return { kind: 'unchanged' }
  if (statusCode === 404 || statusCode === 410) return { kind: 'absent' }
  throw refusal(response, request)
}

/** Nobody waits for what is left of it. */
export function discard(body: Readable): void {
  body.on('error', () => undefined).destroy()
}

function refusal({ statusCode, headers }: Response, { address }: FetchRequest): PeiError {
  const after = textOf(headers['retry-after'])
  const wait = after === undefined ? '' : ` (it says: retry after ${after})`
  const message = `cannot fetch ${address}: the server answered ${statusCode}${wait}`
  const mayPass = statusCode >= 500 || statusCode === 429 || statusCode === 408 || statusCode === 416
  if (!mayPass) return new PeiError('PEI_FETCH_STATUS', message)
  // 416: what we have is longer than what the server has.
  return new TemporaryFailure('PEI_FETCH_STATUS', message, after, statusCode === 416)
}

/** `bytes 100-199/200`: exactly what was asked for, up to the end. */
function checkRange({ headers, body }: Response, { address, limit }: FetchRequest, offset: number): void {
  const text = textOf(headers['content-range']) ?? ''
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text) ?? []
  if (Number(first) === offset && Number(last) === limit - 1 && Number(size) === limit) return
  discard(body)
  throw new TemporaryFailure(
    'PEI_FETCH_FAILED',
    `cannot fetch ${address}: the server answered with the part "${text}" of ${limit} bytes, ` +
      `where bytes from ${offset} to the end were asked for`,
    undefined,
    true,
  )
}

function opened(
  kind: Opened['kind'],
  { headers, body }: Response,
  request: FetchRequest,
  ask: Ask,
  limits: TimeLimits,
): Opened {
  const encoding = textOf(headers['content-encoding'])?.toLowerCase() ?? 'identity'
  const validators = validatorsOf(headers)
  const watch = (stream: Readable) => watched(stream, limits, request)
  if (encoding === 'identity') return { kind, chunks: watch(body), length: lengthOf(headers), validators }
  const known = encodings[encoding]
  if (known === undefined || !ask.encoded) {
    discard(body)
    throw new PeiError(
      'PEI_FETCH_FAILED',
      `cannot fetch ${request.address}: the server sent it encoded as "${encoding}", which was not asked for`,
    )
  }
  // What is unpacked is watched: a stream of empty members or frames is no progress.
  return { kind, chunks: unpacked(body, known, request, watch), length: undefined, validators }
}

const encodings: Readonly<Record<string, 'gzip' | 'zstd' | undefined>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  zstd: 'zstd',
}

function lengthOf(headers: Response['headers']): number | undefined {
  const text = textOf(headers['content-length'])
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Only what can be sent back in a header of one line. */
function validatorsOf(headers: Response['headers']): Validators {
  const etag = textOf(headers.etag)
  const lastModified = textOf(headers['last-modified'])
  const isPlain = (text: string | undefined): text is string =>
    text !== undefined && text.length <= 1024 && /^[\x20-\x7e]+$/.test(text)
  return { ...(isPlain(etag) ? { etag } : {}), ...(isPlain(lastModified) ? { lastModified } : {}) }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0]
}
