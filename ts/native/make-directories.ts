/** Directories with their parents. Node's own way of making them never ends where the system says ENOENT of a parent that is there (/proc). */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { PeiError, reasonOf } from './errors.ts'

/** Returns the first that was made, undefined when all were there. Throws PEI_IO: `cannot create X: permission denied`. */
export function makeDirectories(path: string, mode = 0o777): string | undefined {
  try {
    const missing = missingOf(resolve(path))
    for (const directory of missing) make(directory, mode)
    return missing[0]
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot create ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** From the first that is not there down to `path`. */
function missingOf(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) return []
  if (found !== undefined) throw new Error('not a directory')
  return [...missingOf(dirname(path)), path]
}

function make(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Somebody else may have been quicker.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
