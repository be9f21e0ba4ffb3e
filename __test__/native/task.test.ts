import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PeiError } from '../../ts/native/errors.ts'
import { inspectPackage, pack } from '../../ts/native/packages.ts'
import { cancellable, completing, createCancelToken, type ProgressEvent } from '../../ts/native/task.ts'

const draft = {
  name: 'big',
  version: '1-1',
  architecture: 'noarch',
  dependencies: [],
  conflicts: [],
  build: { timestamp: '2026-05-01T12:00:00Z', farm_id: 'test', source_ref: 'test' },
}

let place: string
let packed: string
const events: ProgressEvent[] = []
let seconds: number

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'peipkg-task-'))
  mkdirSync(join(place, 'staged/usr/share/big'), { recursive: true })
  let state = 1
  const noise = Uint32Array.from({ length: 8 << 20 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state
  })
  writeFileSync(join(place, 'staged/usr/share/big/noise'), noise)
  packed = join(place, 'big.peipkg')
  const started = performance.now()
  await pack({ manifest: JSON.stringify(draft), staged: join(place, 'staged'), out: packed }, (event) => {
    events.push(event)
  })
  seconds = (performance.now() - started) / 1000
})
afterAll(() => rmSync(place, { recursive: true }))

describe('asynchronous native calls', () => {
  it('report how far they are, at most 30 times a second', () => {
    expect(events.length).toBeGreaterThan(0)
    expect(events.length).toBeLessThanOrEqual(seconds * 30 + 1)
    for (const event of events) expect(event.done).toBeGreaterThanOrEqual(0)
  })

  it('reject with a code and a message', async () => {
    const missing = join(place, 'missing.peipkg')
    const error = await inspectPackage(missing).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(PeiError)
    expect(error).toMatchObject({
      code: expect.stringMatching(/^PEI_/),
      message: expect.stringContaining(missing),
    })
  })

  it('stop when their token is cancelled, before or while they run', async () => {
    const before = createCancelToken()
    before.cancel()
    await expect(inspectPackage(packed, {}, undefined, before)).rejects.toMatchObject({
      code: 'PEI_CANCELLED',
    })
    const abort = new AbortController()
    const running = cancellable(abort.signal, (token) => inspectPackage(packed, {}, undefined, token))
    abort.abort()
    await expect(running).rejects.toMatchObject({ code: 'PEI_CANCELLED' })
  })

  it('run beside each other, on threads of their own', async () => {
    const results = await Promise.all(Array.from({ length: 6 }, () => inspectPackage(packed)))
    expect(new Set(results.map((result) => result.sha256)).size).toBe(1)
  })

  it('keep the process until they settle, and no longer', () => {
    const script = `
      const native = require(${JSON.stringify(join(import.meta.dirname, '../../index.cjs'))})
      native.inspectPackage(${JSON.stringify(packed)}, {}, () => {}).then(() => console.log('settled'))`
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 20_000 })).toBe(
      'settled\n',
    )
  })
})

describe('completing', () => {
  const event = (phase: ProgressEvent['phase'], done: number, total: number): ProgressEvent => {
    return { phase, done, total, unit: 'files' } as ProgressEvent
  }
  const seen: ProgressEvent[] = []
  const work = (progress: (event: ProgressEvent) => void) => {
    progress(event('stage', 1, 3))
    progress(event('stage', 3, 3))
    progress(event('commit', 1, 3))
    progress(event('wait', 0, 0))
  }

  it('brings what was begun to its end when the work is done', async () => {
    const result = await completing(
      (one) => seen.push(one),
      async (progress) => {
        work(progress)
        return 'done'
      },
    )
    expect(result).toBe('done')
    expect(seen.slice(4)).toEqual([event('commit', 3, 3)])
  })

  it('leaves it where it was when the work fails', async () => {
    seen.length = 0
    const failing = completing(
      (one) => seen.push(one),
      async (progress) => {
        work(progress)
        throw new Error('no')
      },
    )
    await expect(failing).rejects.toThrow('no')
    expect(seen).toHaveLength(4)
  })
})
