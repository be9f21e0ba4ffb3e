/** The HTTP server itself: loopback unless told otherwise, TLS when it has a certificate. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { parseListenAddress } from '../../../manager/http/address.ts'
import { PeiError, reasonOf } from '../../../native/errors.ts'
import type { Farm } from '../farm.ts'
import { createApp } from './app.ts'

export interface Serving {
  /** `http://127.0.0.1:1234`. */
  readonly address: string
  close(): Promise<void>
}

/** Workers that wait for work, and viewers, each hold a connection. */
const MOST_CONNECTIONS = 4096

export async function serveFarm(farm: Farm): Promise<Serving> {
  const { settings } = farm.context
  const listener = getRequestListener(createApp(farm).fetch, { overrideGlobalObjects: false })
  const options = { headersTimeout: 10_000, requestTimeout: 0, keepAliveTimeout: 60_000 }
  const secure = settings.tlsCertificate !== ''
  const server = secure
    ? createSecureServer(
        { ...options, cert: readKey(settings.tlsCertificate), key: readKey(settings.tlsKey) },
        listener,
      )
    : createServer(options, listener)
  server.maxConnections = MOST_CONNECTIONS
  // Nothing is said on a connection for longer: long polls are answered and streams have comments before that.
  server.timeout = 120_000
  const { port } = await listen(server as Server, settings.listen)
  const host = /^(.*):\d+$/.exec(settings.listen)?.[1] || '0.0.0.0'
  return {
    address: `${secure ? 'https' : 'http'}://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 1000).unref()
      }),
  }
}

function readKey(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function listen(server: Server, address: string): Promise<{ readonly port: number }> {
  let parsed: ReturnType<typeof parseListenAddress>
  try {
    parsed = parseListenAddress(address)
  } catch (error) {
    throw new PeiError('PEI_CONFIG_INVALID', reasonOf(error), { cause: error })
  }
  const { host, port } = parsed
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
