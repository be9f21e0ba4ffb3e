/** Logs and artifacts as bytes, from wherever a client has got to. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { Context as Call } from 'hono'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { ArtifactRow, ExecutionRow } from '../rows.ts'
import { sizeOf } from '../store.ts'
import type { Environment } from './asking.ts'

type FileCall = Call<Environment>

/** A browser obeys nothing in it. */
const inert = { 'Content-Security-Policy': "default-src 'none'; sandbox" }

export async function sendLog(context: Context, c: FileCall, row: ExecutionRow): Promise<Response> {
  if (!row.kept) throw new Refusal('not-found', `the log of ${row.id} is not kept any more`)
  const bytes = await context.logs.length(row.id)
  return sendBytes(c, context.logs.path(row.id), bytes, {
    'Content-Type': 'text/plain; charset=utf-8',
    ...inert,
  })
}

export async function sendArtifact(
  context: Context,
  c: FileCall,
  row: ExecutionRow,
  name: string,
): Promise<Response> {
  const [artifact] = await context.engine.query<ArtifactRow>(
    'select * from farm.artifacts where execution = $1 and name = $2',
    [row.id, name],
  )
  if (artifact === undefined) throw new Refusal('not-found', `${row.id} has no artifact ${name}`)
  const path = context.store.path(artifact.sha256)
  const bytes = await sizeOf(path)
  if (bytes === undefined) throw new Refusal('not-found', `artifact ${name} is not kept any more`)
  const file = encodeURIComponent(name.slice(name.lastIndexOf('/') + 1))
  return sendBytes(c, path, bytes, {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename*=UTF-8''${file}`,
    'peipkg-sha256': artifact.sha256,
    ETag: `"${artifact.sha256}"`,
    ...inert,
  })
}

/** All of it, or one range. */
function sendBytes(
  c: FileCall,
  path: string,
  bytes: number,
  headers: Readonly<Record<string, string>>,
): Response {
  const range = rangeOf(c.req.header('range'), bytes)
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  c.header('Accept-Ranges', 'bytes')
  if (range === 'beyond') {
    c.header('Content-Range', `bytes */${bytes}`)
    throw new Refusal('gap', `there are ${bytes} bytes only`, { offset: bytes })
  }
  const [first, end] = range ?? [0, bytes]
  c.header('Content-Length', String(end - first))
  if (range !== undefined) c.header('Content-Range', `bytes ${first}-${end - 1}/${bytes}`)
  const status = range === undefined ? 200 : 206
  if (c.req.method === 'HEAD' || end === first) return c.body(null, status)
  const stream = createReadStream(path, { start: first, end: end - 1, highWaterMark: 1 << 18 })
  return c.body(Readable.toWeb(stream) as ReadableStream, status)
}

/** The first and the byte after the last; undefined: no range was asked for, or one that we need not know. */
function rangeOf(
  header: string | undefined,
  bytes: number,
): readonly [number, number] | 'beyond' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') return bytes === 0 ? 'beyond' : [Math.max(0, bytes - Number(last)), bytes]
  if (Number(first) >= bytes) return 'beyond'
  const end = last === '' ? bytes : Math.min(bytes, Number(last) + 1)
  return end <= Number(first) ? undefined : [Number(first), end]
}
