/** Installs the requested packages and all that they need, as one transaction (PSD-009 §7.1). */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { asPeiError, reasonOf } from '../native/errors.ts'
import type { UniverseView } from '../native/system.ts'
import {
  type ChangeContext,
  type ChangeOptions,
  type ChangeReport,
  change,
  openChange,
  refuseLocalFiles,
} from './change.ts'
import { matchingVersions, type Target } from './make-plan.ts'
import { requestRepositories } from './open-repositories.ts'
import { documentTransport, type Session } from './session.ts'

export async function install(
  targets: readonly Target[],
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const context = await openChange(options, session)
  refuseLocalFiles(targets, context.settings)
  const archives = await archivesFor(targets, context, session)
  return await change(targets, { ...context, archives }, session)
}

/** `NAME=VERSION` that no active index offers is looked for in the archive indexes, fetched now. */
export async function archivesFor(
  targets: readonly Target[],
  { repositories }: ChangeContext,
  session: Session,
): Promise<readonly string[]> {
  const versioned = targets.flatMap((target) =>
    target.kind === 'install' && target.version !== null
      ? [{ name: target.name, version: target.version }]
      : [],
  )
  if (versioned.length === 0) return []
  const view = await viewOf(
    versioned.map(({ name }) => name),
    repositories,
    session,
  )
  const isOffered = ({ name, version }: (typeof versioned)[number]) =>
    matchingVersions(view, name, version).length > 0
  return versioned.every(isOffered) ? [] : await fetchArchives(repositories, session)
}

async function viewOf(
  names: readonly string[],
  repositories: readonly RepositoryConfiguration[],
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
async function fetchArchives(
  repositories: readonly RepositoryConfiguration[],
  session: Session,
): Promise<readonly string[]> {
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
