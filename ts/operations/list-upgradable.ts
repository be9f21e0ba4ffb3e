/** What `upgrade` would move, package by package: whether they fit together only a plan tells. */
import { buildModel, candidateAt } from '../resolver/model.ts'
import { upgradeOptions } from '../resolver/upgrade.ts'
import { openRepositories, requestRepositories, unusableText } from './open-repositories.ts'
import type { Session } from './session.ts'

export interface Upgrade {
  readonly version: string
  readonly repository: string
}

/** By name; held packages too. */
export async function upgradesOf(session: Session): Promise<ReadonlyMap<string, Upgrade>> {
  const universe = await session.system.universe({
    ...{ names: [], locals: [], everything: false, archives: [] },
    repositories: requestRepositories(await openRepositories(session), session.now()),
  })
  for (const { repository, reason } of universe.problems) {
    session.reporter.warn(unusableText(repository, reason, session))
  }
  const view = universe.view()
  const names = view.candidates.filter(({ source }) => source === 'installed').map(({ name }) => name)
  const jobs = names.map((name) => ({ kind: 'upgrade', name }) as const)
  const model = buildModel(view, { jobs, cascade: false, unusable: [] })
  return new Map(
    names.flatMap((name) => {
      const [best] = upgradeOptions(model, name)
      if (best === undefined) return []
      const { version, repository } = candidateAt(view, best)
      return [[name, { version, repository: view.repositories[repository]?.name ?? '' }] as const]
    }),
  )
}
