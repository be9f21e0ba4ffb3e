/** Directories that a command line names: looked at before long work, and named as they were typed. */
import { statSync } from 'node:fs'
import { PeiError, reasonOf } from '../native/errors.ts'

/** Throws PEI_IO: `cannot read X: no such file or directory`. */
export function checkDirectory(path: string): void {
  if (isDirectory(path)) return
  throw new PeiError('PEI_IO', `cannot read ${path}: not a directory`)
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
}
