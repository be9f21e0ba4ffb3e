/** Repositories in a directory: `file:///…` (an extension of the reference; trust comes from signatures as ever). */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { PeiError } from '../native/errors.ts'
import type { Answer } from './fetch-request.ts'

/** A FIFO or a device is refused, without waiting for it. */
export async function openLocalFile(address: string, limit: number): Promise<Answer> {
  const file = await openIfThere(fileURLToPath(address))
  if (file === null) return { kind: 'absent' }
  const stat = await file.stat()
  if (!stat.isFile()) {
    await file.close()
    throw new PeiError('PEI_FETCH_FAILED', `cannot fetch ${address}: it is not a regular file`)
  }
  // One byte more than allowed, so that a file that grows is seen to be too large.
  const stream = file.createReadStream({ end: limit, highWaterMark: 1024 * 1024 })
  return { kind: 'whole', chunks: stream, length: stat.size, validators: {} }
}

async function openIfThere(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
