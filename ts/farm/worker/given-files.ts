/** Writes the files that a job brings with it, and knows later which of them are still as they came. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PeiError } from '../../native/errors.ts'
import type { JobFile } from '../api/job.ts'

/** By name, the SHA-256 of its content in hexadecimal. Throws what the disk says, PEI_FARM_REFUSED for a name that leads out. */
export function writeGiven(directory: string, files: readonly JobFile[]): ReadonlyMap<string, string> {
  const written = new Map<string, string>()
  for (const { name, content, executable } of files) {
    if (!isInside(name)) throw new PeiError('PEI_FARM_REFUSED', `the job has a file with the name ${name}`)
    const path = join(directory, name)
    const bytes = Buffer.from(content, 'base64')
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes, { mode: executable ? 0o755 : 0o644, flag: 'wx' })
    written.set(name, createHash('sha256').update(bytes).digest('hex'))
  }
  return written
}

/** The server has checked that; a worker believes nobody. */
export function isInside(name: string): boolean {
  return (
    name !== '' &&
    !name.includes('\0') &&
    name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  )
}
