/** A worker whose disk is full: every way of running into that is an end with a reason, and the next job is taken. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { anAttempt, startWorker } from '../attempts.ts'
import { openFakeServer } from '../fake-server.ts'

const disk = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-disk-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], { encoding: 'utf8' })
const problem = mounted.status === 0 ? undefined : (mounted.error?.message ?? mounted.stderr.trim())
if (problem !== undefined) console.log(`full disks are not tested here: ${problem}`)

afterAll(() => {
  if (problem === undefined) spawnSync('umount', [disk])
  rmSync(disk, { recursive: true, force: true })
})

it.skipIf(problem !== undefined)('ends with the reason, and gives the room back', async () => {
  const server = await openFakeServer()
  const worker = startWorker(server.url, { directory: disk })
  try {
    const filling = await server.give(anAttempt('head -c 8000000 /dev/zero 2>/dev/null >large || exit 7'))
    expect((await filling.finished).result).toEqual({
      kind: 'infrastructure',
      reason: "exited 7: the worker's disk is full",
    })
    const printing = await server.give(anAttempt('head -c 8000000 /dev/zero; sleep 300'))
    expect((await printing.finished).result).toMatchObject({
      reason: expect.stringMatching(/^cannot keep the output: .*no space left on device/),
    })
    const content = Buffer.alloc(4_000_000).toString('base64')
    const files = [{ name: 'large', content, executable: false }]
    const brought = await server.give(anAttempt('true', { files }))
    expect((await brought.finished).result).toMatchObject({
      reason: expect.stringMatching(/^cannot prepare the job: .*no space left on device/),
    })
    const after = await server.give(anAttempt('echo fine'))
    expect((await after.finished).result).toEqual({ kind: 'exited', code: 0 })
  } finally {
    await worker.leave()
    await server.close()
  }
})
