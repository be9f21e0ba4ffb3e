/** Empties caches that nothing needs any more. */
import { readConfigured } from '../repository/configured.ts'
import type { Session } from './session.ts'

/** Returns how many files went: those of repositories that are not configured, with `packages` every cached package. */
export async function clean(packages: boolean, session: Session): Promise<number> {
  const { repositories, problems } = await readConfigured(session.system)
  // A repository whose file cannot be read is still configured: its metadata stays.
  const configured = [...repositories, ...problems].map(({ name }) => name)
  return session.system.cleanCache(configured, packages)
}

/** Gives up every retained backup; returns how many went. Nothing can be undone offline afterwards. */
export function discardBackups(session: Session): Promise<number> {
  return session.system.discardBackups(session.commandLine, undefined, session.now())
}
