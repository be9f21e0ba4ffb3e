/** What a job wants of its sandbox, and the command that gives it that. */

/** Each of them zero for none. The kernel holds each process to them, the worker all of a job's together (`watch.ts`). */
export interface JobLimits {
  readonly cpuMs: number
  readonly memoryBytes: number
  /** Of one file. */
  readonly fileBytes: number
  readonly processes: number
}

/** The directories of one job as this system has them. */
export interface JobDirectories {
  /** What it was given, and may only read: the script, a recipe, a package. */
  readonly given: string
  /** What a recipe is built from; of a script empty. */
  readonly source: string
  /** Where it starts, and what it leaves is an artifact. */
  readonly output: string
  readonly work: string
  readonly temporary: string
  /** Empty: where mode `unshare` puts its root. */
  readonly root: string
}

export interface SandboxRequest {
  readonly command: readonly string[]
  readonly directories: JobDirectories
  /** All of it, but for what the worker itself needs to find the job again. */
  readonly environment: Readonly<Record<string, string>>
  readonly limits: JobLimits
  readonly network: boolean
  /** Directories of this system that it may read at the same paths. */
  readonly readable: readonly string[]
}

/** A process to start. */
export interface SandboxedCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
  /** Whether the end is told on descriptor 3 (`shell.ts`), and is none of the process itself. */
  readonly reports: boolean
  /** Whether all that it starts is in a pid namespace, and goes with it. */
  readonly contains: boolean
}

/** Paths inside: fixed where there is a file system of the job's own. */
export interface InnerPaths {
  readonly given: string
  readonly source: string
  readonly output: string
  readonly work: string
  readonly temporary: string
}

export const innerPaths: InnerPaths = {
  given: '/build/given',
  source: '/build/source',
  output: '/build/out',
  work: '/build/work',
  temporary: '/tmp',
}
