/** The failures of builds and what they put off (§10.3). In memory only: a restart forgets them, as documented. */
import type { Failure } from './model.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const delays = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR] as const

/** The delay after the n-th failure in a row, in milliseconds; 0 for none. */
export function backOff(failures: number): number {
  if (failures < 1) return 0
  return delays[Math.min(failures, delays.length) - 1] ?? 24 * HOUR
}

export interface Failures {
  /** Returns the delay until the next try, in milliseconds. */
  record(key: string, now: number): number
  clear(key: string): void
  has(key: string): boolean
  /** Whether a trigger must wait. */
  delays(key: string, now: number): boolean
  /** Keys sorted. */
  snapshot(): ReadonlyMap<string, Failure>
}

export function createFailures(): Failures {
  const failures = new Map<string, Failure>()
  return {
    record(key, now) {
      const count = (failures.get(key)?.failures ?? 0) + 1
      failures.set(key, { failures: count, nextRetry: now + backOff(count) })
      return backOff(count)
    },
    clear(key) {
      failures.delete(key)
    },
    has: (key) => failures.has(key),
    delays(key, now) {
      return now < (failures.get(key)?.nextRetry ?? 0)
    },
    snapshot: () => new Map([...failures].sort(([left], [right]) => (left < right ? -1 : 1))),
  }
}

/** The key of one job: recipe and version. */
export function failureKey(recipe: string, version: string): string {
  return `${recipe}@${version}`
}
