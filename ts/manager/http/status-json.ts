/** `GET /status`: the documented fields in the documented order, then ours (§13, §16.11). */
import type { HistoryEntry, StatusSnapshot } from '../model.ts'
import { logPath } from './page/links.ts'

/** Two-space indent, and a newline at the end. `recent`: the newest builds that ended. */
export function statusJson(status: StatusSnapshot, recent: readonly HistoryEntry[]): string {
  const document = {
    farm_id: status.farmId,
    recipes: status.recipes,
    builds_attempted: status.buildsAttempted,
    builds_succeeded: status.buildsSucceeded,
    in_flight: inFlight(status),
    failures: failures(status),
    queued: status.queued,
    problems: Object.fromEntries(status.problems),
    upload_pending: uploadPending(status),
    last_publish: time(status.lastPublish),
    started_at: time(status.startedAt),
    recent: recent.map(ended),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function inFlight({ inFlight: build }: StatusSnapshot) {
  if (build === undefined) return null
  const { recipe, version, startedAt, log } = build
  return {
    recipe,
    version,
    started_at: time(startedAt),
    ...(log === undefined ? {} : { log: logPath(recipe, log) }),
  }
}

/** Keyed `recipe@version`, sorted. */
function failures(status: StatusSnapshot) {
  if (status.failures.size === 0) return null
  const entries = [...status.failures].map(([key, { failures: count, nextRetry }]) => {
    return [key, { failures: count, next_retry: time(nextRetry) }] as const
  })
  return Object.fromEntries(entries)
}

function uploadPending({ uploadPending: pending }: StatusSnapshot) {
  return pending === undefined ? null : { failures: pending.failures, next_retry: time(pending.nextRetry) }
}

/** What went wrong is told on the page and in the log, not to everybody. */
function ended({ recipe, version, result, ended_at, log }: HistoryEntry) {
  return { recipe, version, result, ended_at, log: log === undefined ? null : logPath(recipe, log) }
}

/** RFC 3339 UTC, zeros at the end of the fraction trimmed, as Go prints it. */
function time(milliseconds: number | undefined): string | null {
  if (milliseconds === undefined) return null
  return new Date(milliseconds).toISOString().replace(/\.?0*Z$/, 'Z')
}
