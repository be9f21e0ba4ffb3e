/** What a worker is told at its start, and what was found out then. */
import type { Sandbox } from '../api/job.ts'

export interface WorkerSettings {
  readonly name: string
  readonly platforms: readonly string[]
  /** As packages name it: `x86_64`. */
  readonly architecture: string
  readonly labels: Readonly<Record<string, string>>
  /** What works, the strongest first. */
  readonly sandboxes: readonly Sandbox[]
  /** This process' own; jobs get directories below it. */
  readonly directory: string
  /** Absolute path of peipkg-build; undefined where it, or git, is not installed: no recipes are taken then. */
  readonly buildProgram: string | undefined
  /** For jobs that bring none of their own; zero: none. */
  readonly memoryBytes: number
  readonly processes: number
  readonly cpuMs: number
  readonly timing: Timing
}

/** In milliseconds. */
export interface Timing {
  readonly heartbeat: number
  /** How long a server may be out of reach before its job is dropped. */
  readonly lost: number
  /** From TERM to KILL. */
  readonly grace: number
  /** How long a claim waits for a job, on the server's side. */
  readonly claim: number
}

export const usualTiming: Timing = { heartbeat: 3000, lost: 60_000, grace: 10_000, claim: 9000 }

/** As packages name it, of the machine that we run on; other names are passed on as they are. */
export function ownArchitecture(name: string = process.arch): string {
  return { x64: 'x86_64', arm64: 'aarch64', riscv64: 'riscv64' }[name] ?? name
}
