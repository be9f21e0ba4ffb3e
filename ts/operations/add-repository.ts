/** Adds a repository: the trust ceremony, then configuration and state together (PSD-009 §6.5). */
import { formatRepositoryFile, type RepositoryConfiguration } from '../config/repository-file.ts'
import { PeiError } from '../native/errors.ts'
import { adoptRepository } from '../repository/adopt.ts'
import { holdCeremony } from '../repository/ceremony.ts'
import { readConfigured, standingWarnings } from '../repository/configured.ts'
import { flushAudit, tellFailure } from './audit.ts'
import { warnOfClock } from './clock.ts'
import { documentTransport, type Session } from './session.ts'

export interface AddedRepository {
  readonly outcome: 'added' | 'declined'
  readonly name: string
  readonly indexVersion: number | null
  readonly packages: number | null
}

/** Any failure leaves nothing behind, no file and no row. */
export async function addRepository(
  repository: RepositoryConfiguration,
  session: Session,
): Promise<AddedRepository> {
  const { name } = repository
  await refuseExisting(name, session)
  warnOfClock(session)
  for (const text of standingWarnings(repository)) session.reporter.warn(text)
  const transport = documentTransport(session)
  const context = { system: session.system, transport, signal: session.signal, now: session.now() }
  try {
    const ceremony = await holdCeremony(repository, context)
    for (const text of ceremony.warnings) session.reporter.warn(`repository "${name}": ${text}`)
    const isTrusted = ceremony.verifiedBy === null || (await session.reporter.approveTrust(ceremony))
    if (!isTrusted) return { outcome: 'declined', name, indexVersion: null, packages: null }
    const configuration = formatRepositoryFile(repository)
    const how = { mode: 'add', configuration, keys: ceremony.keys } as const
    const { indexVersion, packages, warnings } = await adoptRepository(repository, how, context)
    for (const text of warnings) session.reporter.warn(`repository "${name}": ${text}`)
    return { outcome: 'added', name, indexVersion, packages }
  } catch (error) {
    tellFailure({ kind: 'repo-add', operation: 'repo-add', repository: name }, error, session)
    throw error
  } finally {
    await transport.close()
    flushAudit(session)
  }
}

async function refuseExisting(name: string, { system }: Session): Promise<void> {
  const { repositories, problems } = await readConfigured(system)
  const known = [...repositories, ...problems, ...system.repositories()]
  if (!known.some((repository) => repository.name === name)) return
  throw new PeiError(
    'PEI_REPO_EXISTS',
    `a repository named "${name}" exists already (peipkg repo remove ${name} forgets it and its keys)`,
  )
}
