/** A job as it is submitted and as it is shown. Keys are those of the JSON. */

export type JobKind = 'script' | 'template' | 'recipe' | 'rebuild'

export type Sandbox = 'bwrap' | 'unshare' | 'none'

export type Period = 'hourly' | 'daily' | 'weekly' | 'never'

export const periods: readonly Period[] = ['hourly', 'daily', 'weekly', 'never']

/** A file that lies beside the script, or in the recipe directory. */
export interface JobFile {
  /** Relative, `/` between its parts, no `.` and no `..`. */
  readonly name: string
  /** Base64. */
  readonly content: string
  readonly executable: boolean
}

/** Where a recipe's sources come from: fetched by the worker outside the sandbox, handed in without `.git` (file 9 §10.5). */
export interface RecipeSource {
  readonly git: string
  /** A tag by its short name, or `refs/…`. */
  readonly ref: string
  /** What the reference must be at; empty: whatever it is at. */
  readonly commit: string
  readonly submodules: boolean
}

export interface RecipeSpec {
  /** The recipe directory, `peipkg.toml` and its script among them. */
  readonly files: readonly JobFile[]
  /** Or where the recipe directory lies: its `files` are then empty. */
  readonly repository?: RecipeSource & { readonly directory: string }
  readonly version: string
  /** Absent: the build gets an empty source directory. */
  readonly source?: RecipeSource
  /** Written to the manifest (`git+<url>#<ref>`); empty: made of `source`. */
  readonly source_ref: string
  /** Written to the manifest; empty: the server's. */
  readonly farm_id: string
  /** RFC 3339 UTC; empty: the commit's time, or without source the time of the submission. */
  readonly timestamp: string
  /** `name=VALUE` of keys that the build is handed: public halves only. */
  readonly environment: Readonly<Record<string, string>>
  /** Names of recipe jobs whose newest execution must have been published before this one runs. */
  readonly needs: readonly string[]
  /** False: the unsigned packages are only kept, for a manager that signs and publishes itself. */
  readonly publish: boolean
}

/** The body of `POST /api/v1/jobs`. */
export interface JobRequest {
  /** Unique: `[A-Za-z0-9][A-Za-z0-9._+-]*`, at most 128 characters. */
  readonly name: string
  readonly kind: JobKind
  /** Of a script; of a template or recipe absent or one of theirs. */
  readonly platform?: string
  readonly script?: string
  readonly template?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly recipe?: RecipeSpec
  /** Of a rebuild: the file name of a package that this farm published. */
  readonly package?: string
  readonly files?: readonly JobFile[]
  readonly environment?: Readonly<Record<string, string>>
  /** At most one of both; neither: `daily`, and `never` for recipes and rebuilds. */
  readonly period?: Period
  readonly cron?: string
  /** Default true. */
  readonly run_now?: boolean
  /** Milliseconds; default 1 h. */
  readonly timeout_ms?: number
  /** Milliseconds; default 15 min. */
  readonly silence_ms?: number
  /** -100 to 100, default 0; higher first. */
  readonly priority?: number
  /** Labels that a worker must have: `kvm`, `cpu=8`. */
  readonly require?: readonly string[]
  /** Absent: whatever the worker has. */
  readonly sandbox?: Sandbox
  readonly network?: boolean
}

/** The body of `PATCH /api/v1/jobs/<name>`: what it holds is replaced. */
export type JobChange = Partial<Omit<JobRequest, 'name' | 'kind'>>

/** A job as `GET /api/v1/jobs/<name>` shows it. */
export interface JobView extends JobRequest {
  /** RFC 3339; null: nothing is planned. */
  readonly next_run: string | null
  readonly created_at: string
  readonly failures: number
  /** The platforms that it becomes executions for. */
  readonly platforms: readonly string[]
}

/** The answer to `POST /api/v1/jobs` and to `…/execute`, `…/retry`. */
export interface JobAnswer {
  readonly job: JobView
  /** UUIDs of the executions that were made at once. */
  readonly executions: readonly string[]
}

/** The body of `POST /api/v1/jobs/<name>/execute`. */
export interface ExecuteRequest {
  readonly platform?: string
}

/** The body of `POST /api/v1/jobs/<name>/reschedule`. */
export interface RescheduleRequest {
  /** RFC 3339. */
  readonly next: string
  readonly period?: Period
}
