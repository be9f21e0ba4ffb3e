/** A worker behind networks that are slow, cut, or swallow everything. */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { anAttempt, startWorker, type TestWorker } from '../attempts.ts'
import { eventually } from '../eventually.ts'
import { type FakeServer, openFakeServer } from '../fake-server.ts'
import { type BadNetwork, openProxy } from '../proxy.ts'

let server: FakeServer
let proxy: BadNetwork
let worker: TestWorker

beforeEach(async () => {
  server = await openFakeServer()
  proxy = await openProxy(server.port)
})
afterEach(async () => {
  await worker.leave()
  await proxy.close()
  await server.close()
})

const script = `for i in $(seq 1 30); do echo "line $i"; sleep 0.03; done; seq 1 40000 >numbers`
const log = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join('')
const numbers = Array.from({ length: 40_000 }, (_, index) => `${index + 1}\n`).join('')
const sha256 = createHash('sha256').update(numbers).digest('hex')

async function isWhole(job: Awaited<ReturnType<FakeServer['give']>>): Promise<void> {
  const { result, artifacts } = await job.finished
  expect(result).toEqual({ kind: 'exited', code: 0 })
  expect(job.log.toString()).toBe(log)
  expect(artifacts).toEqual([{ name: 'numbers', bytes: numbers.length, sha256 }])
  expect(job.artifacts.get('numbers')?.equals(Buffer.from(numbers))).toBe(true)
}

it('is slow: all arrives, and the build is not held up', async () => {
  worker = startWorker(proxy.url)
  const job = await server.give(anAttempt(script))
  proxy.rate = 200_000
  await isWhole(job)
})

it('is cut again and again: all arrives, each byte once', async () => {
  worker = startWorker(proxy.url)
  const job = await server.give(anAttempt(script))
  const cutting = setInterval(() => proxy.cut(), 150)
  const easier = setTimeout(() => clearInterval(cutting), 2500)
  try {
    await isWhole(job)
    expect(proxy.connections()).toBeGreaterThan(3)
  } finally {
    clearInterval(cutting)
    clearTimeout(easier)
  }
})

it('swallows everything for a while: the job goes on, and is told when it is open again', async () => {
  worker = startWorker(proxy.url)
  const job = await server.give(anAttempt(script))
  await eventually(() => job.log.length).toBeGreaterThan(0)
  proxy.mode = 'hole'
  setTimeout(() => {
    proxy.mode = 'open'
  }, 1500)
  await isWhole(job)
})

it('swallows everything for long: the job is dropped, its group ended, and another one asked for', async () => {
  worker = startWorker(proxy.url, { timing: { heartbeat: 100, lost: 800, grace: 100, claim: 500 } })
  const job = await server.give(anAttempt('echo begun; sleep 300'))
  await eventually(() => job.log.length).toBeGreaterThan(0)
  proxy.mode = 'hole'
  await eventually(() => worker.lines.at(-1)).toMatch(/dropped: the server was out of reach for 1 s/)
  proxy.mode = 'open'
  const next = await server.give(anAttempt('echo again'))
  expect((await next.finished).result).toEqual({ kind: 'exited', code: 0 })
})
