/** What the parts of the manager hand to each other. Durations are milliseconds, times milliseconds since 1970. */

/** What brought a trigger about. */
export type TriggerSource = 'poll' | 'webhook'

/** Matches tags of one upstream and maps them to upstream versions; compiled and checked when the roster is loaded. */
export interface TagPattern {
  /** The upstream version in a short tag name; undefined when the tag does not match. */
  capture(tag: string): string | undefined
}

/** One recipe directory as the roster last read it; never changed, replaced as a whole by a reload. */
export interface Recipe {
  /** The directory's name. */
  readonly id: string
  /** `recipes_dir/id/peipkg.toml`. */
  readonly path: string
  /** `[upstream].git`; empty when there is none. */
  readonly git: string
  /** `[upstream].tag_pattern` as written. */
  readonly tagPattern: string
  /** Present exactly when the recipe is auto-watched: `git` and `tag_pattern` are there and no rule is broken. */
  readonly pattern?: TagPattern
  /** At least 1. */
  readonly peiosRevision: number
  readonly submodules: boolean
  /** Empty: no minimum. */
  readonly minVersion: string
  readonly githubWebhook: boolean
  /** Undefined: the configured default. */
  readonly pollInterval?: number
  /** What `[[package]]` declares; empty when that cannot be told. */
  readonly packages: readonly DeclaredPackage[]
}

export interface DeclaredPackage {
  readonly name: string
  readonly architecture: string
}

/** Everything below `recipes_dir`, by id in byte order. */
export interface Roster {
  readonly recipes: readonly Recipe[]
  /** Recipes that are skipped for a rule that they break (§16.5, §16.8): id → what is wrong. They are in `recipes` too. */
  readonly problems: ReadonlyMap<string, string>
}

/** A tag that a poll matched. */
export interface Trigger {
  readonly recipe: Recipe
  readonly tag: string
  /** The upstream version in it. */
  readonly captured: string
  /** The commit that the tag was at, peeled. */
  readonly commit: string
  readonly source: TriggerSource
}

/** What `log` takes as the value of a field; durations are handed over as Go would print them. */
export type LogValue = string | number | boolean

export type LogFields = Readonly<Record<string, LogValue>>

/** Lines as §14 lists them. Foreign text in fields is escaped by the logger. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** Time, so that tests can run a day in a second. */
export interface Clock {
  now(): number
  /** Runs `action` once after `delay` milliseconds; what is returned cancels it. */
  after(delay: number, action: () => void): () => void
}

/** What `/status`, the page and the metrics show: a copy of one moment. */
export interface StatusSnapshot {
  readonly farmId: string
  /** All that are loaded, by id. */
  readonly recipes: readonly string[]
  readonly buildsAttempted: number
  readonly buildsSucceeded: number
  readonly inFlight: InFlight | undefined
  /** By `recipe@version`, keys sorted. */
  readonly failures: ReadonlyMap<string, Failure>
  /** Recipes that are skipped, and why. */
  readonly problems: ReadonlyMap<string, string>
  /** Triggers that wait. */
  readonly queued: number
  /** Present while a publication is not uploaded yet. */
  readonly uploadPending: UploadPending | undefined
  /** When the repository's index was made; undefined when that is not known. */
  readonly lastPublish: number | undefined
  readonly startedAt: number
  /** By recipe: its last poll that ended. */
  readonly polls: ReadonlyMap<string, PollOutcome>
}

export interface InFlight {
  readonly recipe: string
  readonly version: string
  readonly startedAt: number
  /** The name of its log file, as `logs` lists it. */
  readonly log: string | undefined
}

export interface Failure {
  readonly failures: number
  readonly nextRetry: number
}

export interface UploadPending {
  readonly failures: number
  readonly nextRetry: number | undefined
}

export interface PollOutcome {
  readonly at: number
  /** Undefined when it went well. */
  readonly error: string | undefined
}

/** One line of `history.jsonl`: a build that ended, whatever its end. Its keys are those of the file. */
export interface HistoryEntry {
  readonly recipe: string
  readonly version: string
  readonly tag: string
  readonly commit: string
  readonly source: TriggerSource
  /** RFC 3339 UTC. */
  readonly started_at: string
  readonly ended_at: string
  readonly result: 'published' | 'failed'
  /** Where it failed. */
  readonly stage?: 'fetch' | 'build' | 'stage' | 'publish' | 'upload'
  readonly error?: string
  /** File names of the packages. */
  readonly outputs: readonly string[]
  /** The name of its log file; it may be gone by now. */
  readonly log?: string
}

/** A build log below `state_dir/logs/<recipe>/`. */
export interface BuildLog {
  readonly name: string
  readonly version: string
  readonly bytes: number
  readonly startedAt: number
}

/** The manager as its HTTP server sees it. */
export interface Manager {
  status(): StatusSnapshot
  /** The roster of now. */
  roster(): Roster
  /** Polls one recipe at once; further calls while that poll waits or runs lead to one more. False: not auto-watched. */
  poll(recipe: string, source: TriggerSource): boolean
  /** As SIGHUP. */
  reload(): void
  /** The newest entries first, of one recipe or of all. */
  history(recipe: string | undefined, limit: number): Promise<readonly HistoryEntry[]>
  /** The logs of one recipe, newest first. */
  logs(recipe: string): Promise<readonly BuildLog[]>
  /** The path of a log that `logs` lists; undefined for any other name. */
  logPath(recipe: string, name: string): Promise<string | undefined>
}

/** The HTTP server of one epoch; opened when watching starts, closed before a reload. */
export interface Endpoint {
  /** Answers what is under way for at most ten seconds. */
  close(): Promise<void>
}
