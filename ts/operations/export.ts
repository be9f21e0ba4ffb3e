/** The explicit set as data, with the lock section where it is wanted. Reads what is there; fetches nothing. */
import type { LockedPackage, PackageList } from '../config/package-list.ts'
import type { InstalledPackage, Universe } from '../native/system.ts'
import { openRepositories, requestRepositories } from './open-repositories.ts'
import type { Session } from './session.ts'

export async function exportPackages(locked: boolean, session: Session): Promise<PackageList> {
  const installed = session.system.listPackages()
  const packages = installed.filter(({ reason }) => reason === 'explicit').map(({ name }) => name)
  return { packages, lock: locked ? await lockOf(installed, session) : null }
}

async function lockOf(
  installed: readonly InstalledPackage[],
  session: Session,
): Promise<readonly LockedPackage[]> {
  const repositories = await openRepositories(session)
  const universe = await session.system.universe({
    names: installed.map(({ name }) => name),
    locals: [],
    everything: false,
    // What was fetched of the archive before: installed versions may be in it only.
    archives: repositories.map(({ name }) => name),
    repositories: requestRepositories(repositories, session.now()),
  })
  const digests = digestsOf(universe)
  return installed.map((one) => {
    const { name, version, architecture, reason, origin } = one
    const sha256 = digests.get(keyOf(one, origin)) ?? null
    if (sha256 === null) {
      session.reporter.warn(
        `the SHA-256 of ${name} ${version} is not known here: only a system that has it already can be locked to it`,
      )
    }
    return { name, version, architecture, reason, repository: origin, sha256 }
  })
}

/** Of every package that a repository offers, by repository, name, version and architecture. */
function digestsOf(universe: Universe): ReadonlyMap<string, string> {
  const digests = new Map<string, string>()
  const { candidates, repositories } = universe.view()
  candidates.forEach((candidate, id) => {
    const source = candidate.source === 'repository' ? universe.source(id) : null
    const repository = repositories[candidate.repository]?.name ?? null
    if (source !== null) digests.set(keyOf(candidate, repository), source.sha256)
  })
  return digests
}

function keyOf(
  one: { readonly name: string; readonly version: string; readonly architecture: string },
  repository: string | null,
): string {
  return [repository ?? '', one.name, one.version, one.architecture].join(' ')
}
