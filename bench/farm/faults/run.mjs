// Server, worker, script, database and network are killed at seeded random moments while jobs are done; then every job is held
// against what it must have become:  npm run test:farm-faults [-- --jobs N] [--seed N] [--engine embedded|postgresql]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ask, call, claim, until, view } from '../client.mjs'
import { openPostgres, postgresPrograms } from '../postgres.mjs'
import { freshDirectory, startServer, startWorker } from '../processes.mjs'
import { openNetwork } from '../proxy.mjs'
import { beginChaos, scriptsBelow } from './chaos.mjs'
import { watchForIdleness } from './idle.mjs'
import { examine, nameOf, requestOf } from './jobs.mjs'

const PLATFORMS = ['one', 'two']
const WORKERS = 8
/** How many jobs wait at most while more are submitted. */
const AHEAD = 40
/** How long a job may wait for a worker that idles, in milliseconds (file 10). */
const IDLE = 15_000
const GHOSTS = 5

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', multiple: true },
  },
})
const [jobs, seed] = [Number(values.jobs), Number(values.seed)]
let passed = 0
const failures = []
for (const engine of values.engine ?? ['embedded', 'postgresql']) {
  const programs = postgresPrograms()
  if (engine === 'postgresql' && programs === undefined) {
    console.log('PostgreSQL is not installed: the embedded engine alone is tried')
  } else await tryEngine(engine, programs)
}
for (const failure of failures) console.log(`FAILED ${failure}`)
console.log(`${passed} passed, ${failures.length} failed`)
process.exit(failures.length === 0 ? 0 : 1)

async function tryEngine(engine, programs) {
  const scratch = mkdtempSync(join(tmpdir(), 'peipkg-farm-faults-'))
  const postgres = engine === 'postgresql' ? await openPostgres(programs) : undefined
  const farm = await openFarm(scratch, postgres)
  const started = Date.now()
  try {
    const idle = watchForIdleness(farm, IDLE)
    const chaos = beginChaos(farm, seed)
    const ghosts = haunt(farm)
    await submitAll(farm)
    const counts = await chaos.stop()
    console.log(`${engine}: ${jobs} jobs, seed ${seed}: ${JSON.stringify(counts)}`)
    await until(async () => await isDone(farm), 1000, 900_000)
    failures.push(...(await idle.stop()), ...(await ghosts))
    await examineAll(farm)
    console.log(`${engine}: ${Math.round((Date.now() - started) / 1000)} s`)
  } finally {
    await farm.close()
    await postgres?.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function openFarm(scratch, postgres) {
  const directory = freshDirectory(scratch, 'server')
  const database = postgres?.create('farm')
  const first = await startServer({ directory, database })
  const { address } = first
  const network = await openNetwork(address)
  const state = freshDirectory(scratch, 'workers')
  const workers = []
  const start = (index) =>
    startWorker({
      ...{ server: farm.server, url: network.url, name: `worker-${index}`, state },
      platforms: [PLATFORMS[index % PLATFORMS.length]],
    })
  const farm = {
    ...{ server: first, network, workers, lastDisturbance: 0, killedScripts: new Set() },
    disturbed() {
      farm.lastDisturbance = Date.now()
    },
    killServer: () => farm.server.kill(),
    async startServer() {
      farm.server = await startServer({ directory, database, address })
    },
    killWorker: (index) => workers[index].kill(),
    startWorker(index) {
      workers[index] = start(index)
    },
    /** The script of some worker; false: none ran. */
    async killScript(random) {
      const worker = workers[Math.floor(random() * workers.length)]
      const [script] = scriptsBelow(worker.pid)
      const info = await ask(farm.server, 'GET', '/api/v1/info').catch(() => undefined)
      const running = info?.workers.find((one) => one.worker === worker.name)?.execution
      if (script === undefined || !running) return false
      farm.killedScripts.add(running)
      try {
        process.kill(script.pid, 'SIGKILL')
      } catch {
        return false
      }
      return true
    },
    ...(postgres === undefined ? {} : { crashDatabase: () => postgres.crash() }),
    async close() {
      await Promise.all(workers.map((worker) => worker.kill()))
      await farm.server.kill()
      network.close()
    },
  }
  for (let index = 0; index < WORKERS; index++) workers.push(start(index))
  return farm
}

/** A submission whose answer is lost is repeated: the name tells whether it was taken. */
async function submitAll(farm) {
  for (let number = 0; number < jobs; number++) {
    await until(async () => (await waiting(farm)) < AHEAD, 200, 900_000)
    await until(async () => {
      const request = requestOf(number, PLATFORMS[number % PLATFORMS.length])
      const { status, body } = await call(farm.server, 'POST', '/api/v1/jobs', request).catch(() => ({
        status: 0,
      }))
      return status === 200 || body?.error?.code === 'name-used'
    }, 100)
  }
}

async function waiting(farm) {
  const info = await ask(farm.server, 'GET', '/api/v1/info').catch(() => undefined)
  if (info === undefined) return Number.POSITIVE_INFINITY
  return info.queues.reduce((sum, { executions }) => sum + executions.length, 0)
}

async function isDone(farm) {
  const info = await ask(farm.server, 'GET', '/api/v1/info').catch(() => undefined)
  return (
    info !== undefined &&
    info.running.length === 0 &&
    info.queues.every(({ executions }) => executions.length === 0)
  )
}

/** Workers that claim, say nothing more, and come back when their job has long been done by another. */
async function haunt(farm) {
  const wrong = []
  for (let number = 0; number < GHOSTS; number++) {
    await sleep(3000)
    const attempt = await claim(farm.server, `ghost-${number}`, PLATFORMS[0], { waitMs: 5000 }).catch(
      () => null,
    )
    if (attempt === null) continue
    // A server that was away gives leases time anew, so that only it can say who has the job.
    await until(async () => await isLost(farm, attempt), 500, 600_000)
    const late = await until(
      () =>
        call(
          farm.server,
          'POST',
          `/api/v1/attempts/${attempt.execution}/finish`,
          { result: { kind: 'exited', code: 99 }, artifacts: [], log_bytes: 0, sandbox: 'none' },
          { 'peipkg-attempt': attempt.token },
        ).catch(() => undefined),
      200,
    )
    if (late.status === 409) passed++
    else wrong.push(`an attempt that was lost could finish: ${late.status} ${JSON.stringify(late.body)}`)
  }
  return wrong
}

/** Somebody else has the job, or had it: until then a worker that comes back keeps it (file 10, Promises). */
async function isLost(farm, { execution, number }) {
  const found = await view(farm.server, execution).catch(() => undefined)
  return found !== undefined && (found.ended_at !== null || found.attempts.some((one) => one.number > number))
}

async function examineAll(farm) {
  for (let number = 0; number < jobs; number++) {
    const { executions } = await ask(farm.server, 'GET', `/api/v1/history?job=${nameOf(number)}&limit=10`)
    const wrong = await examine(farm.server, number, executions, farm.killedScripts)
    if (wrong.length === 0) passed++
    else failures.push(...wrong)
  }
}
