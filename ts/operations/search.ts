/** Finds packages that repositories offer, by name and description. */
import { openRepositories, requestRepositories, unusableText } from './open-repositories.ts'
import type { Session } from './session.ts'

export interface FoundPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly repository: string
  readonly description: string
  /** The installed version of that name; null when there is none. */
  readonly installed: string | null
}

/** Case-insensitive. A repository that cannot be searched is warned about and left out. */
export async function search(term: string, session: Session): Promise<readonly FoundPackage[]> {
  const repositories = requestRepositories(await openRepositories(session), session.now())
  const { found, problems } = session.system.searchAvailable(term, repositories)
  for (const { repository, reason } of problems) {
    session.reporter.warn(unusableText(repository, reason, session))
  }
  const installed = new Map(session.system.listPackages().map(({ name, version }) => [name, version]))
  return found.map((entry) => ({ ...entry, installed: installed.get(entry.name) ?? null }))
}
