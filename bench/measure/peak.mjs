// The peak memory of a process tree where GNU time is missing: the largest VmHWM of any process, sampled.
import { readdirSync, readFileSync } from 'node:fs'

const EVERY_MS = 20

/** Watches `pid` and what it starts; the returned function ends that and says the peak in bytes. */
export function watchPeak(pid) {
  let peak = 0
  const timer = setInterval(() => {
    for (const one of [pid, ...descendants(pid)]) peak = Math.max(peak, highWater(one))
  }, EVERY_MS)
  return () => {
    clearInterval(timer)
    return peak
  }
}

function descendants(pid) {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    )
    return children.flatMap((child) => [child, ...descendants(child)])
  } catch {
    return []
  }
}

function highWater(pid) {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}
