/** Making a directory that a person named. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes `path` and what is missing above it; returns the uppermost that was made. Node's own recursive `mkdirSync` tries for
 * ever where a filesystem takes no directories, as below /proc. Throws what mkdir says of the one that could not be made.
 */
export function makeDirectories(path: string, mode?: number): string | undefined {
  const missing: string[] = []
  let above = resolve(path)
  while (statSync(above, { throwIfNoEntry: false }) === undefined && dirname(above) !== above) {
    missing.push(above)
    above = dirname(above)
  }
  // Something else than a directory there is told by mkdir, and when it is the path itself, here.
  if (missing.length === 0 && !statSync(above).isDirectory()) mkdirSync(above, mode)
  let first: string | undefined
  for (const directory of missing.reverse()) {
    if (makeOne(directory, mode)) first ??= directory
  }
  return first
}

/** False when somebody else was quicker. */
function makeOne(directory: string, mode: number | undefined): boolean {
  try {
    mkdirSync(directory, mode)
    return true
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
    if (isThere && statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return false
    throw error
  }
}
