/** A web server on loopback that has a repository's files, and misbehaves where it is told to. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Files } from './publication.ts'

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | undefined,
) => unknown

export interface Site {
  /** Without slash at its end. */
  readonly url: string
  /** What it has; replaced to publish. */
  files: Files
  /** By path, instead of the file; `*` for all others. */
  readonly handlers: Map<string, Handler>
  /** Paths in the order in which they were asked for. */
  readonly requests: string[]
  close(): Promise<void>
}

export async function openSite(): Promise<Site> {
  const server = createServer()
  const site: { -readonly [Key in keyof Site]: Site[Key] } = {
    url: '',
    files: new Map(),
    handlers: new Map(),
    requests: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  server.on('request', (request, response) => {
    response.on('error', () => undefined)
    const path = decodeURI(request.url ?? '').slice(1)
    site.requests.push(path)
    const handler = site.handlers.get(path) ?? site.handlers.get('*')
    const body = site.files.get(path)
    if (handler !== undefined) handler(request, response, body)
    else honest(request, response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  site.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return site
}

/** What a good server does: validators, conditions, ranges. */
export function honest(request: IncomingMessage, response: ServerResponse, body: Buffer | undefined): void {
  if (body === undefined) {
    response.writeHead(404).end()
    return
  }
  const tag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`
  response.setHeader('etag', tag)
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304).end()
    return
  }
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
  if (from === undefined || request.headers['if-range'] !== tag) {
    response.setHeader('content-length', body.length)
    response.end(body)
    return
  }
  response.writeHead(206, { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` })
  response.end(body.subarray(Number(from)))
}
