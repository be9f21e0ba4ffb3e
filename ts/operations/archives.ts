/** Archive indexes, fetched only when a version is asked for that no active index offers (PSD-009 §5.4). */
import { asPeiError, reasonOf } from '../native/errors.ts'
import type { UniverseView } from '../native/system.ts'
import type { ChangeContext } from './change.ts'
import { requestRepositories } from './open-repositories.ts'
import { documentTransport, type Session } from './session.ts'

/**
 * The repositories whose archive index the plan is to search: none where `suffices` says so of what the active indexes
 * offer of `names`.
 */
export async function archivesUnless(
  suffices: (view: UniverseView) => boolean,
  names: readonly string[],
  context: ChangeContext,
  session: Session,
): Promise<readonly string[]> {
  const view = await activeView(names, context, session)
  return suffices(view) ? [] : await fetchArchives(context, session)
}

/** What the active indexes offer of `names`, and what is installed. */
async function activeView(
  names: readonly string[],
  { repositories }: ChangeContext,
  session: Session,
): Promise<UniverseView> {
  const universe = await session.system.universe({
    names: [...names],
    locals: [],
    everything: false,
    archives: [],
    repositories: requestRepositories(repositories, session.now()),
  })
  return universe.view()
}

/** The repositories whose archive index could be had; the others are warned about. */
async function fetchArchives({ repositories }: ChangeContext, session: Session): Promise<readonly string[]> {
  const { adoptArchive } = await import('../repository/archive.ts')
  const transport = documentTransport(session)
  const context = { system: session.system, transport, signal: session.signal, now: session.now() }
  const archives: string[] = []
  try {
    for (const repository of repositories) {
      try {
        const { warnings } = await adoptArchive(repository, context)
        for (const text of warnings) session.reporter.warn(`repository "${repository.name}": ${text}`)
        archives.push(repository.name)
      } catch (error) {
        if (asPeiError(error) === undefined || session.signal.aborted) throw error
        session.reporter.warn(`the archive index of "${repository.name}" cannot be used: ${reasonOf(error)}`)
      }
    }
  } finally {
    await transport.close()
  }
  return archives
}
