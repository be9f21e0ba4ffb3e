/** An execution and its attempts, as clients see them. Times are RFC 3339 UTC with milliseconds. */
import type { JobKind, JobRequest, Sandbox } from './job.ts'
import type { Result } from './result.ts'

/** `blocked`: waits for the recipe jobs it needs. `held`: a back-off or a retry time is not over. */
export type ExecutionState = 'blocked' | 'held' | 'queued' | 'running' | 'publishing' | 'ended'

export interface ExecutionView {
  readonly execution: string
  readonly job: string
  readonly kind: JobKind
  readonly platform: string
  readonly state: ExecutionState
  /** Why it waits; empty when it does not. */
  readonly reason: string
  readonly priority: number
  readonly created_at: string
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly result: Result | null
  /** `resultText` of it; empty before the end. */
  readonly result_text: string
  readonly attempts: readonly AttemptView[]
  readonly artifacts: readonly ArtifactView[]
  readonly log_bytes: number
  /** False: retention took log and artifacts away. */
  readonly kept: boolean
  /** Packages of it that were published. */
  readonly published: readonly string[]
}

export interface AttemptView {
  readonly number: number
  readonly worker: string
  readonly sandbox: Sandbox | ''
  readonly started_at: string
  readonly ended_at: string | null
  readonly result: Result | null
  /** Where its part of the log begins. */
  readonly log_offset: number
}

export interface ArtifactView {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** `GET /api/v1/history?job=&platform=&limit=&before=`: the newest first. */
export interface HistoryAnswer {
  readonly executions: readonly ExecutionView[]
  /** Handed back as `before`; null: that was all. */
  readonly next: string | null
}

/**
 * `GET /api/v1/executions/<uuid>/record`: all that is known of an execution but its log and its artifacts' bytes, with what
 * it was to run. Also what `--upload` posts first.
 */
export interface ExecutionRecord {
  readonly record: 1
  readonly server: string
  readonly execution: ExecutionView
  /** As it was when the execution was made: placeholders already replaced in `script`. */
  readonly specification: JobRequest
}
