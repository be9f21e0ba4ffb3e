/** One line about a worker, an execution, a job. */
import type { ExecutionView } from '../../farm/api/execution.ts'
import type { ScheduleView, WorkerView } from '../../farm/api/info.ts'
import { escapeText } from '../../native/escape.ts'

/** `builder-2  busy  debian-12-x86_64  x86_64  bwrap,unshare,none  cpu=8`. */
export function workerRow({
  worker,
  state,
  platforms,
  architecture,
  sandboxes,
  labels,
}: WorkerView): string[] {
  const named = Object.entries(labels).map(([name, value]) => (value === 'true' ? name : `${name}=${value}`))
  return [worker, state, platforms.join(','), architecture, sandboxes.join(','), named.join(',') || '-'].map(
    escapeText,
  )
}

/** When, which, of what, where, how it went. */
export function executionRow(view: ExecutionView): string[] {
  const { execution, job, platform, created_at: created } = view
  return [seconds(created), execution, job, platform, stateText(view)].map(escapeText)
}

/** Its result; else its state, with the reason that it waits for. */
export function stateText({ state, reason, result_text: result, attempts }: ExecutionView): string {
  if (state === 'ended') return result
  const worker = state === 'running' ? attempts.at(-1)?.worker : undefined
  if (worker !== undefined) return `running on ${worker}`
  return reason === '' ? state : `${state}: ${reason}`
}

export function scheduleRow(view: ScheduleView): string[] {
  const { job, kind, platforms, period, cron, next_run: next, last_result: last } = view
  const when = cron === '' ? period : `cron ${cron}`
  return [job, kind, platforms.join(','), when, next === null ? '-' : seconds(next), last || '-'].map(
    escapeText,
  )
}

/** `2026-11-21T09:03:40Z`. */
export function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z')
}
