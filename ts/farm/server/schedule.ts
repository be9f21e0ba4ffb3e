/** When a job runs next: by period, without drift, or by a cron expression. Missed runs collapse into one. */
import type { Period } from '../api/job.ts'
import { nextByCron } from './cron.ts'

const HOUR = 3_600_000

const lengths: Readonly<Record<Period, number | undefined>> = {
  hourly: HOUR,
  daily: 24 * HOUR,
  weekly: 7 * 24 * HOUR,
  never: undefined,
}

export interface Plan {
  readonly period: Period | ''
  readonly cron: string
}

/** The first run of a job that is scheduled at `now`, beside the one at once; undefined: none. */
export function firstRun(plan: Plan, now: number): number | undefined {
  return plan.cron === '' ? after(plan, now, now) : nextByCron(plan.cron, now)
}

/** The run after the one that was due at `due`, however late it is by now. */
export function followingRun(plan: Plan, due: number, now: number): number | undefined {
  return plan.cron === '' ? after(plan, due, now) : nextByCron(plan.cron, Math.max(due, now))
}

function after({ period }: Plan, due: number, now: number): number | undefined {
  const length = period === '' ? undefined : lengths[period]
  if (length === undefined) return undefined
  const missed = Math.max(0, Math.floor((now - due) / length))
  return due + (missed + 1) * length
}
