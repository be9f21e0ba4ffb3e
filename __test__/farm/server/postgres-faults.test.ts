/** PostgreSQL that dies, falls silent or is slow under a running server (issue 6, Faults): refused by name, and nothing lost or doubled. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Attempt } from '../../../ts/farm/api/attempt.ts'
import type { HistoryAnswer } from '../../../ts/farm/api/execution.ts'
import { paths } from '../../../ts/farm/api/paths.ts'
import { eventually } from '../eventually.ts'
import { type BadNetwork, openProxy } from '../proxy.ts'
import { openPostgres, type Postgres, postgresPrograms } from './postgres.ts'
import { openWorld, type World } from './world.ts'

const programs = postgresPrograms()
let postgres: Postgres
let network: BadNetwork
let world: World

beforeAll(async () => {
  if (programs === undefined) return
  postgres = await openPostgres(programs)
  const url = new URL(postgres.create('farm'))
  network = await openProxy(Number(url.port))
  url.port = new URL(network.url).port
  world = await openWorld({ database: url.href, databaseTimes: { beat: 200, silence: 2000 } })
})
afterAll(async () => {
  await world?.close()
  await network?.close()
  await postgres?.close()
})

const health = async () => (await fetch(`${world.url}/healthz`)).status
const said = (text: string) => world.log.filter((line) => line.includes(text)).length
const job = (name: string, platform: string) => ({
  ...{ name, platform, kind: 'script', script: 'true\n', period: 'never' },
})

/** As clients and workers do it: again, until it is answered. */
async function insist<T extends { readonly status: number; readonly body: unknown }>(
  call: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const answer = await call()
    if (answer.status !== 503) return answer
    expect(answer.body).toMatchObject({ error: { code: 'unavailable' } })
    await sleep(20)
  }
}

const executionsOf = async (name: string) =>
  (await world.ask<HistoryAnswer>('GET', `${paths.history}?job=${name}`)).body.executions

describe.skipIf(programs === undefined)('PostgreSQL', () => {
  let before = { lost: 0, back: 0 }
  beforeEach(() => {
    before = { lost: said('warn the database is lost: what'), back: said('info the database is back') }
  })
  const isLost = () => eventually(health).toBe(503)
  const isBack = async () => {
    await eventually(health).toBe(200)
    expect([said('warn the database is lost: what'), said('info the database is back')]).toEqual([
      before.lost + 1,
      before.back + 1,
    ])
  }

  test('killed in the middle of jobs: each ends once, and what was answered is there', async () => {
    const names = Array.from({ length: 24 }, (_, index) => `killed-${index}`)
    const submitted = (async () => {
      for (const name of names) {
        const answer = await insist(() => world.ask('POST', paths.jobs, job(name, 'killed')))
        // Taken before the answer could be given.
        if (answer.status !== 200) expect(answer.status).toBe(409)
      }
    })()
    let ended = 0
    const work = async (worker: string) => {
      while (ended < names.length) {
        const attempt = await world.claim(worker, 'killed').catch(() => null)
        if (attempt === null) await sleep(20)
        else if ((await insist(() => world.as(attempt).finish())).status === 200) ended += 1
      }
    }
    const workers = ['k1', 'k2', 'k3'].map(work)
    await expect.poll(() => ended, { interval: 5 }).toBeGreaterThan(6)
    await postgres.kill()
    await isLost()
    expect(await world.ask('GET', paths.info)).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable' } },
    })
    await postgres.start()
    await isBack()
    await Promise.all([submitted, ...workers])
    for (const name of names) {
      const executions = await executionsOf(name)
      expect(executions.map(({ result_text }) => result_text)).toEqual(['exited 0'])
    }
  })

  test('silent: heartbeats are heard on, and the job is finished when it speaks again', async () => {
    const execution = await world.submit({ name: 'silent', platform: 'silent' })
    const attempt = (await world.claim('s1', 'silent')) as Attempt
    network.mode = 'hole'
    await isLost()
    expect((await world.as(attempt).heartbeat()).status).toBe(200)
    expect((await world.as(attempt).log(0, 'kept\n')).body).toEqual({ offset: 5 })
    expect((await world.as(attempt).finish({ log_bytes: 5 })).status).toBe(503)
    network.mode = 'open'
    await isBack()
    expect((await world.as(attempt).finish({ log_bytes: 5 })).status).toBe(200)
    expect(await world.view(execution)).toMatchObject({ result_text: 'exited 0', log_bytes: 5 })
  })

  describe.each([
    ['deaf', 'that happened'],
    ['hole', 'that did not happen'],
  ] as const)('%s', (mode, what) => {
    /** The network fails with the commit of what comes next. */
    const failAtCommit = () => {
      network.watch = (bytes) => {
        if (!bytes.includes('commit\0')) return false
        network.watch = undefined
        network.mode = mode
        return mode === 'hole'
      }
    }

    test(`a commit ${what}, unanswered: what is in memory is read again`, async () => {
      failAtCommit()
      const request = job(`doubt-${mode}`, mode)
      expect((await world.ask('POST', paths.jobs, request)).status).toBe(503)
      network.mode = 'open'
      await isBack()
      const again = await insist(() => world.ask('POST', paths.jobs, request))
      expect(again.status).toBe(mode === 'deaf' ? 409 : 200)
      await expect.poll(() => world.claim('d1', mode)).toMatchObject({ job: request.name })
      expect(await executionsOf(request.name)).toHaveLength(0)
    })

    test(`an end ${what}, unanswered: it is told again, and counts once`, async () => {
      const execution = await world.submit({ name: `end-${mode}`, platform: `end-${mode}` })
      const attempt = (await world.claim('e1', `end-${mode}`)) as Attempt
      failAtCommit()
      expect((await world.as(attempt).finish()).status).toBe(503)
      network.mode = 'open'
      await isBack()
      expect((await insist(() => world.as(attempt).finish())).status).toBe(200)
      expect(await world.view(execution)).toMatchObject({ state: 'ended', result_text: 'exited 0' })
      expect((await world.view(execution)).attempts).toHaveLength(1)
    })
  })

  test('slow: everything takes longer, nothing is lost', async () => {
    network.rate = 50_000
    const execution = await world.submit({ name: 'slow', platform: 'slow' })
    const attempt = (await world.claim('w1', 'slow')) as Attempt
    expect((await world.as(attempt).finish()).status).toBe(200)
    expect(await world.view(execution)).toMatchObject({ result_text: 'exited 0' })
    network.rate = undefined
    expect(said('warn the database is lost: what')).toBe(before.lost)
  })
})
