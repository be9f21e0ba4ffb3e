/** The configured repositories as planning needs them, with what must be said about each. */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import type { Universe, UniverseRequest } from '../native/system.ts'
import { policyOf, readConfigured, standingWarnings } from '../repository/configured.ts'
import type { UnusableRepository } from '../resolver/request.ts'
import type { Session } from './session.ts'

/** By priority, then name. Warns and fails aloud as file 4 wants of every operation that touches repositories. */
export async function openRepositories(session: Session): Promise<readonly RepositoryConfiguration[]> {
  const { repositories, problems } = await readConfigured(session.system)
  for (const { message } of problems) session.reporter.fail(message)
  for (const repository of repositories) {
    for (const text of standingWarnings(repository)) session.reporter.warn(text)
  }
  return repositories
}

/** What to do where nothing can be found because nobody offers anything; undefined where a repository is configured, even a broken one. */
export function withoutRepositories({ system }: Session): string | undefined {
  if (system.readConfiguration().some(({ name }) => name.endsWith('.repo'))) return undefined
  return 'no repositories are configured (add one: peipkg repo add <name> <base-url> --anchor <fingerprint>)'
}

export function requestRepositories(
  repositories: readonly RepositoryConfiguration[],
  now: number,
): UniverseRequest['repositories'] {
  return repositories.map((repository) => ({
    name: repository.name,
    priority: repository.priority,
    official: repository.official,
    policy: policyOf(repository, now),
    baseUrl: repository.baseUrl,
    farmIds: [...repository.farmIds],
  }))
}

/** Those that the core could not use, for the resolver's elevated action; each is reported. */
export function reportUnusable(
  universe: Universe,
  repositories: readonly RepositoryConfiguration[],
  session: Session,
): readonly UnusableRepository[] {
  const priorities = new Map(repositories.map(({ name, priority }) => [name, priority]))
  return universe.problems.map(({ repository: name, reason }) => {
    session.reporter.warn(unusableText(name, reason, session))
    return { name, priority: priorities.get(name) ?? 1 }
  })
}

/** What is wrong and what to do, once: the core's own hint does not name the repository. */
export function unusableText(name: string, reason: string, { system }: Session): string {
  const isKnown = system.repositories().some((repository) => repository.name === name)
  const withoutHint = reason.replace(/ \((run: )?peipkg refresh[^()]*\)$/, '')
  const what = isKnown ? `cannot be used: ${withoutHint}` : 'was never refreshed'
  return `repository "${name}" ${what} (run: peipkg refresh ${name})`
}
