import { execFileSync } from 'node:child_process'
import { constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run, start } from '../programs.ts'

const directory = () => mkdtempSync(join(tmpdir(), 'peipkg-test-'))

/** What is in a non-blocking pipe: nothing where it is empty for now, undefined at its end. */
function take(pipe: number): Buffer | undefined {
  const piece = Buffer.alloc(1 << 16)
  try {
    const count = readSync(pipe, piece)
    return count === 0 ? undefined : piece.subarray(0, count)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return Buffer.alloc(0)
    throw error
  }
}

/** Whether a process has come so far that nothing but its output is left: it has the addon, and sleeps. */
function isWaiting(pid: number | undefined): boolean {
  const loaded = readFileSync(`/proc/${pid}/maps`, 'utf8').includes('peipkg.')
  const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0]
  return loaded && state === 'S'
}

test('a full pipe that somebody made non-blocking gets the whole output once there is room', async () => {
  const place = directory()
  const fifo = join(place, 'fifo')
  execFileSync('mkfifo', [fifo])
  const reading = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const writing = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
  let filled = 0
  const fill = () => {
    for (;;) filled += writeSync(writing, Buffer.alloc(4096))
  }
  expect(fill).toThrow('EAGAIN')
  const { child, ended } = start('peipkg', ['list', '--root', place], { stdio: ['ignore', writing, 'pipe'] })
  // Starting a child makes its streams blocking; this end of the same pipe makes it non-blocking again.
  const other = new Socket({ fd: writing, readable: false, writable: true })
  await expect.poll(() => isWaiting(child.pid), { timeout: 20_000 }).toBe(true)
  expect(child.exitCode).toBeNull()
  other.destroy()
  let got = Buffer.alloc(0)
  for (let piece = take(reading); piece !== undefined; piece = take(reading)) {
    got = Buffer.concat([got, piece])
    await new Promise(setImmediate)
  }
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
  expect(got.subarray(filled).toString()).toBe((await run('peipkg', ['list', '--root', place])).stdout)
  rmSync(place, { recursive: true })
})
