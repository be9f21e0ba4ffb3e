/** Rows of our tables, as the queries return them. */

import type { ExecutionState } from '../api/execution.ts'
import type { JobKind, JobRequest, RecipeSpec, Sandbox } from '../api/job.ts'
import type { Result } from '../api/result.ts'
import type { Row } from '../engine/engine.ts'
import type { Needs } from './needs.ts'

/** A job's file, whose content lies in the store. */
export interface FileReference {
  readonly name: string
  readonly sha256: string
  readonly bytes: number
  readonly executable: boolean
}

/** A job as it is kept: its files are references. */
export type Specification = Omit<JobRequest, 'files' | 'recipe'> & {
  readonly files: readonly FileReference[]
  readonly recipe?: Omit<RecipeSpec, 'files'> & { readonly files: readonly FileReference[] }
}

export interface JobRow extends Row {
  readonly name: string
  readonly kind: JobKind
  readonly specification: Specification
  readonly platforms: readonly string[]
  readonly period: string
  readonly cron: string
  readonly next_run: number | null
  readonly created_at: number
  readonly last_execution: string
}

export interface ExecutionRow extends Row {
  readonly id: string
  readonly job: string
  readonly kind: JobKind
  readonly platform: string
  readonly queue: string
  readonly needs: Needs
  readonly state: ExecutionState
  readonly reason: string
  readonly priority: number
  readonly specification: Specification
  readonly not_before: number | null
  readonly waits_for: readonly string[]
  readonly tries: number
  readonly failures: number
  readonly cancelled: boolean
  readonly created_at: number
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly result: Result | null
  readonly log_bytes: number
  readonly kept: boolean
  readonly build: { readonly commit: string; readonly timestamp: string } | null
  readonly published: readonly string[]
}

export interface AttemptRow extends Row {
  readonly execution: string
  readonly number: number
  readonly worker: string
  readonly instance: string
  readonly token_hash: string
  readonly sandbox: Sandbox | ''
  readonly started_at: number
  readonly heard_at: number
  readonly ended_at: number | null
  readonly result: Result | null
  readonly log_offset: number
}

export interface ArtifactRow extends Row {
  readonly execution: string
  readonly name: string
  readonly sha256: string
  readonly bytes: number
}
