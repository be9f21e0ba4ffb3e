/**
 * The daemon through many simulated hours with real upstreams, builds and publications: upstreams that fail, builds that fail,
 * reloads. Three hours here, 24 in `npm run test:load`, where the heap is held to its bound as well.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { readManagerConfiguration } from '../../ts/config/manager-configuration.ts'
import type { Context } from '../../ts/manager/context.ts'
import { createContext } from '../../ts/manager/create-context.ts'
import { createEngine } from '../../ts/manager/engine.ts'
import type { Logger } from '../../ts/manager/model.ts'
import { loadRoster } from '../../ts/manager/roster.ts'
import { createStateDirectory } from '../../ts/manager/state-directory.ts'
import { freshDirectory } from './directory.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createFarm, type Farm } from './farm.ts'

const directory = freshDirectory()
const hour = 3_600_000
const bin = fileURLToPath(new URL('../../bin', import.meta.url))
const full = process.env.PEIPKG_LOAD !== undefined
const hours = full ? 24 : 3
const count = full ? 12 : 3

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Recipe → when it was polled, in hours. */
const polls = new Map<string, number[]>()

it(
  `lives through ${hours} hours`,
  async () => {
    const farm = createFarm(directory.path)
    for (let index = 0; index < count; index++) {
      farm.recipe(`good${index}`, { pattern: '^v(1\\.1.*)$' })
      farm.recipe(`bad${index}`, { pattern: '^v(1\\.1.*)$' })
      farm.recipe(`gone${index}`, { git: join(directory.path, 'gone') })
    }
    // Fails as peipkg-build does, quicker.
    farm.program(
      'peipkg-build',
      `case "$3" in *bad*) echo failing; exit 1;; esac; exec node "${join(bin, 'peipkg-build')}" "$@"`,
    )
    const clock = createFakeClock(Date.now())
    const { context, idle } = await open(farm, clock)
    const roster = () => loadRoster(join(directory.path, 'recipes'))
    const engine = createEngine({ context, roster: roster(), loadRoster: async () => roster() })
    await engine.prepare()
    const begun = clock.now()
    const daemon = engine.runDaemon(async () => undefined)
    await idle(engine.status)
    let heap = 0
    for (let passed = 1; passed <= hours; passed++) {
      await liveUntil(clock, begun + passed * hour, () => idle(engine.status))
      if (passed % 3 === 0) {
        // A roster that cannot be read and one that can.
        writeFileSync(join(directory.path, 'recipes/good0/peipkg.toml'), passed % 6 === 0 ? '[' : '')
        engine.reload()
        await idle(engine.status)
        farm.recipe('good0', { pattern: '^v(1\\.1.*)$' })
        engine.reload()
        await idle(engine.status)
      }
      if (passed === 1) heap = heapNow()
    }
    const last = heapNow()
    engine.stop()
    await daemon
    expectPolls()
    const { failures, buildsAttempted, buildsSucceeded } = engine.status()
    // hello, and every good one.
    expect(buildsSucceeded).toBe(count + 2)
    expect(failures.size).toBe(count)
    expect(buildsAttempted).toBeGreaterThanOrEqual(buildsSucceeded + count * Math.min(hours, 4))
    if (full) expect(last / heap).toBeLessThanOrEqual(1.1)
  },
  full ? 1_200_000 : 240_000,
)

/** Everything is real but the time. `idle` resolves when all that is due has been done. */
async function open(farm: Farm, clock: FakeClock) {
  const settings = await readManagerConfiguration(join(farm.directory, 'config.toml'))
  const start = clock.now()
  const log: Logger = {
    debug() {},
    info(message, fields) {
      if (message !== 'polling upstream') return
      const id = String(fields?.recipe)
      polls.set(id, [...(polls.get(id) ?? []), (clock.now() - start) / hour])
    },
    warn() {},
    error() {},
  }
  const made = createContext({
    settings,
    state: createStateDirectory(settings.stateDir),
    programs: { build: join(farm.directory, 'bin/peipkg-build'), repo: join(bin, 'peipkg-repo') },
    publicKeys: new Map(),
    clock,
    log,
    output: { stdout: () => {}, stderr: () => {} },
  })
  let running = 0
  const context: Context = {
    ...made,
    children: {
      async run(request) {
        running += 1
        await made.children.run(request).finally(() => {
          running -= 1
        })
      },
      killAll: () => made.children.killAll(),
      killed: made.children.killed,
    },
  }
  const idle = async (status: () => { readonly queued: number; readonly inFlight: unknown }) => {
    for (let quiet = 0; quiet < 5; ) {
      await sleep(4)
      const { queued, inFlight } = status()
      quiet = running === 0 && queued === 0 && inFlight === undefined ? quiet + 1 : 0
    }
  }
  return { context, idle }
}

async function liveUntil(clock: FakeClock, end: number, idle: () => Promise<void>): Promise<void> {
  for (let next = clock.next(); next !== undefined && next <= end; next = clock.next()) {
    clock.goTo(next)
    await idle()
  }
  clock.goTo(end)
}

function heapNow(): number {
  for (let round = 0; round < 4; round++) collect()
  return process.memoryUsage().heapUsed
}

/** In every interval of an hour since the start, each recipe that was there all the time. */
function expectPolls(): void {
  expect(polls.size).toBe(3 * count + 1)
  for (const [recipe, times] of polls) {
    if (recipe === 'good0') continue
    for (let passed = 0; passed < hours; passed++) {
      const there = times.some((time) => time >= passed && time <= passed + 1)
      expect({ recipe, passed, there }).toEqual({ recipe, passed, there: true })
    }
  }
}
