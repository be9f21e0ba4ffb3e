/** Where the embedded database cannot lie: told at once, where Node's recursive `mkdir` tries for ever. */
import { expect, test } from 'vitest'
import { openPglite } from '../../../ts/farm/engine/pglite.ts'

test('a file system that takes no directories is refused', async () => {
  const opened = openPglite('/proc/farm/state', { info: () => {}, warn: () => {} }, () => {})
  await expect(opened).rejects.toMatchObject({ code: 'ENOENT', path: '/proc/farm' })
})
