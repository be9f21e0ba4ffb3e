/** The log of the embedded database stays short while it works: all of it is read at a start after a kill. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openPglite } from '../../../ts/farm/engine/pglite.ts'

const scratch = mkdtempSync(join(tmpdir(), 'peipkg-checkpoint-'))
afterAll(() => {
  vi.useRealTimers()
  rmSync(scratch, { recursive: true, force: true })
})

test('a long log is followed by a checkpoint, by itself', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const database = await openPglite(scratch, { info: () => {}, warn: console.error }, console.error)
  const length = async () => {
    const [row] = await database.query<{ bytes: number }>(
      'select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()',
    )
    return row?.bytes ?? 0
  }
  await database.execute('create table filler (number int, text text)')
  await database.execute(`insert into filler select n, repeat('x', 2000) from generate_series(1, 18000) n`)
  expect(await length()).toBeGreaterThan(32 * 2 ** 20)
  vi.advanceTimersByTime(10_000)
  await expect.poll(length).toBeLessThan(2 ** 20)
  await database.close()
})
