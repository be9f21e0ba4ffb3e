/** Before anything is installed: what is known of repositories is looked at, and refreshed where it is too old (file 4). */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { staleness } from '../repository/age.ts'
import { type OrphanReason, orphanReasons } from '../repository/orphans.ts'
import type { ElevatedAction } from './elevated-action.ts'
import { insecureActions } from './insecure-transport.ts'
import type { Target } from './make-plan.ts'
import type { Session } from './session.ts'

/** A repository whose trust state is too old, and could not be made younger. */
export interface StaleRepository {
  readonly name: string
  readonly priority: number
  /** As the prompt says it, after the name. */
  readonly reason: string
}

export interface Trust {
  readonly stale: readonly StaleRepository[]
  /** One for each repository whose transport was made insecure after it was trusted. */
  readonly newlyInsecure: readonly ElevatedAction[]
  readonly orphanReason: OrphanReason
}

/** `mayRefresh` false: only looks, for a dry run. Warns of each refresh that failed. */
export async function examineTrust(
  targets: readonly Target[],
  repositories: readonly RepositoryConfiguration[],
  mayRefresh: boolean,
  session: Session,
): Promise<Trust> {
  const { system, now } = session
  const isInstalling = targets.some(isFetched)
  const records = system.repositories()
  return {
    stale: isInstalling ? await freshen(repositories, mayRefresh, session) : [],
    newlyInsecure: isInstalling ? insecureActions(repositories, records) : [],
    orphanReason: orphanReasons(system, now()),
  }
}

/** What an undo puts back from what is retained here comes from nobody. */
function isFetched(target: Target): boolean {
  if (target.kind === 'restore') return !target.offline
  return /^(install|upgrade|downgrade|reinstall)/.test(target.kind)
}

async function freshen(
  repositories: readonly RepositoryConfiguration[],
  attempt: boolean,
  session: Session,
): Promise<readonly StaleRepository[]> {
  const aged = stale(repositories, session)
  if (aged.length === 0 || !attempt) return aged
  const { refresh } = await import('./refresh.ts')
  const names = aged.map(({ name }) => name)
  await refresh(names, session, ({ name, error }) => {
    if (error !== null) session.reporter.warn(`refreshing "${name}" failed: ${error.message}`)
  })
  return stale(repositories, session)
}

/** One that was never refreshed is not old: nothing is known of it at all. */
function stale(
  repositories: readonly RepositoryConfiguration[],
  { system, now }: Session,
): readonly StaleRepository[] {
  const records = new Map(system.repositories().map((record) => [record.name, record]))
  return repositories.flatMap((repository) => {
    const { name, priority } = repository
    const record = records.get(name)
    const reason = record === undefined ? null : staleness(repository, record, now())
    return reason === null ? [] : [{ name, priority, reason }]
  })
}
