/** Looks after a running job: two limits of time, and those of what all its processes use together. */
import type { AttemptResult } from '../api/result.ts'
import type { JobProcesses } from './processes.ts'
import type { JobLimits } from './sandbox/request.ts'

export interface TimeWatch {
  /** Output came. */
  heard(): void
  end(): void
}

export interface TimeLimits {
  readonly wallMs: number
  readonly silenceMs: number
}

export function watchTime(
  { wallMs, silenceMs }: TimeLimits,
  stop: (result: AttemptResult) => void,
): TimeWatch {
  const wall = setTimeout(() => stop({ kind: 'timed out' }), wallMs)
  let last = performance.now()
  let silence: NodeJS.Timeout
  // One timer that looks when it was last heard of: a chatty job would otherwise set one for every line.
  const wait = (left: number) => {
    silence = setTimeout(() => {
      const rest = silenceMs - (performance.now() - last)
      if (rest > 0) wait(rest)
      else stop({ kind: 'silent' })
    }, left)
  }
  wait(silenceMs)
  return {
    heard() {
      last = performance.now()
    },
    end() {
      clearTimeout(wall)
      clearTimeout(silence)
    },
  }
}

/** How often it is looked, in milliseconds: a single process is held by the kernel meanwhile. */
const INTERVAL = 1000

/** `over` is told once, what was exceeded, in one sentence. */
export function watchUsage(
  processes: JobProcesses,
  limits: JobLimits,
  over: (text: string) => void,
): { end(): void } {
  const timer = setInterval(() => {
    const problem = problemOf(processes, limits)
    if (problem === undefined) return
    clearInterval(timer)
    over(problem)
  }, INTERVAL)
  return { end: () => clearInterval(timer) }
}

function problemOf(processes: JobProcesses, limits: JobLimits): string | undefined {
  const usage = processes.look()
  const exceeds = (used: number, limit: number) => limit > 0 && used > limit
  // Forty compilers of one build have their program in memory once.
  const memory = exceeds(usage.memoryBytes, limits.memoryBytes) ? processes.memoryTogether() : 0
  if (exceeds(memory, limits.memoryBytes)) {
    return `its processes use ${mebibytes(memory)} of memory together, ${mebibytes(limits.memoryBytes)} are allowed`
  }
  if (exceeds(usage.processes, limits.processes)) {
    return `it has ${usage.processes} processes, ${limits.processes} are allowed`
  }
  if (exceeds(usage.cpuMs, limits.cpuMs)) {
    return `it has used ${Math.round(usage.cpuMs / 1000)} s of processor time, ${Math.round(limits.cpuMs / 1000)} s are allowed`
  }
  return undefined
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`
