/** What the whole farm is doing: `GET /api/v1/info`, `GET /api/v1/workers`. */
import type { ExecutionView } from './execution.ts'
import type { JobKind, Period, Sandbox } from './job.ts'

export interface InfoAnswer {
  readonly server: string
  readonly version: string
  readonly engine: 'pglite' | 'postgresql'
  readonly started_at: string
  readonly schedule: readonly ScheduleView[]
  /** By platform, in the order in which they would be claimed. */
  readonly queues: readonly { readonly platform: string; readonly executions: readonly ExecutionView[] }[]
  readonly running: readonly ExecutionView[]
  readonly workers: readonly WorkerView[]
  readonly dropped_platforms: readonly string[]
  /** What an operator should look at: a full disk, an upload that fails, a heartbeat that cannot be written. */
  readonly problems: readonly string[]
}

export interface ScheduleView {
  readonly job: string
  readonly kind: JobKind
  readonly platforms: readonly string[]
  readonly period: Period | ''
  readonly cron: string
  readonly next_run: string | null
  readonly last_result: string
  readonly last_execution: string
}

export interface WorkerView {
  readonly worker: string
  readonly platforms: readonly string[]
  readonly architecture: string
  readonly labels: Readonly<Record<string, string>>
  readonly sandboxes: readonly Sandbox[]
  /** `stopped`: it took its leave; `lost`: not heard of for 40 s when idle, for the heartbeat limit when busy. */
  readonly state: 'idle' | 'busy' | 'draining' | 'drained' | 'stopped' | 'lost'
  /** The UUID of what it runs; empty: nothing. */
  readonly execution: string
  readonly last_seen: string
}

export interface WorkersAnswer {
  readonly workers: readonly WorkerView[]
}
