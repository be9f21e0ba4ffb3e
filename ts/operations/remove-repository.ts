/** Forgets a repository: configuration, state and keys. Its packages stay installed (PSD-009 §6.5). */
import { PeiError } from '../native/errors.ts'
import { readConfigured } from '../repository/configured.ts'
import { flushAudit } from './audit.ts'
import type { Session } from './session.ts'

/** Returns the installed packages that came from it. Throws PEI_NOT_FOUND. */
export async function removeRepository(name: string, session: Session): Promise<readonly string[]> {
  const { system } = session
  const { repositories, problems } = await readConfigured(system)
  const known = [...repositories, ...problems, ...system.repositories()]
  if (!known.some((repository) => repository.name === name)) {
    throw new PeiError('PEI_NOT_FOUND', `no repository named "${name}"`)
  }
  system.removeRepository(name, session.now())
  flushAudit(session)
  return system.listPackages().flatMap(({ name: installed, origin }) => (origin === name ? [installed] : []))
}
