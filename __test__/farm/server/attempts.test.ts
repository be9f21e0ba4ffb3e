/** Fencing, loss, retries, cancelling: what becomes of attempts (file 10, Promises). */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Attempt } from '../../../ts/farm/api/attempt.ts'
import type { InfoAnswer, WorkersAnswer } from '../../../ts/farm/api/info.ts'
import { paths } from '../../../ts/farm/api/paths.ts'
import { forgetWorkers } from '../../../ts/farm/server/workers.ts'
import { onEveryEngine } from './engines.ts'

const code = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code?: string } }).error?.code,
]

onEveryEngine('attempts', {}, (world) => {
  const claimed = async (worker: string, platform: string): Promise<Attempt> => {
    const attempt = await world().claim(worker, platform)
    if (attempt === null) throw new Error(`nothing for ${worker}`)
    return attempt
  }

  test('a lost attempt is claimed by another worker, and its own can change nothing any more', async () => {
    const execution = await world().submit({ name: 'lost', platform: 'lost' })
    const first = await claimed('l1', 'lost')
    await world().as(first).log(0, 'first\n')
    await world().advance(11_000)
    const view = await world().view(execution)
    expect(view.state).toBe('queued')
    expect(view.reason).toContain('retried after attempt 1 on l1: the worker is lost')
    const second = await claimed('l2', 'lost')
    expect(second).toMatchObject({ execution, number: 2 })
    expect(second.token).not.toBe(first.token)
    const old = world().as(first)
    const answers = [
      await old.heartbeat(),
      await old.log(6, 'x'),
      await old.upload('a', Buffer.from('a')),
      await old.finish(),
    ]
    expect(answers.map(code)).toEqual(Array(4).fill([409, 'fenced']))
    await world().as(second).log(0, 'second\n')
    await world()
      .as(second)
      .finish({ result: { kind: 'exited', code: 3 }, log_bytes: 7 })
    expect(await world().view(execution)).toMatchObject({ result_text: 'exited 3', artifacts: [] })
    const log = 'first\n[peipkg-farm: attempt 2 on l2]\nsecond\n'
    expect((await world().ask('GET', paths.log(execution))).body).toBe(log)
    const { attempts } = await world().view(execution)
    expect(attempts.map(({ log_offset }) => log.slice(log_offset, log_offset + 7))).toEqual([
      'first\n[',
      'second\n',
    ])
  })

  test('the line between two attempts is there once, wherever the server was killed', async () => {
    const execution = await world().submit({ name: 'divided', platform: 'divided' })
    await world()
      .as(await claimed('d1', 'divided'))
      .log(0, 'left open')
    await world().advance(11_000)
    const second = await claimed('d2', 'divided')
    const file = world().farm.context.logs.path(execution)
    const line = '\n[peipkg-farm: attempt 2 on d2]\n'
    expect(readFileSync(file, 'utf8')).toBe(`left open${line}`)
    for (const written of ['left open', `left open${line.slice(0, 7)}`, `left open${line}`]) {
      await world().restart()
      writeFileSync(file, written)
      await world().as(second).heartbeat()
      expect((await world().as(second).log(0, 'on\n')).body).toEqual({ offset: 3 })
      expect(readFileSync(file, 'utf8')).toBe(`left open${line}on\n`)
      expect((await world().as(second).log(0, 'on\n')).body).toEqual({ offset: 3 })
    }
    expect((await world().as(second).finish({ log_bytes: 3 })).status).toBe(200)
    expect((await world().ask('GET', paths.log(execution))).body).toBe(`left open${line}on\n`)
  })

  test('the engine by itself accepts the completion of a stale worker', async () => {
    const { engine } = world()
    await engine.createQueue('stale')
    const id = '00000000-0000-4000-8000-000000000001'
    await engine.transaction((tx) => tx.enqueue('stale', id, 0))
    expect(await engine.transaction((tx) => tx.fetch('stale'))).toBe(id)
    // Whoever knows the id ends the job, whether it is the one that has it or not: our token is what keeps it out.
    await engine.transaction((tx) => tx.remove('stale', id))
    expect(await engine.transaction((tx) => tx.fetch('stale'))).toBeUndefined()
  })

  test('a worker that was thought lost keeps its job while nobody else has it', async () => {
    const execution = await world().submit({ name: 'back', platform: 'back' })
    const attempt = await claimed('b1', 'back')
    await world().as(attempt).heartbeat()
    await world().advance(11_000)
    expect((await world().view(execution)).state).toBe('queued')
    expect((await world().as(attempt).heartbeat()).status).toBe(200)
    expect(await world().claim('b2', 'back')).toBeNull()
    expect((await world().as(attempt).finish()).status).toBe(200)
    expect(await world().view(execution)).toMatchObject({ state: 'ended', result_text: 'exited 0' })
  })

  test('a stale worker changes nothing, although the engine alone would take its word', async () => {
    const execution = await world().submit({ name: 'stale', platform: 'stale' })
    const first = await claimed('t1', 'stale')
    await world().advance(11_000)
    const second = await claimed('t2', 'stale')
    const rows = async () => [
      await world().engine.query('select * from pgboss.job where id::text = $1', [execution]),
      await world().engine.query('select * from farm.executions where id = $1', [execution]),
      await world().engine.query('select * from farm.attempts where execution = $1 order by number', [
        execution,
      ]),
    ]
    const before = await rows()
    const late = world().as(first)
    expect(code(await late.finish())).toEqual([409, 'fenced'])
    expect(code(await late.finish({ result: { kind: 'infrastructure', reason: 'late' } }))).toEqual([
      409,
      'fenced',
    ])
    expect(await rows()).toEqual(before)
    // Of the engine itself any worker completes any job that was fetched.
    const { PgBoss } = await import('pg-boss')
    const { kind, query } = world().engine
    const db = {
      executeSql: async (text: string, values: unknown[] = []) => ({
        rows: [...(await query(text, values))],
      }),
    }
    const boss = new PgBoss({
      db,
      backend: kind === 'pglite' ? 'pglite' : 'postgres',
      migrate: false,
      supervise: false,
      schedule: false,
    })
    await boss.start()
    const [queue] = await query<{ queue: string }>('select queue from farm.executions where id = $1', [
      execution,
    ])
    await boss.complete(queue?.queue ?? '', execution)
    await boss.stop({ graceful: false, close: false })
    const [job] = await query<{ state: string }>(
      'select state::text as state from pgboss.job where id::text = $1',
      [execution],
    )
    expect(job?.state).toBe('completed')
    expect((await world().view(execution)).state).toBe('running')
    expect(await world().claim('t3', 'stale')).toBeNull()
    expect((await world().as(second).heartbeat()).status).toBe(200)
    expect(
      (
        await world()
          .as(second)
          .finish({ result: { kind: 'exited', code: 4 } })
      ).status,
    ).toBe(200)
    expect(await world().view(execution)).toMatchObject({ state: 'ended', result_text: 'exited 4' })
  })

  test('infrastructure is tried three times more, each time elsewhere; then it is the result', async () => {
    const execution = await world().submit({ name: 'infra', platform: 'infra' })
    const result = { kind: 'infrastructure', reason: 'no space left' } as const
    for (const worker of ['i1', 'i2', 'i3', 'i4']) {
      expect(
        await world()
          .as(await claimed(worker, 'infra'))
          .finish({ result }),
      ).toMatchObject({ status: 200 })
    }
    const view = await world().view(execution)
    expect([view.state, view.result_text, view.attempts.length]).toEqual([
      'ended',
      'infrastructure: no space left',
      4,
    ])
  })

  test('the worker that failed gets it again only when no other is there', async () => {
    const execution = await world().submit({ name: 'excluded', platform: 'excluded' })
    const result = { kind: 'infrastructure', reason: 'no git' } as const
    await world()
      .as(await claimed('e1', 'excluded'))
      .finish({ result })
    expect(await world().claim('e1', 'excluded')).toBeNull()
    expect((await world().view(execution)).reason).toContain('no worker fits: e1 failed it before')
    await world().advance(16_000)
    expect(await world().claim('e1', 'excluded')).toMatchObject({ execution, number: 2 })
  })

  test('what a script exits with is its result, and is not tried again', async () => {
    const execution = await world().submit({ name: 'exit', platform: 'exit' })
    await world()
      .as(await claimed('x1', 'exit'))
      .finish({ result: { kind: 'signalled', signal: 9 } })
    expect(await world().view(execution)).toMatchObject({ state: 'ended', result_text: 'signalled 9' })
    expect(await world().claim('x2', 'exit')).toBeNull()
  })

  test('cancelling ends what waits at once, and tells the worker of what runs', async () => {
    const waiting = await world().submit({ name: 'cancel-waiting', platform: 'cancel' })
    expect((await world().ask('POST', paths.cancel(waiting))).status).toBe(200)
    expect(await world().view(waiting)).toMatchObject({ state: 'ended', result_text: 'cancelled' })
    const running = await world().submit({ name: 'cancel-running', platform: 'cancel' })
    const attempt = await claimed('c1', 'cancel')
    await world().ask('POST', paths.cancel(running))
    expect((await world().as(attempt).heartbeat()).body.cancel).toBe(true)
    await world()
      .as(attempt)
      .finish({ result: { kind: 'cancelled' } })
    expect(await world().view(running)).toMatchObject({ result_text: 'cancelled' })
    expect(code(await world().ask('POST', paths.cancel(running)))).toEqual([409, 'conflict'])
  })

  test('a cancelled attempt whose worker is lost is not tried again', async () => {
    const execution = await world().submit({ name: 'cancel-lost', platform: 'cancel-lost' })
    await claimed('k1', 'cancel-lost')
    await world().ask('POST', paths.cancel(execution))
    await world().advance(11_000)
    expect(await world().view(execution)).toMatchObject({ state: 'ended', result_text: 'cancelled' })
  })

  test('an answer to a claim that was lost is given again; a worker that asks for more has given up', async () => {
    const execution = await world().submit({ name: 'again', platform: 'again' })
    const first = await world().claim('g1', 'again', { instance: 'one' })
    const again = await world().claim('g1', 'again', { instance: 'one' })
    expect(again).toMatchObject({ execution, number: 1 })
    expect(again?.token).not.toBe(first?.token)
    await world()
      .as(again as Attempt)
      .heartbeat()
    expect(await world().claim('g1', 'again', { instance: 'one' })).toBeNull()
    expect((await world().view(execution)).reason).toContain('the worker gave it up')
  })

  test('an artifact goes on where it was cut off, and is refused with another digest', async () => {
    const execution = await world().submit({ name: 'resume', platform: 'resume' })
    const attempt = await claimed('r1', 'resume')
    const worker = world().as(attempt)
    const content = Buffer.from('0123456789')
    const sha256 = createHash('sha256').update(content).digest('hex')
    const first = await worker.upload('big', content.subarray(0, 4), { 'content-range': 'bytes 0-3/10' })
    expect(first.body).toEqual({ complete: false, offset: 4, sha256: '' })
    const headers = { 'peipkg-attempt': attempt.token }
    const head = await world().ask('HEAD', paths.upload(execution, 'big'), undefined, { headers })
    expect(head.headers.get('peipkg-offset')).toBe('4')
    expect(
      code(await worker.upload('big', content.subarray(6), { 'content-range': 'bytes 6-9/10' })),
    ).toEqual([416, 'gap'])
    const rest = await worker.upload('big', content.subarray(4), { 'content-range': 'bytes 4-9/10' })
    expect(rest.body).toEqual({ complete: true, offset: 10, sha256 })
    const wrong = await worker.upload('wrong', content, { 'peipkg-sha256': 'f'.repeat(64) })
    expect(code(wrong)).toEqual([422, 'digest'])
    expect(code(await worker.upload('../out', content))).toEqual([400, 'bad-request'])
    const claimedMore = [{ name: 'other', sha256, bytes: 10 }]
    expect(code(await worker.finish({ artifacts: claimedMore }))).toEqual([422, 'incomplete'])
    expect(code(await worker.finish({ log_bytes: 5 }))).toEqual([422, 'incomplete'])
    expect(code(await worker.log(7, 'x'))).toEqual([416, 'gap'])
    expect((await worker.finish({ artifacts: [{ name: 'big', sha256, bytes: 10 }] })).status).toBe(200)
    const part = await world().ask('GET', paths.artifact(execution, 'big'), undefined, {
      headers: { range: 'bytes=7-' },
    })
    expect([part.status, part.body, part.headers.get('content-range')]).toEqual([206, '789', 'bytes 7-9/10'])
  })

  test('a restart loses nothing, and declares nobody lost before a full limit has passed', async () => {
    const running = await world().submit({ name: 'restart-running', platform: 'restart' })
    const attempt = await claimed('s1', 'restart')
    await world().as(attempt).log(0, 'before\n')
    const waiting = await world().submit({ name: 'restart-waiting', platform: 'restart' })
    await world().restart()
    await world().advance(9000)
    expect((await world().view(running)).state).toBe('running')
    expect((await world().as(attempt).log(7, 'after\n')).body).toEqual({ offset: 13 })
    expect((await world().as(attempt).finish({ log_bytes: 13 })).status).toBe(200)
    expect(await world().view(running)).toMatchObject({ result_text: 'exited 0' })
    expect(await world().claim('s1', 'restart')).toMatchObject({ execution: waiting })
  })

  test('a worker that took its leave is stopped, over a restart too, until it asks again', async () => {
    const state = async () => {
      const { body } = await world().ask<WorkersAnswer>('GET', paths.workers)
      return body.workers.find(({ worker }) => worker === 'leaver')?.state
    }
    const leave = (instance: string) => world().ask('POST', paths.leave('leaver'), { instance })
    await world().claim('leaver', 'leaving', { instance: 'one' })
    expect(await state()).toBe('idle')
    expect((await leave('another')).status).toBe(200)
    expect(await state()).toBe('idle')
    await leave('one')
    expect(await state()).toBe('stopped')
    const execution = await world().submit({ name: 'left', platform: 'leaving' })
    expect((await world().view(execution)).reason).toContain('those of platform leaving are not connected')
    await world().restart()
    expect(await state()).toBe('stopped')
    expect(await world().claim('leaver', 'leaving', { instance: 'two' })).toMatchObject({ execution })
    expect(await state()).toBe('busy')
    expect(code(await leave(''))).toEqual([400, 'bad-request'])
  })

  test('workers that were not heard of for long are forgotten, but for those that are drained', async () => {
    await world().claim('old', 'forgotten')
    await world().claim('kept', 'forgotten')
    await world().ask('POST', paths.drain('kept'))
    await world().advance(1000)
    const now = world().farm.context.clock.now()
    await world().claim('new', 'forgotten')
    await forgetWorkers(world().farm.context, now)
    await world().restart()
    const { body } = await world().ask<WorkersAnswer>('GET', paths.workers)
    const names = body.workers.map(({ worker }) => worker)
    expect(names.filter((name) => ['old', 'kept', 'new'].includes(name))).toEqual(['kept', 'new'])
  })

  test('two workers of one name are a problem that an operator sees, until one is gone', async () => {
    const problems = async () => (await world().ask<InfoAnswer>('GET', paths.info)).body.problems
    const first = world().claim('twin', 'twins', { instance: 'one', wait_ms: 2000 })
    // Whichever comes first: the other one finds it waiting.
    const second = world().claim('twin', 'twins', { instance: 'two', wait_ms: 2000 })
    expect(await Promise.all([first, second])).toEqual([null, null])
    expect(await problems()).toContain('two workers call themselves twin: give each a --name of its own')
    await world().claim('twin', 'twins', { instance: 'one' })
    expect(await problems()).toEqual([])
  })
})
