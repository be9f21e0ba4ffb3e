/** The HTTP server itself: loopback unless told otherwise, TLS when it has a certificate. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { getRequestListener } from '@hono/node-server'
import type { FarmSettings } from '../../../config/farm-settings.ts'
import { parseListenAddress } from '../../../config/listen-address.ts'
import { PeiError, reasonOf } from '../../../native/errors.ts'
import { apiVersion, versionHeader } from '../../api/version.ts'
import type { Farm } from '../farm.ts'
import { createApp } from './app.ts'
import { readCertificate } from './certificate.ts'

export interface Serving {
  /** `http://127.0.0.1:1234`. */
  readonly address: string
  close(): Promise<void>
}

/** Workers that wait for work, and viewers, each hold a connection. */
const MOST_CONNECTIONS = 4096

/** A server that listens, and says that it is starting until it serves. */
export interface Door extends Serving {
  serve(farm: Farm): void
}

export async function serveFarm(farm: Farm): Promise<Serving> {
  const door = await openDoor(farm.context.settings)
  door.serve(farm)
  return door
}

export async function openDoor(settings: FarmSettings): Promise<Door> {
  let listener: RequestListener = (_request, response) => {
    const headers = { 'Content-Type': 'application/json', 'Retry-After': '1', [versionHeader]: apiVersion }
    response.writeHead(503, headers)
    response.end('{"error":{"code":"unavailable","message":"the server is starting: try again"}}')
  }
  const handle: RequestListener = (request, response) => listener(request, response)
  const options = { headersTimeout: 10_000, requestTimeout: 0, keepAliveTimeout: 60_000 }
  const secure = settings.tlsCertificate !== ''
  const server = secure
    ? createSecureServer({ ...options, ...readCertificate(settings) }, handle)
    : createServer(options, handle)
  server.maxConnections = MOST_CONNECTIONS
  // Nothing is said on a connection for longer: long polls are answered and streams have comments before that.
  server.timeout = 120_000
  const { port } = await listen(server as Server, settings.listen)
  const host = /^(.*):\d+$/.exec(settings.listen)?.[1] || '0.0.0.0'
  return {
    address: `${secure ? 'https' : 'http'}://${host}:${port}`,
    serve(farm) {
      listener = getRequestListener(createApp(farm).fetch, { overrideGlobalObjects: false })
    },
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), 1000)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

function listen(server: Server, address: string): Promise<{ readonly port: number }> {
  const { host, port } = parseListenAddress(address)
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new PeiError('PEI_IO', `cannot listen on ${address}: ${reasonOf(error)}`, { cause: error })),
    )
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      const found = server.address()
      resolve({ port: typeof found === 'object' && found !== null ? found.port : port })
    })
  })
}
