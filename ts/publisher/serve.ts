/** A read-only server of static files for development and small sites: ranges, conditional requests, the right headers. */
import type { Stats } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, sep } from 'node:path'
import { PeiError, reasonOf } from '../native/errors.ts'
import { checkDirectory } from './directory.ts'

export interface ServeOptions {
  readonly directory: string
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

export interface Serving {
  /** `http://127.0.0.1:8080`. */
  readonly address: string
  /** Ends what is being sent, too. */
  close(): Promise<void>
}

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  peipkg: 'application/octet-stream',
  pub: 'application/x-pem-file',
  sig: 'application/octet-stream',
  svg: 'image/svg+xml',
}

/** Listens until it is closed. Throws PEI_IO when the address cannot be had. */
export async function serve({ directory, host, port }: ServeOptions): Promise<Serving> {
  checkDirectory(directory)
  const root = await realpath(directory)
  const server = createServer((request, response) => {
    answer(root, request, response).catch(() => response.destroy())
  })
  await listen(server, host, port)
  const { address, port: taken, family } = server.address() as AddressInfo
  return {
    address: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new PeiError('PEI_IO', `cannot listen on ${host} port ${port}: ${reasonOf(error)}`, { cause: error }),
      )
    })
    server.listen(port, host, resolve)
  })
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  const path = pathOf(request.url ?? '/')
  const file = path === undefined ? undefined : await openFile(root, path)
  if (path === undefined || file === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
    return
  }
  try {
    await send(request, response, path, file)
  } finally {
    await file.handle.close()
  }
}

/** Below the directory; undefined when it leads elsewhere, to nothing, or to what is being published. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.replace(/[?#].*$/s, ''))
    const parts = path.split('/').slice(1)
    if (!path.startsWith('/') || parts.some((part) => part.startsWith('.') || part.includes('\0')))
      return undefined
    return path.endsWith('/') ? `${path.slice(1)}index.html` : path.slice(1)
  } catch {
    return undefined
  }
}

interface OpenFile {
  readonly handle: Awaited<ReturnType<typeof open>>
  readonly stats: Stats
}

/** A regular file whose real path is below the directory. */
async function openFile(root: string, path: string): Promise<OpenFile | undefined> {
  try {
    const real = await realpath(join(root, path))
    if (!real.startsWith(`${root}${sep}`)) return undefined
    const handle = await open(real, 'r')
    const stats = await handle.stat()
    if (stats.isFile()) return { handle, stats }
    await handle.close()
  } catch {
    // It is not there, or may not be read: to the client that is the same.
  }
  return undefined
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { handle, stats }: OpenFile,
): Promise<void> {
  const tag = `"${stats.ino.toString(16)}-${stats.size.toString(16)}-${Math.round(stats.mtimeMs).toString(16)}"`
  const modified = new Date(Math.floor(stats.mtimeMs / 1000) * 1000)
  response.setHeader('etag', tag)
  response.setHeader('last-modified', modified.toUTCString())
  response.setHeader('cache-control', cacheControl(path))
  if (isKnown(request, tag, modified)) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('content-type', types[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
  response.setHeader('accept-ranges', 'bytes')
  const range = rangeOf(request, tag, modified, stats.size)
  if (range === 'beyond') {
    response.writeHead(416, { 'content-range': `bytes */${stats.size}` }).end()
    return
  }
  const { start, end } = range ?? { start: 0, end: stats.size - 1 }
  response.setHeader('content-length', end - start + 1)
  if (range !== undefined) response.setHeader('content-range', `bytes ${start}-${end}/${stats.size}`)
  response.writeHead(range === undefined ? 200 : 206)
  if (request.method === 'HEAD' || stats.size === 0) {
    response.end()
    return
  }
  await new Promise((resolve) => {
    // By the handle, never by its number: a stream that is destroyed closes a number that may be somebody else's by then.
    const stream = handle.createReadStream({ start, end })
    stream.on('error', () => response.destroy())
    response.on('close', () => {
      stream.destroy()
      resolve(undefined)
    })
    stream.pipe(response)
  })
}

/** Documents a minute, keys an hour, packages a year: their content never changes under one name. */
export function cacheControl(path: string): string {
  if (path.endsWith('.peipkg')) return 'public, max-age=31536000, immutable'
  return path.startsWith('keys/') ? 'public, max-age=3600' : 'public, max-age=60'
}

/** RFC 9110 §13: a tag decides alone where the client sends one. */
function isKnown({ headers }: IncomingMessage, tag: string, modified: Date): boolean {
  const tags = headers['if-none-match']
  if (tags !== undefined)
    return tags === '*' || tags.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return since >= modified.getTime()
}

/** The one range that is asked for. Several, or one that is not understood: the whole, as RFC 9110 §14.2 allows. */
function rangeOf(
  { headers }: IncomingMessage,
  tag: string,
  modified: Date,
  size: number,
): { start: number; end: number } | 'beyond' | undefined {
  const condition = headers['if-range']?.toString()
  if (condition !== undefined && condition !== tag && Date.parse(condition) !== modified.getTime())
    return undefined
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    if (Number(last) === 0 || size === 0) return 'beyond'
    return { start: Math.max(0, size - Number(last)), end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start >= size) return 'beyond'
  return start > end ? undefined : { start, end }
}
