/** Claims of a farm that is never idle: none is kept once it is answered, and nobody waits for the end of the work. */
import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ClaimRequest } from '../../../ts/farm/api/attempt.ts'
import { openWorld, type World } from './world.ts'

const JOBS = 40

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world?.close())

const ask = (worker: string, platform: string, wait: number): ClaimRequest => ({
  ...{ worker, instance: randomUUID(), platforms: [platform], architecture: 'x86_64', labels: {} },
  ...{ sandboxes: ['none'], capabilities: ['script'], wait_ms: wait },
})

test('what was claimed is forgotten while more is claimed, and who gets nothing is told so in time', async () => {
  for (let job = 0; job < JOBS; job++) await world.submit({ name: `busy-${job}`, platform: 'busy' })
  const { claims } = world.farm
  const never = new AbortController().signal
  const asked: WeakRef<ClaimRequest>[] = []
  let handedOut = 0
  // Whenever one of them is answered, the other waits.
  const busy = async (worker: string) => {
    while (asked.length < JOBS) {
      const request = ask(`${worker}-${asked.length}`, 'busy', 30_000)
      asked.push(new WeakRef(request))
      if ((await claims.claim(request, new AbortController().signal)).attempt !== null) handedOut++
    }
  }
  const both = [busy('one'), busy('two')]
  expect((await claims.claim(ask('idle', 'elsewhere', 0), never)).attempt).toBeNull()
  expect(handedOut).toBeLessThan(JOBS / 2)
  while (handedOut < JOBS - 5) await claims.claim(ask('idle', 'elsewhere', 0), never)
  collect()
  const kept = asked.slice(0, JOBS / 2).filter((reference) => reference.deref() !== undefined)
  await Promise.all(both)
  expect(handedOut).toBe(JOBS)
  expect(kept).toEqual([])
})

function collect(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}
