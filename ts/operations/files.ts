/** The paths that a package owns. */
import { PeiError } from '../native/errors.ts'
import type { OwnedPath, System } from '../native/system.ts'

/** By path bytes, directories too. Throws PEI_NOT_FOUND. */
export function ownedFiles(name: string, system: System): readonly OwnedPath[] {
  const paths = system.ownedPaths(name)
  if (paths === null) throw new PeiError('PEI_NOT_FOUND', `"${name}" is not installed`)
  return paths
}
