/** HTTP and HTTPS: keep-alive, proxies, redirects by file 4's rule, conditions, ranges, credentials. */
import { type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { PeiError } from '../native/errors.ts'
import { answerOf, discard } from './answer.ts'
import { authorizationFor } from './credentials.ts'
import {
  type Answer,
  type Ask,
  type FetchRequest,
  type OpenSource,
  type TimeLimits,
  type TransportOptions,
  timeLimits,
} from './fetch-request.ts'
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
    open: (request, ask) => open(client, request, ask),
    close: () => agent.destroy(),
  }
}

interface Client {
  readonly agent: Dispatcher
  readonly limits: TimeLimits
  readonly signal: AbortSignal
}

async function open(client: Client, request: FetchRequest, ask: Ask): Promise<Answer> {
  return answerOf(await follow(client, request, ask), request, ask, client.limits)
}

/** The first answer that is no redirect. At most 5, never from https to http, and never out of HTTP. */
async function follow(client: Client, request: FetchRequest, ask: Ask): Promise<Dispatcher.ResponseData> {
  let address = request.address
  for (let redirects = 0; ; redirects++) {
    const { origin, pathname, search } = new URL(address)
    const response = await client.agent.request({
      origin,
      path: pathname + search,
      method: 'GET',
      signal: client.signal,
      headers: headersFor(address, request, ask),
    })
    const target = response.headers.location
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || typeof target !== 'string')
      return response
    discard(response.body)
    if (redirects === mostRedirects)
      throw refused(request, `it was redirected more than ${mostRedirects} times`)
    address = redirected(request, address, target)
  }
}

function headersFor(address: string, request: FetchRequest, { encoded, unless, after }: Ask) {
  const { location } = request
  // Another host is told nothing that was meant for this one.
  const isOurs = new URL(address).origin === new URL(request.address).origin
  const authorization = isOurs ? authorizationFor(address, location.credentials) : undefined
  return {
    'user-agent': 'peipkg',
    'accept-encoding': encoded ? 'zstd, gzip' : 'identity',
    ...(authorization === undefined ? {} : { authorization }),
    ...(unless?.etag === undefined ? {} : { 'if-none-match': unless.etag }),
    ...(unless?.lastModified === undefined ? {} : { 'if-modified-since': unless.lastModified }),
    ...(after === undefined ? {} : { range: `bytes=${after.offset}-`, 'if-range': after.validator }),
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
