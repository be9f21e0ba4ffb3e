/** Looks a program up in PATH as a shell would, once: what is found is used for the life of the process (§4). */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { PeiError } from '../native/errors.ts'

/** An absolute path. Throws PEI_MANAGER_PROGRAM: `NAME not found on PATH`. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string {
  // An empty entry means the directory we are in: whoever may write there would decide what we run.
  const found = path
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => resolve(join(directory, name)))
    .find(isExecutable)
  if (found !== undefined) return found
  throw new PeiError(
    'PEI_MANAGER_PROGRAM',
    `${name} not found on PATH: no executable file of that name in "${path}" (install it, or set PATH)`,
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
