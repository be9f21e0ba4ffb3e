/** How old what is trusted of a repository may be (file 4). */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import type { RepositoryRecord } from '../native/system.ts'

/** Why the repository must be refreshed before anything is installed from it; null when it need not. */
export function staleness(
  { maxTrustedAge, maxIndexAge }: RepositoryConfiguration,
  record: RepositoryRecord,
  now: number,
): string | null {
  const quiet = now - secondsOf(record.lastRefreshAt)
  if (quiet > maxTrustedAge) {
    return `has brought nothing new for ${lengthOf(quiet)} (${lengthOf(maxTrustedAge)} are allowed)`
  }
  const age = now - secondsOf(record.generatedAt)
  if (age <= maxIndexAge) return null
  return `offers an index that is ${lengthOf(age)} old (${lengthOf(maxIndexAge)} are allowed)`
}

/** What `refresh` says of a repository that has brought nothing new for half of its time; null before that. */
export function quietness(
  repository: RepositoryConfiguration,
  record: RepositoryRecord,
  now: number,
): string | null {
  const { name, maxTrustedAge } = repository
  const stale = staleness(repository, record, now)
  if (stale !== null) return `repository "${name}" ${stale}: installing from it needs an authorisation`
  const quiet = now - secondsOf(record.lastRefreshAt)
  if (quiet <= maxTrustedAge / 2) return null
  return (
    `repository "${name}" has brought nothing new for ${lengthOf(quiet)}: ` +
    `after ${lengthOf(maxTrustedAge)} installing from it needs an authorisation`
  )
}

/** `45 days`, `3 hours`, `20 seconds`. */
function lengthOf(seconds: number): string {
  for (const [unit, length] of units) {
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit}`
  }
  return `${Math.floor(seconds)} seconds`
}

const units = [
  ['days', 86_400],
  ['hours', 3600],
  ['minutes', 60],
] as const

const secondsOf = (time: string): number => Date.parse(time) / 1000
