/** What workers ask for. */
import type { Context as Call } from 'hono'
import type { ClaimRequest, FinishRequest } from '../../api/attempt.ts'
import { architectureName, labelName, platformName, workerName } from '../../api/names.ts'
import { attemptHeader, digestHeader, offsetHeader } from '../../api/version.ts'
import { appendLog, artifactOffset, authorise, finish, heartbeat, receiveArtifact } from '../attempts.ts'
import type { Live } from '../context.ts'
import { Fields } from '../decode.ts'
import type { Farm } from '../farm.ts'
import type { Range } from '../receive.ts'
import { Refusal } from '../refusal.ts'
import { noteLeave } from '../workers.ts'
import { type App, demand, type Environment } from './asking.ts'
import { MOST_PIECE, readBytes, readJson } from './bodies.ts'
import { decodeFinish } from './decode-finish.ts'

type WorkerCall = Call<Environment>

export function addWorkerRoutes(app: App, { context, claims }: Farm): void {
  const attempt = async (c: WorkerCall): Promise<Live> => {
    demand(c.var.token, 'worker')
    return await authorise(context, c.req.param('execution') as string, c.req.header(attemptHeader) ?? '')
  }
  app.post('/api/v1/claims', async (c) => {
    demand(c.var.token, 'worker')
    const request = decodeClaim(await readJson(c.env.incoming, 1 << 20))
    const gone = new AbortController()
    const response = c.env.outgoing
    response.once('close', () => gone.abort())
    return c.json(await claims.claim(request, gone.signal))
  })
  app.post('/api/v1/workers/:worker/leave', async (c) => {
    demand(c.var.token, 'worker')
    await noteLeave(context, c.req.param('worker'), decodeLeave(await readJson(c.env.incoming, 4096)))
    return c.json({})
  })
  app.post('/api/v1/attempts/:execution/heartbeat', async (c) => c.json(heartbeat(context, await attempt(c))))
  app.post('/api/v1/attempts/:execution/log', async (c) => {
    const live = await attempt(c)
    const offset = Number(c.req.query('offset') ?? Number.NaN)
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new Refusal('bad-request', '"offset" is a number of bytes')
    const content = await readBytes(c.env.incoming, MOST_PIECE)
    return c.json(await appendLog(context, live, offset, content))
  })
  // What asks with HEAD is answered as with GET, without the body.
  app.get('/api/v1/attempts/:execution/artifacts/:name', async (c) => {
    const live = await attempt(c)
    c.header(offsetHeader, String(await artifactOffset(context, live, c.req.param('name'))))
    return c.body(null, 200)
  })
  app.put('/api/v1/attempts/:execution/artifacts/:name', async (c) => {
    const live = await attempt(c)
    const sha256 = c.req.header(digestHeader) ?? ''
    if (!/^([0-9a-f]{64})?$/.test(sha256))
      throw new Refusal('bad-request', `${digestHeader} has 64 hexadecimal digits`)
    const range = rangeOf(c.req.header('content-range'), c.req.header('content-length'))
    const body = c.env.incoming as AsyncIterable<Buffer>
    const answer = await receiveArtifact(context, live, { name: c.req.param('name'), range, sha256, body })
    c.header(offsetHeader, String(answer.offset))
    return c.json(answer)
  })
  app.post('/api/v1/attempts/:execution/finish', async (c) => {
    demand(c.var.token, 'worker')
    const request: FinishRequest = decodeFinish(await readJson(c.env.incoming, 8 << 20))
    await finish(context, c.req.param('execution'), c.req.header(attemptHeader) ?? '', request)
    return c.json({})
  })
}

/** Without `Content-Range` the body is all of it; an empty file has no range at all. */
function rangeOf(header: string | undefined, length: string | undefined): Range {
  if (header === undefined) {
    const total = Number(length ?? Number.NaN)
    if (Number.isSafeInteger(total)) return { first: 0, end: total, total }
    throw new Refusal('bad-request', 'an artifact is sent with Content-Length or Content-Range')
  }
  const empty = /^bytes \*\/(\d+)$/.exec(header)
  if (empty !== null) return { first: Number(empty[1]), end: Number(empty[1]), total: Number(empty[1]) }
  const [, first, last, total] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(header) ?? []).map(Number)
  if (first === undefined || last === undefined || total === undefined || last < first || last >= total) {
    throw new Refusal(
      'bad-request',
      `Content-Range is "bytes FIRST-LAST/TOTAL", not "${header.slice(0, 100)}"`,
    )
  }
  return { first, end: last + 1, total }
}

const instancePattern = /^[\x21-\x7e]+$/

function decodeLeave(value: unknown): string {
  const fields = new Fields(value, 'leave')
  const instance = fields.text('instance', 128, instancePattern)
  fields.finish()
  return instance
}

function decodeClaim(value: unknown): ClaimRequest {
  const fields = new Fields(value, 'claim')
  const request: ClaimRequest = {
    worker: fields.text('worker', 128, workerName),
    instance: fields.text('instance', 128, instancePattern),
    platforms: fields.texts('platforms', 64, 128, platformName),
    architecture: fields.text('architecture', 64, architectureName),
    labels: fields.map('labels', labelName, 100, 256),
    sandboxes: fields.list('sandboxes', 8, oneOf(['bwrap', 'unshare', 'none'])),
    capabilities: fields.list('capabilities', 8, oneOf(['script', 'recipe'])),
    ...(fields.has('wait_ms') ? { wait_ms: fields.integer('wait_ms', 0, 30_000) } : {}),
  }
  fields.finish()
  if (request.platforms.length === 0) throw new Refusal('bad-request', 'claim: "platforms" is empty')
  return request
}

function oneOf<Word extends string>(words: readonly Word[]) {
  return (value: unknown, where: string): Word => {
    const word = words.find((known) => known === value)
    if (word !== undefined) return word
    throw new Refusal('bad-request', `${where} must be one of ${words.join(', ')}`)
  }
}
