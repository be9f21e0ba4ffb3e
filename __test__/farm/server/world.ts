/** A server of the farm with its engine, and a worker that does what a test tells it: real HTTP, no process of its own. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFarmSettings } from '../../../ts/config/farm-settings.ts'
import type { Attempt, ClaimAnswer, ClaimRequest, FinishRequest } from '../../../ts/farm/api/attempt.ts'
import type { ExecutionView } from '../../../ts/farm/api/execution.ts'
import type { JobAnswer, JobRequest } from '../../../ts/farm/api/job.ts'
import { paths } from '../../../ts/farm/api/paths.ts'
import { attemptHeader } from '../../../ts/farm/api/version.ts'
import type { Engine } from '../../../ts/farm/engine/engine.ts'
import type { DatabaseTimes } from '../../../ts/farm/engine/postgres-lock.ts'
import { startEngine } from '../../../ts/farm/engine/start.ts'
import { documentedTimes, type Times } from '../../../ts/farm/server/context.ts'
import { type Farm, openFarm } from '../../../ts/farm/server/farm.ts'
import { type Serving, serveFarm } from '../../../ts/farm/server/http/serve.ts'

interface Answer<T = unknown> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export interface World {
  readonly farm: Farm
  readonly engine: Engine
  readonly directory: string
  readonly url: string
  readonly token: string
  /** `level message err`. */
  readonly log: readonly string[]
  /** Milliseconds that the server's clock is ahead. */
  advance(milliseconds: number): Promise<void>
  ask<T = never>(method: string, path: string, body?: unknown, options?: Asking): Promise<Answer<T>>
  /** A script job that nothing is scheduled for, run at once; the UUID of its execution. */
  submit(job: Partial<JobRequest> & { readonly name: string; readonly platform: string }): Promise<string>
  claim(worker: string, platform: string, more?: Partial<ClaimRequest>): Promise<Attempt | null>
  /** As a worker with that attempt. */
  as(attempt: Attempt): Acting
  view(execution: string): Promise<ExecutionView>
  /** The same directory and database, as after a kill. */
  restart(): Promise<void>
  close(): Promise<void>
}

interface Asking {
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly raw?: Uint8Array
}

interface Acting {
  heartbeat(): Promise<Answer<{ cancel: boolean; drain: boolean }>>
  log(offset: number, text: string): Promise<Answer<{ offset: number }>>
  upload(name: string, content: Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Answer>
  finish(request?: Partial<FinishRequest>): Promise<Answer>
}

export interface WorldRequest {
  /** Of PostgreSQL; undefined: embedded. */
  readonly database?: string | undefined
  readonly times?: Partial<Times>
  readonly databaseTimes?: DatabaseTimes
  readonly configuration?: string
}

export async function openWorld(request: WorldRequest = {}): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-farm-'))
  const configDirectory = mkdtempSync(join(tmpdir(), 'peipkg-farm-config-'))
  if (request.configuration !== undefined) {
    writeFileSync(join(configDirectory, 'farm.toml'), request.configuration)
  }
  const settings = await readFarmSettings(configDirectory, {
    ...{ directory, listen: '127.0.0.1:0', database: request.database },
  })
  const lines: string[] = []
  const line =
    (level: string) =>
    (message: string, { err }: { readonly err?: unknown } = {}) =>
      void lines.push(`${level} ${message} ${err ?? ''}`)
  const log = {
    ...{ debug: line('debug'), info: line('info'), warn: line('warn') },
    // What a test must not meet is seen.
    error: console.error,
  }
  let ahead = 0
  let engine: Engine
  let farm: Farm
  let serving: Serving
  const open = async () => {
    const lost = () => {}
    const { database } = settings
    const databaseTimes = request.databaseTimes && { times: request.databaseTimes }
    engine = await startEngine({ directory, database, log, lost, ...databaseTimes })
    const times = { ...documentedTimes, ...request.times }
    farm = await openFarm({ settings, engine, log, times, clock: { now: () => Date.now() + ahead } })
    serving = await serveFarm(farm)
  }
  const shut = async () => {
    await farm.stop()
    await serving.close()
    await engine.stop()
  }
  await open()
  const token = readFileSync(join(directory, 'admin.token'), 'utf8').trim()
  const ask = async <T>(
    method: string,
    path: string,
    body?: unknown,
    options: Asking = {},
  ): Promise<Answer<T>> => {
    const content = options.raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await fetch(serving.address + path, {
      ...{ method, headers: { authorization: `Bearer ${options.token ?? token}`, ...options.headers } },
      ...(content === undefined ? {} : { body: content }),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.startsWith('application/json') === true
    return { status: response.status, headers: response.headers, body: (json ? JSON.parse(text) : text) as T }
  }
  return {
    get farm() {
      return farm
    },
    get engine() {
      return engine
    },
    get url() {
      return serving.address
    },
    ...{ directory, token, ask, log: lines },
    async advance(milliseconds) {
      ahead += milliseconds
      await farm.tick()
    },
    async submit(job) {
      const request = { kind: 'script', script: 'true\n', period: 'never', ...job }
      const { status, body } = await ask<JobAnswer>('POST', paths.jobs, request)
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
      return body.executions[0] as string
    },
    async claim(worker, platform, more = {}) {
      const claim: ClaimRequest = {
        ...{ worker, instance: randomUUID(), platforms: [platform], architecture: 'x86_64', labels: {} },
        ...{ sandboxes: ['none'], capabilities: ['script', 'recipe'], wait_ms: 0, ...more },
      }
      const { status, body } = await ask<ClaimAnswer>('POST', paths.claims, claim)
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
      return body.attempt
    },
    as(attempt) {
      const headers = { [attemptHeader]: attempt.token }
      const { execution } = attempt
      return {
        heartbeat: () => ask('POST', paths.heartbeat(execution), undefined, { headers }),
        log: (offset, text) =>
          ask('POST', paths.attemptLog(execution, offset), undefined, { headers, raw: Buffer.from(text) }),
        upload: (name, raw, more = {}) =>
          ask('PUT', paths.upload(execution, name), undefined, { headers: { ...headers, ...more }, raw }),
        finish: (request = {}) =>
          ask(
            'POST',
            paths.finish(execution),
            { result: { kind: 'exited', code: 0 }, artifacts: [], log_bytes: 0, sandbox: 'none', ...request },
            { headers },
          ),
      }
    },
    view: async (execution) => (await ask<ExecutionView>('GET', paths.execution(execution))).body,
    async restart() {
      await shut()
      await open()
    },
    async close() {
      await shut()
      rmSync(directory, { recursive: true, force: true })
      rmSync(configDirectory, { recursive: true, force: true })
    },
  }
}
