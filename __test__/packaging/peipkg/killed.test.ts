/**
 * A root whose own peipkg is killed while it replaces itself and its Node: whatever the step, what is left starts, brings the
 * root to rest by itself and goes on to the second revision. In full each step; else some of them.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Machine, makeWorld, strays, type World, whyNoChroot } from './machine.ts'
import { triplet } from './packages.ts'

const inFull = process.env.PEIPKG_FAULTS === 'full'
/** `npm test` has it built. */
const built = fileURLToPath(new URL('../../../target/debug/libpeipkg_native.so', import.meta.url))
const reason = whyNoChroot()

describe.skipIf(reason !== undefined)(`killed while it replaces itself (${reason ?? 'with chroot'})`, () => {
  let directory: string
  let world: World
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
    world = await makeWorld(withoutDebug(directory))
  })
  afterAll(async () => {
    await world?.close()
    rmSync(directory, { recursive: true })
  })

  test('whatever the step, the peipkg that is left starts and recovers', { timeout: 7_200_000 }, async () => {
    const points = inFull ? Array.from({ length: 1000 }, (_, index) => index + 1) : await sample()
    let [kills, recoveries] = [0, 0]
    for (const point of points) {
      const killed = await killedAt(point)
      if (killed === undefined) break
      kills += 1
      recoveries += killed
    }
    expect(kills).toBeGreaterThan(inFull ? 80 : 7)
    tell('peipkg by itself', kills)
    if (inFull) tell('the recovery of peipkg by itself', recoveries)
  })

  /** Early, some renames, where one file after the other becomes another, and right before and after the commit. */
  async function sample(): Promise<readonly number[]> {
    const machine = world.copy()
    const { code, stderr } = await machine.peipkg('upgrade --yes', { PEIPKG_FAULT_LOG: '/steps' })
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const steps = readFileSync(join(machine.root, 'steps'), 'utf8').trim().split('\n')
    machine.remove()
    const renames = steps.flatMap((line, index) => (/ rename/.test(line) ? [index + 1] : []))
    const found = [3, ...some(renames, 6), steps.length - 8, steps.length - 3]
    return [...new Set(found)].sort((one, other) => one - other)
  }

  /** Returns how often the recovery was killed as well; undefined where the upgrade has no such step. */
  async function killedAt(point: number): Promise<number | undefined> {
    const machine = world.copy()
    const what = `killed at step ${point}`
    const { code, signal } = await machine.peipkg('upgrade --yes', { PEIPKG_FAULT: `kill:${point}` })
    if (signal === null) {
      expect(code, what).toBe(0)
      return undefined
    }
    const recorded = await starts(machine, what)
    const kills = inFull && point % 7 === 0 ? await killedRecovery(machine, what) : 0
    // At every other point it is the next upgrade that finds what was left.
    if (point % 2 === 0) {
      await machine.ok('recover')
      await expectWhole(machine, recorded, what)
    }
    await machine.ok('upgrade --yes')
    await expectWhole(machine, '2', what)
    machine.remove()
    return kills
  }

  /** Kills one recovery after the other, each one step later, until one comes to its end. */
  async function killedRecovery(machine: Machine, what: string): Promise<number> {
    for (let point = 1; ; point += 1) {
      const { code, signal } = await machine.peipkg('recover', { PEIPKG_FAULT: `kill:${point}` })
      await starts(machine, `${what}, its recovery at ${point}`)
      if (signal === null) {
        expect(code, what).toBe(0)
        return point - 1
      }
    }
  }
})

/** Whatever program is left, it is a whole one: it loads everything and answers. Returns the recorded revision. */
async function starts(machine: Machine, what: string): Promise<string> {
  expect(await machine.ok('--version'), what).toMatch(/-[12]\n$/)
  const { nodejs, peipkg } = await machine.revisions()
  expect(nodejs, what).toBe(peipkg)
  return peipkg ?? ''
}

async function expectWhole(machine: Machine, revision: string, what: string): Promise<void> {
  expect(await machine.ok('--version'), what).toMatch(new RegExp(`-${revision}\n$`))
  expect(await machine.revisions(), what).toEqual({ nodejs: revision, peipkg: revision, 'runtime-libs': '1' })
  expect(JSON.parse(await machine.ok('verify --json')).problems, what).toEqual([])
  expect(strays(machine), what).toEqual([])
  expect(readdirSync(join(machine.root, 'usr/lib', triplet, 'peipkg')), what).toHaveLength(1)
}

/** What a debugger needs is three quarters of it, and would be packed, hashed and copied each time. */
function withoutDebug(directory: string): string {
  const stripped = join(directory, 'peipkg.node')
  execFileSync('strip', ['-o', stripped, built])
  return stripped
}

/** `count` of them, spread over all. */
function some(all: readonly number[], count: number): readonly number[] {
  return all.filter(
    (_, index) => Math.floor((index * count) / all.length) !== Math.floor(((index - 1) * count) / all.length),
  )
}

const tell = (what: string, count: number) =>
  process.stdout.write(`counts: kills of ${what}: ${count} passed, 0 failed\n`)
