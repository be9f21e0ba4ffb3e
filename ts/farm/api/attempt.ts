/** What a worker and the server tell each other about one attempt. */
import type { JobFile, RecipeSpec, Sandbox } from './job.ts'
import type { AttemptResult } from './result.ts'

/** The body of `POST /api/v1/claims`, which is answered within 30 s. */
export interface ClaimRequest {
  readonly worker: string
  /** A random text, made anew at each start of the worker: a claim of the same instance ends what it had before. */
  readonly instance: string
  readonly platforms: readonly string[]
  /** As packages name it: `x86_64`. */
  readonly architecture: string
  readonly labels: Readonly<Record<string, string>>
  /** What was probed and works. */
  readonly sandboxes: readonly Sandbox[]
  /** `script`; `recipe` where git and peipkg-build are there. */
  readonly capabilities: readonly ('script' | 'recipe')[]
  /** How long the answer may take; default and most 30,000. */
  readonly wait_ms?: number
}

export interface ClaimAnswer {
  /** Null: nothing came up; ask again. */
  readonly attempt: Attempt | null
  /** The worker gets nothing more: it may end, or go on asking until it is undrained. */
  readonly drain: boolean
}

export interface Attempt {
  /** Sent back in `peipkg-attempt`; nobody else knows it. */
  readonly token: string
  readonly execution: string
  readonly job: string
  /** From 1. */
  readonly number: number
  readonly platform: string
  /** A template's attempt is a script, a rebuild's a recipe. */
  readonly kind: 'script' | 'recipe'
  /** Run by the kernel when it starts with `#!`, else by `/bin/sh`. Empty for a recipe. */
  readonly script: string
  /** Beside the script; of a recipe none. */
  readonly files: readonly JobFile[]
  readonly environment: Readonly<Record<string, string>>
  readonly limits: AttemptLimits
  /** Null: whatever the worker has. */
  readonly sandbox: Sandbox | null
  readonly network: boolean
  readonly recipe: RecipeSpec | null
}

/** Bytes and milliseconds. */
export interface AttemptLimits {
  readonly wall_ms: number
  readonly silence_ms: number
  /** Of one artifact, and of all together. */
  readonly artifact_bytes: number
  readonly output_bytes: number
  readonly log_bytes: number
  /** Zero: what the worker is configured with. */
  readonly memory_bytes: number
  readonly processes: number
  readonly cpu_ms: number
}

/** Every 3 s: `POST /api/v1/attempts/<execution>/heartbeat`, an empty body. */
export interface HeartbeatAnswer {
  /** The process group goes, and the attempt is finished as `cancelled`. */
  readonly cancel: boolean
  readonly drain: boolean
}

/** `POST /api/v1/attempts/<execution>/log?offset=N`, N counting from the attempt's start; what is there already is skipped. */
export interface LogAnswer {
  /** What the server has now, in bytes of this attempt. N beyond it: 416, code `gap`, and this. */
  readonly offset: number
}

/** `PUT /api/v1/attempts/<execution>/artifacts/<name>`, the name percent-encoded as one part of the path. */
export interface ArtifactAnswer {
  /** True once `Content-Range` was complete, and durable. */
  readonly complete: boolean
  /** Bytes so far. */
  readonly offset: number
  /** Empty before it is complete. */
  readonly sha256: string
}

/** The body of `POST /api/v1/attempts/<execution>/finish`. Sent again: the same answer, with the same token. */
export interface FinishRequest {
  readonly result: AttemptResult
  /** What was uploaded: held against what is there; 422, code `incomplete`, names what differs. */
  readonly artifacts: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[]
  /** The length of the log; less than that is there: 422, code `incomplete`. */
  readonly log_bytes: number
  /** Of a recipe that was built: what went into the manifests. */
  readonly build?: { readonly commit: string; readonly timestamp: string }
  readonly sandbox: Sandbox
}
