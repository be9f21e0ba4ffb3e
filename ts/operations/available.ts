/** What repositories offer of one package, without fetching anything. */
import type { Universe, UniverseView } from '../native/system.ts'
import type { PackageInfo, Relation } from './info.ts'
import { openRepositories, requestRepositories, unusableText } from './open-repositories.ts'
import type { Session } from './session.ts'

export interface OfferedInfo extends PackageInfo {
  readonly sizeCompressed: number
  readonly sha256: string
  /** The id in the universe that it was read from. */
  readonly candidate: number
}

export interface Offer {
  readonly universe: Universe
  readonly view: UniverseView
  /** Packages of that very name that the active indexes offer, the stronger repository first. */
  readonly packages: readonly OfferedInfo[]
}

/**
 * Repositories that cannot be used are warned about and left out. `query`: indexes are read as they were adopted, without
 * verifying them again; nothing can be fetched or planned from the answer.
 */
export async function offersOf(
  name: string,
  session: Session,
  { query = false }: { readonly query?: boolean } = {},
): Promise<Offer> {
  const universe = await session.system.universe({
    ...{ names: [name], locals: [], everything: false, archives: [], query },
    repositories: requestRepositories(await openRepositories(session), session.now()),
  })
  for (const { repository, reason } of universe.problems) {
    session.reporter.warn(unusableText(repository, reason, session))
  }
  const view = universe.view()
  const ids = view.candidates.flatMap((candidate, id) =>
    candidate.name === name && candidate.source === 'repository' ? [id] : [],
  )
  const placeOf = (id: number) => view.candidates[id]?.repository ?? -1
  ids.sort((left, right) => placeOf(left) - placeOf(right) || left - right)
  return { universe, view, packages: ids.map((id) => offeredInfo(universe, view, id)) }
}

function offeredInfo(universe: Universe, view: UniverseView, id: number): OfferedInfo {
  const candidate = view.candidates[id]
  const source = universe.source(id)
  const said = universe.description(id)
  if (candidate === undefined || source === null || said === null) {
    throw new RangeError(`candidate ${id} is not offered`)
  }
  const { name, version, architecture, description, sizeInstalled, sizeCompressed } = candidate
  const relations = (requirements: readonly number[]) => requirements.map((one) => relationOf(view, one))
  return {
    ...{ name, version, architecture, description, sizeInstalled, sizeCompressed, candidate: id },
    ...{ license: said.license, homepage: said.homepage, sha256: source.sha256 },
    ...{ origin: source.repository ?? null, reason: null, held: false, orphaned: null, installedAt: null },
    overrides: [],
    dependencies: relations(candidate.dependencies),
    optionalDependencies: relations(candidate.optional),
    conflicts: relations(candidate.conflicts),
    replaces: relations(candidate.replaces),
    provides: candidate.provides.map((one) => ({
      name: one.name,
      ...(one.version === null ? {} : { version: one.version }),
    })),
  }
}

function relationOf(view: UniverseView, requirement: number): Relation {
  const { name, constraint } = view.requirements[requirement] ?? { name: '', constraint: null }
  return { name, ...(constraint === null ? {} : { constraint }) }
}
