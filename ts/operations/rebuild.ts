/** After the loss of the database: packages that are on the disk whole are recorded as installed again (file 5). */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asPeiError, PeiError, reasonOf } from '../native/errors.ts'
import { inspectPackage } from '../native/packages.ts'
import type { Rebuilt, RequestedOperation, Universe } from '../native/system.ts'
import { cancellable } from '../native/task.ts'
import { readSettings } from '../repository/configured.ts'
import { rootsOf } from '../resolver/roots.ts'
import { availableNames } from './available-names.ts'
import { fetchCandidates } from './change.ts'
import { installedGraph } from './graph.ts'
import { sourceOf } from './make-plan.ts'
import { mark } from './mark.ts'
import { openRepositories, requestRepositories, unusableText } from './open-repositories.ts'
import type { Session } from './session.ts'

export interface RebuildReport {
  readonly outcome: 'rebuilt' | 'declined'
  readonly adopted: Rebuilt['adopted']
  /** Names of those that are there for others, as far as that can be told. */
  readonly dependencies: readonly string[]
  readonly rejected: Rebuilt['rejected']
  /** Files and links that no recorded package owns, from the root. */
  readonly unplaced: readonly string[]
  /** Whether there are more of them than are told. */
  readonly more: boolean
}

/** `from`: a directory of packages; null: what the configured repositories offer, fetched after a question. */
export async function rebuild(
  from: string | null,
  waitSeconds: number | null,
  session: Session,
): Promise<RebuildReport> {
  const offered = from === null ? await ofRepositories(session) : await ofDirectory(from, session)
  if (offered === undefined)
    return { outcome: 'declined', adopted: [], dependencies: [], rejected: [], unplaced: [], more: false }
  const { universe, files, rejected } = offered
  const { limits } = await readSettings(session.system)
  const operations = [...files].map(([candidate, file]): RequestedOperation => {
    return { kind: 'install', candidate, file, reason: 'explicit' }
  })
  const request = {
    operations,
    limits: Object.entries(limits).map(([name, value]) => ({ name, value })),
    command: session.commandLine,
    ...(waitSeconds === null ? {} : { waitSeconds }),
    now: session.now(),
  }
  const { system, reporter, signal } = session
  const rebuilt = await cancellable(signal, (token) =>
    system.rebuild(universe, request, reporter.progress, token),
  )
  for (const text of rebuilt.warnings) reporter.warn(text)
  const dependencies = await markDependencies(rebuilt.adopted, waitSeconds, session)
  return {
    outcome: 'rebuilt',
    dependencies,
    adopted: rebuilt.adopted,
    rejected: [...rejected, ...rebuilt.rejected],
    unplaced: rebuilt.unplaced,
    more: rebuilt.more,
  }
}

/**
 * Why a package was installed is lost with the database: what others need counts as a dependency, the rest as asked for, so
 * that nothing is there for nobody. A transaction of its own: until it is committed all of them count as asked for.
 */
async function markDependencies(
  adopted: Rebuilt['adopted'],
  waitSeconds: number | null,
  session: Session,
): Promise<readonly string[]> {
  const names = new Set(adopted.map(({ name }) => name))
  const graph = await installedGraph(session.system)
  const { candidates } = graph.model.universe
  const isAdopted = (id: number) => names.has(candidates[id]?.name ?? '')
  const all = candidates.map((_, id) => id)
  const isKnown = (id: number) => !isAdopted(id) && candidates[id]?.reason === 'explicit'
  const roots = rootsOf(graph, all.filter(isAdopted), all.filter(isKnown))
  const found = all.filter((id) => isAdopted(id) && !roots.has(id)).map((id) => candidates[id]?.name ?? '')
  if (found.length === 0) return []
  const targets = found.map((name) => ({ kind: 'mark', name, reason: 'dependency' }) as const)
  const without = { cascade: false, overwriteUnowned: false, skipBroken: false, downloadOnly: false }
  const silent = { dryRun: false, explain: false, noSync: false, allowCritical: false }
  const quiet: Session = { ...session, reporter: { ...session.reporter, showPlan: () => undefined } }
  await mark(targets, { ...without, ...silent, waitSeconds }, quiet)
  return found
}

/** Packages to compare the disk with, as files by candidate. */
interface Offered {
  readonly universe: Universe
  readonly files: ReadonlyMap<number, string>
  readonly rejected: Rebuilt['rejected']
}

async function ofDirectory(from: string, session: Session): Promise<Offered> {
  const directory = resolve(from)
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.peipkg'))
    .sort()
  const valid: string[] = []
  const rejected: Rebuilt['rejected'] = []
  for (const name of names) {
    try {
      await inspectPackage(join(directory, name))
      valid.push(join(directory, name))
    } catch (error) {
      if (asPeiError(error) === undefined) throw error
      rejected.push({ name, version: '', reason: reasonOf(error) })
    }
  }
  if (valid.length === 0) throw new PeiError('PEI_NOT_FOUND', `${directory} has no usable package`)
  const universe = await session.system.universe({
    ...{ names: [], locals: valid, everything: false, archives: [] },
    repositories: [],
  })
  const files = universe
    .view()
    .candidates.flatMap((candidate, id): readonly (readonly [number, string])[] => {
      const file = candidate.source === 'local' ? sourceOf(universe, id).file : undefined
      return file === undefined ? [] : [[id, file]]
    })
  return { universe, files: new Map(files), rejected }
}

async function ofRepositories(session: Session): Promise<Offered | undefined> {
  const { system, reporter } = session
  const repositories = await openRepositories(session)
  const universe = await system.universe({
    names: [...new Set(await availableNames(system))],
    ...{ locals: [], everything: false, archives: [] },
    repositories: requestRepositories(repositories, session.now()),
  })
  for (const { repository, reason } of universe.problems) {
    reporter.warn(unusableText(repository, reason, session))
  }
  const { candidates } = universe.view()
  const ids = candidates.flatMap(({ source }, id) => (source === 'repository' ? [id] : []))
  if (ids.length === 0) throw new PeiError('PEI_NOT_FOUND', 'no configured repository offers any package')
  const missing = ids.filter((id) => !isHere(universe, id, session))
  const bytes = missing.reduce((total, id) => total + (candidates[id]?.sizeCompressed ?? 0), 0)
  if (!(await reporter.confirmDownload(missing.length, bytes))) return undefined
  const settings = await readSettings(system)
  return {
    universe,
    files: await fetchCandidates(ids, universe, { repositories, settings }, session),
    rejected: [],
  }
}

function isHere(universe: Universe, candidate: number, { system }: Session): boolean {
  const { file, sha256, size } = sourceOf(universe, candidate)
  return file !== undefined || system.cachedPackage(sha256, size) !== null
}
