/** The packages that own a path. */
import { posix } from 'node:path'
import { PeiError } from '../native/errors.ts'
import type { System } from '../native/system.ts'

/**
 * `path` as seen inside the root, a slash at its end ignored; a relative one counts from `workingDirectory` when the root
 * is `/`, else from the root. A directory may have several owners. Throws PEI_NOT_FOUND.
 */
export function ownersOf(path: string, workingDirectory: string, system: System): readonly string[] {
  const base = system.root === '/' ? workingDirectory : '/'
  const owners = system.owners(posix.resolve(base, path).slice(1))
  if (owners.length > 0) return owners
  throw new PeiError('PEI_NOT_FOUND', `no package owns "${path}"`)
}
