/** A server that gives out the attempts it is told to, and records what workers say about them: real HTTP, no engine. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Attempt, ClaimRequest, FinishRequest } from '../../ts/farm/api/attempt.ts'
import { attemptHeader, digestHeader, offsetHeader, versionHeader } from '../../ts/farm/api/version.ts'

interface Recorded {
  log: Buffer
  readonly artifacts: Map<string, Buffer>
  heartbeats: number
  finish: FinishRequest | undefined
  readonly finished: Promise<FinishRequest>
  cancel: boolean
  fenced: boolean
  claim: ClaimRequest
}

export interface FakeServer {
  readonly url: string
  readonly port: number
  give(attempt: Attempt): Promise<Recorded>
  /** Answers a request itself when it returns true. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  readonly uploads: string[]
  close(): Promise<void>
}

export async function openFakeServer(wanted = 0): Promise<FakeServer> {
  const waiting: { attempt: Attempt; given: (recorded: Recorded) => void }[] = []
  const claims: ((claimed: boolean) => void)[] = []
  const records = new Map<
    string,
    { attempt: Attempt; recorded: Recorded; finished: (request: FinishRequest) => void }
  >()
  const uploads: string[] = []
  const fake: { intercept: FakeServer['intercept'] } = { intercept: undefined }
  const server = createServer(async (request, response) => {
    try {
      if (fake.intercept?.(request, response) === true) return
      await serve(request, response)
    } catch {
      response.destroy()
    }
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://x')
    if (url.pathname === '/api/v1/claims') return await claim(request, response)
    const [, execution = '', what = '', name = ''] =
      /^\/api\/v1\/attempts\/([^/]+)\/(\w+)(?:\/(.+))?$/.exec(url.pathname) ?? []
    const found = records.get(execution)
    if (
      found === undefined ||
      found.recorded.fenced ||
      request.headers[attemptHeader] !== found.attempt.token
    ) {
      request.resume()
      return answer(response, 409, { error: { code: 'fenced', message: 'another has it' } })
    }
    const { recorded } = found
    if (what === 'heartbeat') {
      request.resume()
      recorded.heartbeats += 1
      return answer(response, 200, { cancel: recorded.cancel, drain: false })
    }
    if (what === 'log') {
      const offset = Number(url.searchParams.get('offset'))
      const bytes = await bodyOf(request)
      if (offset > recorded.log.length) {
        return answer(response, 416, { error: { code: 'gap', message: 'gap' }, offset: recorded.log.length })
      }
      recorded.log = Buffer.concat([recorded.log.subarray(0, offset), bytes])
      return answer(response, 200, { offset: recorded.log.length })
    }
    if (what === 'artifacts') return await artifact(request, response, recorded, decodeURIComponent(name))
    const finish = JSON.parse((await bodyOf(request)).toString()) as FinishRequest
    recorded.finish = finish
    answer(response, 200, {})
    found.finished(finish)
  }

  async function claim(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await bodyOf(request)).toString()) as ClaimRequest
    if (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, body.wait_ms ?? 1000)
        claims.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    const next = response.destroyed ? undefined : waiting.shift()
    if (next === undefined) return answer(response, 200, { attempt: null, drain: false })
    let resolve: (request: FinishRequest) => void = () => {}
    const promise = new Promise<FinishRequest>((settle) => {
      resolve = settle
    })
    const recorded: Recorded = {
      log: Buffer.alloc(0),
      artifacts: new Map(),
      heartbeats: 0,
      finish: undefined,
      finished: promise,
      cancel: false,
      fenced: false,
      claim: body,
    }
    records.set(next.attempt.execution, { attempt: next.attempt, recorded, finished: resolve })
    answer(response, 200, { attempt: next.attempt, drain: false })
    next.given(recorded)
  }

  async function artifact(
    request: IncomingMessage,
    response: ServerResponse,
    { artifacts }: Recorded,
    name: string,
  ): Promise<void> {
    const have = artifacts.get(name) ?? Buffer.alloc(0)
    if (request.method === 'HEAD') {
      response.setHeader(offsetHeader, have.length)
      return answer(response, 200)
    }
    uploads.push(`${name} ${request.headers['content-range']}`)
    await bodyOf(request, (part) => {
      artifacts.set(name, Buffer.concat([artifacts.get(name) ?? have, part]))
    })
    const bytes = artifacts.get(name) ?? have
    artifacts.set(name, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const total = Number(/\/(\d+)$/.exec(request.headers['content-range'] ?? '')?.[1])
    if (bytes.length === total && sha256 !== request.headers[digestHeader]) {
      artifacts.delete(name)
      return answer(response, 422, { error: { code: 'digest', message: 'another digest' } })
    }
    answer(response, 200, { complete: bytes.length === total, offset: bytes.length, sha256 })
  }

  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    uploads,
    get intercept() {
      return fake.intercept
    },
    set intercept(value) {
      fake.intercept = value
    },
    give(attempt) {
      return new Promise((resolve) => {
        waiting.push({ attempt, given: resolve })
        claims.shift()?.(true)
      })
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function answer(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { [versionHeader]: '1', 'content-type': 'application/json' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage, part?: (bytes: Buffer) => void): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const bytes of request) {
    parts.push(bytes as Buffer)
    part?.(bytes as Buffer)
  }
  return Buffer.concat(parts)
}
