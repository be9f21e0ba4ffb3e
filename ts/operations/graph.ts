/** The dependency graph for queries: what is installed and, where it matters, what repositories offer. No network. */
import { PeiError } from '../native/errors.ts'
import type { System } from '../native/system.ts'
import { dependencyGraph, type Graph } from '../resolver/graph.ts'
import type { Candidate } from '../resolver/universe.ts'
import { openRepositories, requestRepositories, unusableText } from './open-repositories.ts'
import type { Session } from './session.ts'

/** A package of the graph as people and programs know it. */
export interface GraphPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly installed: boolean
  /** The repository that offers it, or of an installed one its origin; null for a local file. */
  readonly repository: string | null
  /** Installed only. */
  readonly reason: 'explicit' | 'dependency' | null
  readonly held: boolean
}

/** One relation as somebody states it. */
export interface GraphRelation {
  readonly name: string
  readonly constraint: string | null
  readonly optional: boolean
}

/** Installed packages alone. */
export async function installedGraph(system: System): Promise<Graph> {
  const none = { names: [], locals: [], everything: false, archives: [], repositories: [] }
  return dependencyGraph((await system.universe(none)).view())
}

/** Also what the names lead to in repositories; with `whole` everything that they offer. */
export async function availableGraph(
  names: readonly string[],
  whole: boolean,
  session: Session,
): Promise<Graph> {
  const universe = await session.system.universe({
    ...{ names: [...names], locals: [], everything: false, archives: [], whole },
    repositories: requestRepositories(await openRepositories(session), session.now()),
  })
  for (const { repository, reason } of universe.problems) {
    session.reporter.warn(unusableText(repository, reason, session))
  }
  const view = universe.view()
  universe.release()
  return dependencyGraph(view)
}

export function packageOf(graph: Graph, id: number): GraphPackage {
  const { name, version, architecture, source, repository, origin, reason, held } = candidateOf(graph, id)
  const installed = source === 'installed'
  const offeredBy = graph.model.universe.repositories[repository]?.name ?? null
  return { name, version, architecture, installed, repository: installed ? origin : offeredBy, reason, held }
}

export function relationOf(graph: Graph, requirement: number, optional: boolean): GraphRelation {
  const { name, constraint } = graph.model.universe.requirements[requirement] ?? {
    name: '',
    constraint: null,
  }
  return { name, constraint, optional }
}

export function isInstalled(graph: Graph, id: number): boolean {
  return candidateOf(graph, id).source === 'installed'
}

function candidateOf(graph: Graph, id: number): Candidate {
  const candidate = graph.model.universe.candidates[id]
  if (candidate === undefined) throw new RangeError(`candidate ${id} is not in this universe`)
  return candidate
}

export function nowhere(name: string): PeiError {
  return new PeiError('PEI_NOT_FOUND', `"${name}" is neither installed nor offered by a repository`)
}
