/** A job from its submission to its end. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { paths } from '../../../ts/farm/api/paths.ts'
import { onEveryEngine } from './engines.ts'

onEveryEngine('a job', {}, (world) => {
  test('goes from its submission through a claim, a log and an artifact to its end', async () => {
    const execution = await world().submit({ name: 'one', platform: 'p1', script: 'echo hello\n' })
    const attempt = await world().claim('w1', 'p1')
    expect(attempt).toMatchObject({
      execution,
      job: 'one',
      number: 1,
      kind: 'script',
      script: 'echo hello\n',
    })
    if (attempt === null) return
    const worker = world().as(attempt)
    expect((await worker.heartbeat()).body).toEqual({ cancel: false, drain: false })
    expect((await worker.log(0, 'hello\n')).body).toEqual({ offset: 6 })
    expect((await worker.log(0, 'hello\nworld\n')).body).toEqual({ offset: 12 })
    const content = Buffer.from('what it made')
    const sha256 = createHash('sha256').update(content).digest('hex')
    expect((await worker.upload('out/a.txt', content)).body).toEqual({ complete: true, offset: 12, sha256 })
    const artifacts = [{ name: 'out/a.txt', sha256, bytes: 12 }]
    expect((await worker.finish({ artifacts, log_bytes: 12 })).status).toBe(200)
    expect((await worker.finish({ artifacts, log_bytes: 12 })).status).toBe(200)
    expect(await world().view(execution)).toMatchObject({
      state: 'ended',
      result_text: 'exited 0',
      artifacts,
      log_bytes: 12,
    })
    expect((await world().ask('GET', paths.log(execution))).body).toBe('hello\nworld\n')
    const fetched = await world().ask('GET', paths.artifact(execution, 'out/a.txt'))
    expect([fetched.body, fetched.headers.get('peipkg-sha256')]).toEqual(['what it made', sha256])
  })

  test('wakes a worker that waits', async () => {
    const waiting = world().claim('w2', 'p2', { wait_ms: 20_000 })
    await world().claim('w3', 'p3')
    const execution = await world().submit({ name: 'two', platform: 'p2' })
    expect((await waiting)?.execution).toBe(execution)
  })
})
