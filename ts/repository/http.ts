/** HTTP and HTTPS: keep-alive, proxies, redirects by file 4's rule, gzip transport, time limits. */
import type { Readable } from 'node:stream'
import { type Dispatcher, EnvHttpProxyAgent, request as send } from 'undici'
import { PeiError } from '../native/errors.ts'
import {
  type FetchRequest,
  type Opened,
  type OpenSource,
  type TimeLimits,
  type TransportOptions,
  timeLimits,
} from './fetch-request.ts'
import { gunzipped } from './gunzip.ts'
import { checkScheme } from './resolve-url.ts'

const mostRedirects = 5

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY are respected. */
export function openHttpClient(options: TransportOptions): { open: OpenSource; close(): Promise<void> } {
  const limits = options.limits ?? timeLimits
  const tls = options.certificates === undefined ? {} : { ca: options.certificates }
  const connect = { timeout: limits.connect, ...tls }
  const agent = new EnvHttpProxyAgent({
    // Requests at a time are bounded by who asks for them.
    connections: 32,
    connect,
    requestTls: connect,
    proxyTls: connect,
    // What is not encrypted is asked of the proxy itself: few let a tunnel be opened to port 80.
    proxyTunnel: false,
    headersTimeout: limits.headers,
    // The body has its own watch, which also sees a transfer that merely drips.
    bodyTimeout: 0,
  })
  const client: Client = { agent, limits, signal: options.signal }
  return {
    open: (request, compressed) => open(client, request, compressed),
    close: () => agent.destroy(),
  }
}

interface Client {
  readonly agent: Dispatcher
  readonly limits: TimeLimits
  readonly signal: AbortSignal
}

async function open(client: Client, request: FetchRequest, compressed: boolean): Promise<Opened | null> {
  const response = await follow(client, request, compressed)
  const { statusCode, headers, body } = response
  if (statusCode === 200) return opened(client, request, response)
  body.on('error', () => undefined).destroy()
  if (statusCode === 404 || statusCode === 410) return null
  const wait = headers['retry-after'] === undefined ? '' : ` (it says: retry after ${headers['retry-after']})`
  throw new PeiError(
    'PEI_FETCH_STATUS',
    `cannot fetch ${request.address}: the server answered ${statusCode}${wait}`,
  )
}

/** The first answer that is no redirect. At most 5, never from https to http, and never out of HTTP. */
async function follow(
  client: Client,
  request: FetchRequest,
  compressed: boolean,
): Promise<Dispatcher.ResponseData> {
  let address = request.address
  for (let redirects = 0; ; redirects++) {
    const response = await send(address, {
      dispatcher: client.agent,
      signal: client.signal,
      headers: { 'accept-encoding': compressed ? 'gzip' : 'identity', 'user-agent': 'peipkg' },
    })
    const target = response.headers.location
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || typeof target !== 'string')
      return response
    response.body.on('error', () => undefined).destroy()
    if (redirects === mostRedirects)
      throw refused(request, `it was redirected more than ${mostRedirects} times`)
    address = redirected(request, address, target)
  }
}

function redirected(request: FetchRequest, from: string, target: string): string {
  if (!URL.canParse(target, from)) throw refused(request, `it was redirected to "${target}", which is no URL`)
  const next = new URL(target, from)
  if (from.startsWith('https:') && next.protocol === 'http:') {
    throw refused(request, `it was redirected from https to ${next.href}`)
  }
  if (next.protocol !== 'https:' && next.protocol !== 'http:') {
    throw refused(request, `it was redirected to ${next.href}`)
  }
  return checkScheme(next.href, request.location)
}

function refused({ address }: FetchRequest, what: string): PeiError {
  return new PeiError('PEI_FETCH_REDIRECT', `cannot fetch ${address}: ${what}`)
}

function opened(client: Client, request: FetchRequest, response: Dispatcher.ResponseData): Opened {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  const { body, headers } = response
  const watch = (stream: Readable) => watched(stream, client.limits, request)
  if (encoding === 'identity') return { chunks: watch(body), length: lengthOf(headers) }
  if (encoding === 'gzip' || encoding === 'x-gzip') {
    // What is unpacked is watched: a stream of empty gzip members is no progress.
    return { chunks: gunzipped(body, request, watch), length: undefined }
  }
  body.on('error', () => undefined).destroy()
  throw new PeiError(
    'PEI_FETCH_FAILED',
    `cannot fetch ${request.address}: the server sent it encoded as "${encoding}", which was not asked for`,
  )
}

function lengthOf(headers: Dispatcher.ResponseData['headers']): number | undefined {
  const text = headers['content-length']
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The chunks of a document; ends it when none comes for long, or too few within a minute. */
async function* watched(body: Readable, limits: TimeLimits, request: FetchRequest): AsyncGenerator<Buffer> {
  const end = (what: string) => {
    body.destroy(new PeiError('PEI_FETCH_TIMEOUT', `cannot fetch ${request.address}: ${what}`))
  }
  let bytes = 0
  const idle = setTimeout(() => end(`no data came for ${limits.idle / 1000} s`), limits.idle)
  const window = setInterval(() => {
    if (bytes < limits.slowestBytes) end(`only ${bytes} bytes came within ${limits.window / 1000} s`)
    bytes = 0
  }, limits.window)
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      idle.refresh()
      bytes += chunk.length
      yield chunk
    }
  } finally {
    clearTimeout(idle)
    clearInterval(window)
  }
}
