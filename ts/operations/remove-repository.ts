/** Forgets a repository: configuration, state and keys. Its packages stay installed (PSD-009 §6.5). */
import { PeiError } from '../native/errors.ts'
import { readConfigured } from '../repository/configured.ts'
import type { Session } from './session.ts'

/** Returns the installed packages that came from it. Throws PEI_NOT_FOUND. */
export async function removeRepository(name: string, { system }: Session): Promise<readonly string[]> {
  const { repositories, problems } = await readConfigured(system)
  const known = [...repositories, ...problems, ...system.repositories()]
  if (!known.some((repository) => repository.name === name)) {
    throw new PeiError('PEI_NOT_FOUND', `no repository named "${name}"`)
  }
  system.removeRepository(name)
  return system.listPackages().flatMap(({ name: installed, origin }) => (origin === name ? [installed] : []))
}
