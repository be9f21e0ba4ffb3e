/** Brings what is known of repositories up to date, each independently of the others (PSD-009 §6.5). */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { optimiseLate } from '../native/engine.ts'
import { asPeiError, PeiError, reasonOf } from '../native/errors.ts'
import type { AuditEvent, RepositoryRecord } from '../native/system.ts'
import { type AdoptContext, adoptRepository } from '../repository/adopt.ts'
import { quietness } from '../repository/age.ts'
import { readConfigured, standingWarnings } from '../repository/configured.ts'
import { flushAudit, tellFailure } from './audit.ts'
import { authorise } from './authorise.ts'
import { warnOfClock } from './clock.ts'
import type { Authorisation } from './elevated-action.ts'
import { insecureActions } from './insecure-transport.ts'
import { documentTransport, type Session } from './session.ts'

export interface Refreshed {
  readonly name: string
  /** `refused`: a person did not authorise it, which is no failure. */
  readonly outcome: 'adopted' | 'already-current' | 'failed' | 'refused'
  /** Null when nothing was fetched. */
  readonly indexVersion: number | null
  /** Why it failed, or what was refused, with its code. */
  readonly error: { readonly code: string; readonly message: string } | null
}

/**
 * The named repositories, or all. `report` hears of each as it ends. Throws PEI_NOT_FOUND before anything is fetched, and
 * PEI_CANCELLED.
 */
export async function refresh(
  names: readonly string[],
  session: Session,
  report: (refreshed: Refreshed) => void,
): Promise<readonly Refreshed[]> {
  optimiseLate()
  const { repositories, problems } = await readConfigured(session.system)
  const broken = problems.filter(({ name }) => names.length === 0 || names.includes(name))
  const chosen = names.length === 0 ? repositories : chooseRepositories(names, repositories, broken)
  const records = new Map(session.system.repositories().map((record) => [record.name, record]))
  const results: Refreshed[] = []
  warnOfClock(session)
  const add = (refreshed: Refreshed) => {
    results.push(refreshed)
    report(refreshed)
  }
  for (const { name, message } of broken) add(failed(name, new PeiError('PEI_CONFIG_INVALID', message)))
  const transport = documentTransport(session)
  const context = { system: session.system, transport, signal: session.signal, now: session.now() }
  try {
    for (const repository of chosen)
      add(await refreshOne(repository, records.get(repository.name), context, session))
  } finally {
    await transport.close()
    flushAudit(session)
  }
  return results
}

function chooseRepositories(
  names: readonly string[],
  repositories: readonly RepositoryConfiguration[],
  broken: readonly { readonly name: string }[],
): readonly RepositoryConfiguration[] {
  const missing = names.find(
    (name) => ![...repositories, ...broken].some((repository) => repository.name === name),
  )
  if (missing !== undefined) throw new PeiError('PEI_NOT_FOUND', `no repository named "${missing}"`)
  return repositories.filter(({ name }) => names.includes(name))
}

/** A repository that was configured by hand has no record yet: its first refresh is the ceremony, by its anchors. */
async function refreshOne(
  repository: RepositoryConfiguration,
  known: RepositoryRecord | undefined,
  context: AdoptContext,
  session: Session,
): Promise<Refreshed> {
  const { name } = repository
  for (const text of standingWarnings(repository)) session.reporter.warn(text)
  try {
    const answer = await authoriseTransport(repository, known, session)
    if (answer !== 'granted') return { ...failed(name, notAuthorised()), outcome: outcomes[answer] }
    const how = { mode: 'refresh', known: known ?? null } as const
    const adoption = await adoptRepository(repository, how, context)
    for (const text of adoption.warnings) session.reporter.warn(`repository "${name}": ${text}`)
    if (adoption.outcome === 'already-current') warnIfQuiet(repository, known, session)
    return { name, outcome: adoption.outcome, indexVersion: adoption.indexVersion, error: null }
  } catch (error) {
    if (session.signal.aborted || asPeiError(error) === undefined) throw error
    tellFailure({ kind: 'refresh', operation: 'refresh', repository: name }, error, session)
    return failed(name, error)
  }
}

const outcomes = { refused: 'refused', unauthorised: 'failed' } as const

const notAuthorised = () =>
  new PeiError(
    'PEI_AUTH_REQUIRED',
    'allow_insecure_transport was turned on, and required authorisation was not given',
  )

/** What was granted changes how a trusted repository is reached: that is told before anything is fetched. */
async function authoriseTransport(
  repository: RepositoryConfiguration,
  known: RepositoryRecord | undefined,
  session: Session,
): Promise<Authorisation> {
  const actions = insecureActions([repository], known === undefined ? [] : [known])
  const answer = await authorise(actions, session)
  if (answer !== 'granted' || actions.length === 0) return answer
  const event: AuditEvent = {
    ...{ kind: 'config-change', operation: 'insecure-transport', outcome: 'success', packages: [] },
    repository: repository.name,
    reason: `allow_insecure_transport was turned on for the trusted repository "${repository.name}"`,
  }
  for (const warning of session.system.recordAudit(event, true, session.now())) session.reporter.warn(warning)
  return answer
}

/** A quiet repository must publish anew now and then: whoever can tell its operator hears of it in time. */
function warnIfQuiet(
  repository: RepositoryConfiguration,
  known: RepositoryRecord | undefined,
  { reporter, now }: Session,
): void {
  const text = known === undefined ? null : quietness(repository, known, now())
  if (text !== null) reporter.warn(text)
}

function failed(name: string, error: unknown): Refreshed {
  const code = asPeiError(error)?.code ?? 'PEI_INTERNAL'
  return { name, outcome: 'failed', indexVersion: null, error: { code, message: reasonOf(error) } }
}
