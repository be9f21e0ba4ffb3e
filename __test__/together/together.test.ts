/** 2 to 16 processes at once: serialisable, floors never go down, queries show a state that was there (file 5). */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Scratch, scratch } from '../cli/peipkg/scratch.ts'
import { type Transaction, unexplained } from './explain.ts'
import { publish, runSchedule } from './run-schedule.ts'
import { NAMES, schedule } from './schedule.ts'

let s: Scratch
beforeEach(async () => {
  s = scratch()
  await publish(s)
})
afterEach(() => s.remove())

const inFull = process.env.PEIPKG_FAULTS === 'full'
/** Seed, processes, how many commands each. */
const schedules: readonly (readonly [number, number, number])[] = inFull
  ? Array.from({ length: 15 }, (_, index) => index + 2).flatMap((processes) =>
      [1, 2].map((seed) => [100 * processes + seed, processes, Math.ceil(40 / processes) + 1] as const),
    )
  : [
      [1, 2, 6],
      [2, 5, 4],
      [3, 16, 2],
    ]

test.each(schedules)('seed %i: %i processes at once do %i things each', async (seed, processes, each) => {
  const ran = await runSchedule(s, schedule(seed, processes, each))
  // What a killed process left is brought to rest by the next one.
  await s.ok('recover --wait=600')
  const history = JSON.parse(await s.ok('history --json')) as Transaction[]
  expect(unexplained(history, ran)).toEqual([])
  const { problems } = JSON.parse(await s.ok('verify --json'))
  expect(problems).toEqual([])
  expect(s.tree().filter((path) => path.includes('.peipkg-'))).toEqual([])
  const installed = new Map<string, string>()
  for (const { name, version } of JSON.parse(await s.ok('list --json'))) installed.set(name, version)
  for (const name of NAMES) {
    const path = `usr/share/${name}/version`
    expect(existsSync(join(s.root, path)) ? s.read(path) : undefined).toBe(installed.get(name))
  }
  process.stdout.write(
    `counts: commands of ${processes} processes at once, seed ${seed}: ${ran.length} passed, 0 failed\n`,
  )
})

test('queries do not wait for a transaction that holds the lock', async () => {
  await s.ok('install app --yes')
  const lock = join(s.root, 'var/lib/peipkg/lock')
  const holder = spawn('flock', [lock, '-c', 'echo held; read line'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  try {
    // Each would wait for ever if it waited at all.
    for (const words of [
      'list',
      'history',
      'info app',
      'files app',
      'owns /usr/share/app/version',
      'search app',
      'verify',
    ]) {
      expect((await s.peipkg(words)).code, words).toBe(0)
    }
    expect((await s.peipkg('install tool --dry-run')).code).toBe(0)
    expect((await s.peipkg('remove app --yes')).code).not.toBe(0)
  } finally {
    holder.stdin.end('\n')
  }
})
