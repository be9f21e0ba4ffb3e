/** What a build script leaves running: also what left its process group. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { adoptOrphans } from '../native/process.ts'

/** Rounds of looking and killing, and the milliseconds between two of them. */
const ROUNDS = 200
const PAUSE = 10

export interface Leftovers {
  /** Kills every process that came up below this one since, and waits until they are gone. */
  end(): Promise<void>
}

/** From now on processes whose parent ends become children of this one, so that they are found. */
export function watchLeftovers(): Leftovers {
  const before = new Set(descendants())
  adoptOrphans(true)
  return {
    async end() {
      try {
        // More than once: whoever forks may be between two processes while we look.
        for (let round = 0; round < ROUNDS; round++) {
          const left = descendants().filter((pid) => !before.has(pid))
          if (left.length === 0) return
          for (const pid of left) kill(pid)
          await pause(PAUSE)
        }
      } finally {
        adoptOrphans(false)
      }
    },
  }
}

/** Every living process below this one. */
function descendants(): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of processes()) {
    const process = /^\d+$/.test(name) ? statusOf(Number(name)) : undefined
    if (process === undefined || process.state === 'Z') continue
    children.set(process.parent, [...(children.get(process.parent) ?? []), Number(name)])
  }
  const found: number[] = []
  for (let next = [process.pid]; next.length > 0; ) {
    next = next.flatMap((pid) => children.get(pid) ?? [])
    found.push(...next)
  }
  return found
}

/** Where there is no /proc, the process group has to do. */
function processes(): readonly string[] {
  try {
    return readdirSync('/proc')
  } catch {
    return []
  }
}

/** From /proc/PID/stat, whose second field is any text in parentheses; undefined when the process is gone. */
function statusOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state = '', parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself, or runs as somebody else.
  }
}
