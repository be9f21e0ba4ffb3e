/** An embedded database that panics, as it does when its disk is full, is given up. */
import type { PGlite } from '@electric-sql/pglite'
import { expect, test } from 'vitest'
import { backendOf } from '../../../ts/farm/engine/pglite-backend.ts'

test('says so once, and is not waited for when it is closed', async () => {
  const panic = Object.assign(new Error('could not write to file "pg_wal/1": No space left'), {
    severity: 'PANIC',
  })
  const usual = Object.assign(new Error('duplicate key'), { severity: 'ERROR' })
  let error: Error = usual
  const fail = async () => {
    throw error
  }
  const close = () => new Promise(() => {})
  const failed: string[] = []
  let closed = false
  const quiet = { info: () => {}, warn: () => {} }
  const backend = backendOf({ query: fail, exec: fail, close } as unknown as PGlite, quiet, {
    failed: ({ message }) => failed.push(message),
    async closed() {
      closed = true
    },
  })
  await expect(backend.query('insert')).rejects.toBe(usual)
  expect([backend.trouble(), failed]).toEqual([undefined, []])
  error = panic
  for (let times = 0; times < 2; times++) await expect(backend.query('insert')).rejects.toBe(panic)
  expect(backend.trouble()).toContain('No space left')
  expect(failed).toEqual([expect.stringContaining('see that its disk has room, and start again')])
  await backend.close()
  expect(closed).toBe(true)
})
