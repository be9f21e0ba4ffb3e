/** A text file that a person named: bounded, and never waited for. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { PeiError, reasonOf } from '../native/errors.ts'

/** Throws PEI_IO. A pipe or a device is refused: it could block, or never end. */
export function readTextFile(path: string, limit: number): string {
  return readBytes(path, limit).toString('utf8')
}

/** The same for bytes. */
export function readBytes(path: string, limit: number): Buffer {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      return readAll(path, descriptor, limit)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (error instanceof PeiError) throw error
    throw new PeiError('PEI_IO', `cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function readAll(path: string, descriptor: number, limit: number): Buffer {
  if (!fstatSync(descriptor).isFile()) throw new PeiError('PEI_IO', `${path} is not a regular file`)
  const bytes = Buffer.alloc(Math.min(fstatSync(descriptor).size, limit) + 1)
  let length = 0
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = readSync(descriptor, bytes, length, bytes.length - length, null)
  }
  if (length > limit) throw new PeiError('PEI_IO', `${path} is larger than ${limit} bytes`)
  return bytes.subarray(0, length)
}
