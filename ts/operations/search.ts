/** Finds packages that repositories offer, by name and description. */
import type { FoundPackage } from '../native/system.ts'
import { openRepositories, requestRepositories, unusableText } from './open-repositories.ts'
import type { Session } from './session.ts'

/** Case-insensitive. A repository that cannot be searched is warned about and left out. */
export async function search(term: string, session: Session): Promise<readonly FoundPackage[]> {
  const repositories = requestRepositories(await openRepositories(session), session.now())
  const { found, problems } = session.system.searchAvailable(term, repositories)
  for (const { repository, reason } of problems) {
    session.reporter.warn(unusableText(repository, reason, session))
  }
  return found
}
