/** The server killed at seeded random moments: every job ends once, nothing that was accepted is lost (issue 6, Faults). */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Attempt, ClaimAnswer } from '../../../ts/farm/api/attempt.ts'
import type { HistoryAnswer } from '../../../ts/farm/api/execution.ts'
import { paths } from '../../../ts/farm/api/paths.ts'
import { openPostgres, type Postgres, postgresPrograms } from '../../farm/server/postgres.ts'
import { freePort } from '../../manager/free-port.ts'
import { type Running, start } from '../../programs.ts'

const full = process.env.PEIPKG_LOAD !== undefined
const JOBS = full ? 500 : 40
const KILLS = full ? 30 : 3
const WORKERS = 4

const programs = postgresPrograms()
let postgres: Postgres | undefined
const scratch = mkdtempSync(join(tmpdir(), 'peipkg-farm-kill-'))

beforeAll(async () => {
  if (programs !== undefined) postgres = await openPostgres(programs)
})
afterAll(async () => {
  await postgres?.close()
  rmSync(scratch, { recursive: true, force: true })
})

/** Numbers that are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe.each(['pglite', ...(programs === undefined ? [] : ['postgresql'])])('killed on %s', (kind) => {
  test(`while ${JOBS} jobs are submitted and run, the server loses none and ends none twice`, async () => {
    const random = createRandom(6)
    const farm = await createFarm(kind)
    await farm.start()
    const all = Array.from({ length: JOBS }, (_, index) => `job-${index}`)
    const stop = new AbortController()
    const workers = Array.from({ length: WORKERS }, (_, index) => farm.work(`w${index}`, stop.signal))
    const submitting = (async () => {
      for (const name of all) await farm.submit(name)
    })()
    for (let kill = 0; kill < KILLS; kill++) {
      // Not by chance but by plan: after so many jobs, and a moment more.
      await farm.ended(Math.floor((JOBS * (kill + random())) / (KILLS + 1)))
      await sleep(random() * 20)
      await farm.kill()
      await farm.start()
    }
    await submitting
    const views = await farm.ended(JOBS)
    stop.abort()
    await Promise.all(workers)
    expect(views.map(({ job }) => job).sort()).toEqual([...all].sort())
    for (const view of views) {
      expect([view.result_text, view.artifacts.length]).toEqual(['exited 0', 1])
      const bytes = await farm.fetch(paths.artifact(view.execution, 'out'))
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(view.artifacts[0]?.sha256)
      const log = (await farm.fetch(paths.log(view.execution))).toString()
      expect(log.slice(view.attempts.at(-1)?.log_offset)).toBe(`${view.job}\n`)
    }
    await farm.close()
  }, 300_000)
})

async function createFarm(kind: string) {
  const directory = join(scratch, kind)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const database = kind === 'pglite' ? [] : ['--database', postgres?.create('kill') ?? '']
  const options = [
    '--dir',
    directory,
    '--config-dir',
    scratch,
    '--listen',
    `127.0.0.1:${port}`,
    '--log-level',
    'error',
  ]
  let server: Running | undefined
  const token = () => readFileSync(join(directory, 'admin.token'), 'utf8').trim()
  const call = async (
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const response = await fetch(url + path, {
      ...{ method, headers: { authorization: `Bearer ${token()}`, ...headers } },
      ...(body === undefined ? {} : { body }),
    })
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
  }
  /** Until there is a server that answers. */
  const insist = async (
    method: string,
    path: string,
    body?: string,
    headers?: Readonly<Record<string, string>>,
  ) => {
    for (;;) {
      const answer = await call(method, path, body, headers).catch(() => undefined)
      if (answer !== undefined && answer.status < 500) return answer
      await sleep(20)
    }
  }
  const work = async (worker: string, attempt: Attempt) => {
    const headers = { 'peipkg-attempt': attempt.token }
    const log = `${attempt.job}\n`
    const content = `made by ${attempt.job}`
    const beating = setInterval(
      () => void call('POST', paths.heartbeat(attempt.execution), undefined, headers).catch(() => {}),
      3000,
    )
    try {
      if ((await insist('POST', paths.attemptLog(attempt.execution, 0), log, headers)).status === 409) return
      const uploaded = await insist('PUT', paths.upload(attempt.execution, 'out'), content, headers)
      if (uploaded.status !== 200) return
      const { sha256 } = JSON.parse(uploaded.bytes.toString()) as { sha256: string }
      const artifacts = [{ name: 'out', sha256, bytes: content.length }]
      const result = {
        result: { kind: 'exited', code: 0 },
        artifacts,
        log_bytes: log.length,
        sandbox: 'none',
      }
      const { status, bytes } = await insist(
        'POST',
        paths.finish(attempt.execution),
        JSON.stringify(result),
        headers,
      )
      expect([200, 409], `${worker}: ${bytes}`).toContain(status)
    } finally {
      clearInterval(beating)
    }
  }
  return {
    async start() {
      server = start('peipkg-farm', ['server', ...options, ...database])
      await Promise.race([
        insist('GET', paths.info),
        server.ended.then(({ stderr }) => Promise.reject(new Error(`the server ended: ${stderr}`))),
      ])
    },
    async kill() {
      server?.child.kill('SIGKILL')
      await server?.ended
    },
    async close() {
      server?.child.kill('SIGTERM')
      expect((await server?.ended)?.code).toBe(0)
    },
    async submit(name: string) {
      const job = { kind: 'script', name, platform: 'p', script: 'true', period: 'never' }
      const { status, bytes } = await insist('POST', paths.jobs, JSON.stringify(job))
      // Accepted before the answer could be given.
      if (status !== 200) expect(bytes.toString()).toContain('job name already used')
    },
    async work(worker: string, signal: AbortSignal) {
      const claim = {
        worker,
        instance: worker,
        platforms: ['p'],
        architecture: 'x86_64',
        labels: {},
        sandboxes: ['none'],
      }
      while (!signal.aborted) {
        const body = JSON.stringify({ ...claim, capabilities: ['script'], wait_ms: 200 })
        const { bytes } = await insist('POST', paths.claims, body)
        const { attempt } = JSON.parse(bytes.toString()) as ClaimAnswer
        if (attempt !== null) await work(worker, attempt)
      }
    },
    /** At least so many; all that have ended. */
    async ended(count: number) {
      for (;;) {
        const { bytes } = await insist('GET', `${paths.history}?limit=1000`)
        const { executions } = JSON.parse(bytes.toString()) as HistoryAnswer
        if (executions.length >= count) return executions
        await sleep(50)
      }
    },
    fetch: async (path: string) => (await insist('GET', path)).bytes,
  }
}
