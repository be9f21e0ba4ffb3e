/** The embedded database and a loss of power: what was answered is on the disk (file 10, Promises). */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openPglite } from '../../../ts/farm/engine/pglite.ts'
import { recordSyncs } from './synced-files.ts'

const scratch = mkdtempSync(join(tmpdir(), 'peipkg-power-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const fail = console.error
const quiet = { info: () => {}, warn: console.error }

async function rowsAfterLoss(directory: string): Promise<readonly number[]> {
  const database = await openPglite(directory, quiet, fail)
  const rows = await database.query<{ number: number }>('select number from answered order by number')
  await database.close()
  return rows.map(({ number }) => number)
}

test('what was answered is there after a loss of power, before and after a checkpoint', async () => {
  const directory = join(scratch, 'farm')
  await (await openPglite(directory, quiet, fail)).close()
  const disk = recordSyncs(join(directory, 'db'))
  const lose = (name: string) => {
    mkdirSync(join(scratch, name))
    disk.losePower(join(scratch, name, 'db'))
    return join(scratch, name)
  }
  const losses: { readonly directory: string; readonly answered: readonly number[] }[] = []
  try {
    const database = await openPglite(directory, quiet, fail)
    await database.execute('create table answered (number int)')
    const insert = async (number: number) =>
      await database.transaction(async (on) => {
        await on.query('insert into answered values ($1)', [number])
      })
    await insert(1)
    const before = disk.calls.length
    await insert(2)
    const log = disk.calls.slice(before).filter((call) => call.includes('pg_wal/'))
    expect(log.at(-1), log.join()).toMatch(/^sync pg_wal\//)
    expect(log.at(-2), log.join()).toMatch(/^write pg_wal\//)
    losses.push({ directory: lose('early'), answered: [1, 2] })
    await database.execute('checkpoint')
    await insert(3)
    losses.push({ directory: lose('late'), answered: [1, 2, 3] })
    await database.close()
  } finally {
    disk.stop()
  }
  for (const { directory, answered } of losses) expect(await rowsAfterLoss(directory)).toEqual(answered)
})
