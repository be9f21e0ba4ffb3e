/** The HTTP server of one epoch: opened when watching starts, closed before a reload (§8.3, §9). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { parseListenAddress } from '../../config/listen-address.ts'
import type { ManagerConfiguration } from '../../config/manager-configuration.ts'
import { reasonOf } from '../../native/errors.ts'
import type { Endpoint, Logger, Manager } from '../model.ts'
import { plainText, send } from './answer.ts'
import { createRouter } from './route.ts'
import { missingSecret, type WebhookSecrets } from './secrets.ts'
import { createWebhookCounts } from './webhook-counts.ts'

/** Milliseconds. */
export interface HttpTimes {
  /** For the headers of a request. */
  readonly headers: number
  /** For a whole request: slow bodies. */
  readonly request: number
  /** For what is under way when the server closes. */
  readonly close: number
}

const documented: HttpTimes = { headers: 10_000, request: 60_000, close: 10_000 }

/** At the same time. */
const MOST_CONNECTIONS = 1024

export interface HttpRequest {
  readonly settings: ManagerConfiguration
  readonly secrets: WebhookSecrets
  readonly manager: Manager
  readonly log: Logger
  readonly times?: HttpTimes
}

/** What opens a server for every epoch: none when no address is configured, or when it cannot be had. */
export function createHttp(request: HttpRequest): () => Promise<Endpoint | undefined> {
  const { settings, secrets, manager, log } = request
  if (settings.httpAddr === '') return async () => undefined
  const counts = createWebhookCounts()
  const router = createRouter({ settings, secrets, manager, log, counts })
  let reloaded = false
  return async () => {
    const missing = reloaded ? missingSecret(settings, manager.roster()) : undefined
    if (missing !== undefined) log.error('webhooks are refused', { err: missing })
    reloaded = true
    const times = request.times ?? documented
    const server = createFor(router.epoch(), times, log)
    try {
      await listen(server, settings.httpAddr)
    } catch (error) {
      log.error('webhook server error', { err: reasonOf(error) })
      return undefined
    }
    server.on('error', (error) => log.error('webhook server error', { err: reasonOf(error) }))
    log.info('webhook server listening', { addr: settings.httpAddr })
    return { close: () => close(server, times.close) }
  }
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

function createFor(handle: Handler, times: HttpTimes, log: Logger): Server {
  const options = {
    headersTimeout: times.headers,
    requestTimeout: times.request,
    keepAliveTimeout: 60_000,
    connectionsCheckingInterval: Math.min(1000, times.headers),
  }
  const server = createServer(options, (request, response) => {
    // A sender that goes away while it is listened to is nobody's failure.
    response.on('error', () => undefined)
    handle(request, response).catch((error) => {
      if (!request.complete && request.destroyed) return
      log.error('webhook server error', { err: reasonOf(error) })
      if (response.headersSent) response.destroy()
      else send(response, 500, plainText, 'internal server error\n')
    })
  })
  server.maxConnections = MOST_CONNECTIONS
  return server
}

async function listen(server: Server, address: string): Promise<void> {
  const { host, port } = parseListenAddress(address)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

/** How often connections that were answered meanwhile are looked for, in milliseconds. */
const LOOK = 20

/** Idle connections at once, the others when they are answered, or when their time is over. */
function close(server: Server, limit: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), limit)
    // Node keeps a connection that is answered after this open for the sender's next request.
    const looking = setInterval(() => server.closeIdleConnections(), LOOK)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(looking)
      resolve()
    })
  })
}
